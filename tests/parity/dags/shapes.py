"""DAGs of odd sizes and joins: without tasks, wide, long; deciders that push nothing."""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import BranchPythonOperator, ShortCircuitOperator
from airflow.sdk import DAG, TaskGroup, task


def empty(task_id, rule="all_success", **kwargs):
    return EmptyOperator(task_id=task_id, trigger_rule=rule, **kwargs)


with DAG("no_tasks", schedule=None):
    pass
with DAG("short_values", schedule=None):
    for name, value in {"none": None, "zero": 0, "text": "no", "empty_list": [], "dict": {"a": 1}}.items():
        (
            ShortCircuitOperator(task_id=name, python_callable=lambda v: v, op_args=[value])
            >> empty(f"{name}_x")
            >> empty(f"{name}_y", "all_done")
        )
with DAG("short_mixed", schedule=None):
    a = ShortCircuitOperator(task_id="a", python_callable=lambda: False)
    b = empty("b")
    j = empty("j", "one_success")
    a >> empty("x") >> j
    b >> j >> empty("k", "all_done")
with DAG("branch_push_off", schedule=None):
    BranchPythonOperator(task_id="b", python_callable=lambda: "x", do_xcom_push=False) >> [empty("x"), empty("y")]
    BranchPythonOperator(task_id="all", python_callable=lambda: ["p"], do_xcom_push=False) >> empty("p")
    ShortCircuitOperator(task_id="s", python_callable=lambda: True, do_xcom_push=False) >> empty("z")
with DAG("xcom_of_branch", schedule=None):

    @task.branch
    def pick():
        return "use"

    @task(trigger_rule="all_done")
    def use(v):
        return v

    p = pick()
    u = use(p)
    p >> empty("other")
with DAG("wide", schedule=None):
    start = empty("start")
    many = [BashOperator(task_id=f"w{i}", bash_command=f"exit {[0, 1, 99][i % 3]}") for i in range(12)]
    start >> many
    for rule in ("all_success", "one_success", "none_failed_min_one_success", "all_done_min_one_success"):
        many >> empty(rule, rule)
with DAG("long_chain", schedule=None):
    prev = BashOperator(task_id="first", bash_command="exit 99")
    for i in range(30):
        nxt = empty(f"n{i}", ["none_failed", "all_skipped", "all_done", "all_success"][i % 4])
        prev >> nxt
        prev = nxt
with DAG("branch_deep_group", schedule=None):

    @task.branch
    def pick():
        return "g.h.b"

    with TaskGroup("g") as g:
        with TaskGroup("h") as h:
            empty("a") >> empty("b") >> empty("c", "none_failed")
        empty("d") >> h
    pick() >> g >> empty("end", "none_failed_min_one_success")
with DAG("same_setup_twice", schedule=None):

    @task.branch
    def pick():
        return ["m"]

    @task
    def m(x):
        return x

    @task
    def src():
        return [1, 2]

    p = pick()
    mm = m.expand(x=src())
    p >> [mm, empty("n")]
    mm >> empty("o", "none_failed")

"""Mapped groups with what steers them inside: short circuits, setups, skips, nested groups, several sources."""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup, task, task_group


@task
def given(values):
    return values


@task
def inc(x):
    return x + 1


@task(trigger_rule="all_done")
def collect(xs):
    return None if xs is None else list(xs)


with DAG("group_short", schedule=None) as short:

    @task_group
    def g(x):
        @task.short_circuit
        def go(x):
            return x > 1

        @task
        def after(x):
            return x

        went = go(x)
        went >> after(x) >> EmptyOperator(task_id="done", trigger_rule="all_done")

    g.expand(x=given([1, 2])) >> EmptyOperator(task_id="end", trigger_rule="none_failed")

with DAG("group_some", schedule=None) as some:

    @task_group
    def g(x):
        first = BashOperator(task_id="first", bash_command=x)
        first >> EmptyOperator(task_id="second") >> EmptyOperator(task_id="third", trigger_rule="all_done")
        return first

    found = g.expand(x=given(["exit 0", "exit 99", "exit 1"]))
    collect(found)
    for rule in ("all_success", "one_success", "one_failed", "none_failed", "all_done_min_one_success", "none_skipped"):
        some.get_task("g.second") >> EmptyOperator(task_id=rule, trigger_rule=rule)

with DAG("group_kwargs_xcom", schedule=None) as kwargs_xcom:

    @task_group
    def g(a, b):
        return inc(a) >> inc.override(task_id="other")(b)

    g.expand_kwargs(given([{"a": 1, "b": 2}, {"a": 3, "b": 4}])) >> EmptyOperator(task_id="end")

with DAG("group_default_args", schedule=None) as default_args:

    @task_group(default_args={"retries": 0, "trigger_rule": "all_done"})
    def g(x):
        with TaskGroup("inner"):
            bad = BashOperator(task_id="bad", bash_command=x)
            bad >> EmptyOperator(task_id="next")

    BashOperator(task_id="before", bash_command="exit 1") >> g.expand(x=["exit 1", "exit 0"]) >> EmptyOperator(task_id="last")

with DAG("group_latest_reader", schedule=None) as reader:

    @task_group
    def g(x):
        one = inc(x)
        two = inc.override(task_id="two")(one)
        return [one, two]

    @task
    def pulls(ti=None):
        return [ti.xcom_pull(task_ids="g.inc"), ti.xcom_pull(task_ids=["g.inc", "g.two"])]

    g.expand(x=[1, 5]) >> pulls()

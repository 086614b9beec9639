"""Setups and teardowns in every arrangement."""

from datetime import timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import BranchPythonOperator, ShortCircuitOperator
from airflow.sdk import DAG, TaskGroup, setup, task, task_group, teardown


def bash(task_id, code=0, **kwargs):
    return BashOperator(task_id=task_id, bash_command=f"exit {code}", **kwargs)


def empty(task_id, rule="all_success"):
    return EmptyOperator(task_id=task_id, trigger_rule=rule)


def nested(name, outer=0, inner=0, work=0, clean=0, **kwargs):
    with DAG(f"nested_{name}", schedule=None) as dag:
        s1, s2 = bash("s1", outer).as_setup(), bash("s2", inner).as_setup()
        w1, w2 = bash("w1"), bash("w2", work)
        t2 = bash("t2", clean).as_teardown(setups=s2, **kwargs)
        t1 = bash("t1").as_teardown(setups=s1)
        s1 >> w1 >> s2 >> w2 >> t2 >> t1
        w2 >> empty("end", "all_done")
        w2 >> empty("strict")
        t2 >> empty("after_t2")
        t1 >> empty("after_t1", "none_failed")
    return dag


n1 = nested("fine")
n2 = nested("outer_fails", outer=1)
n3 = nested("inner_fails", inner=1)
n4 = nested("inner_skips", inner=99)
n5 = nested("work_fails", work=1)
n6 = nested("clean_fails", clean=1)
n7 = nested("clean_counts", clean=1, on_failure_fail_dagrun=True)
n8 = nested("outer_skips", outer=99)
n9 = nested("clean_skips", clean=99)

with DAG("setup_groups", schedule=None) as groups:
    with TaskGroup("one") as one:
        s = bash("s").as_setup()
        w = bash("w", 1)
        t = bash("t").as_teardown(setups=s)
        s >> w >> t
    with TaskGroup("two") as two:
        s = bash("s", 1).as_setup()
        w = bash("w")
        t = bash("t").as_teardown(setups=s)
        s >> w >> t
    with TaskGroup("three") as three:
        bash("a") >> bash("t").as_teardown(setups=bash("s").as_setup())
    one >> two >> empty("end", "all_done")
    three >> empty("after_three")

with DAG("setup_many", schedule=None) as many:
    sa, sb, sc = bash("sa").as_setup(), bash("sb", 1).as_setup(), bash("sc").as_setup()
    wa, wb = bash("wa"), bash("wb")
    ta, tb, tc = (bash(f"t{n}") for n in "abc")
    ta.as_teardown(setups=[sa, sb])
    tb.as_teardown(setups=sb)
    tc.as_teardown(setups=[sa, sc])
    [sa, sb] >> wa >> [ta, tb]
    [sc, sa] >> wb >> tc
    wa >> wb
    wb >> empty("done", "all_done")

with DAG("setup_chain", schedule=None) as chained:
    s1, s2, s3 = bash("s1").as_setup(), bash("s2").as_setup(), bash("s3", 99).as_setup()
    s1 >> s2 >> s3 >> bash("w") >> bash("t").as_teardown(setups=[s1, s2, s3])
    chained.get_task("w") >> empty("e", "all_skipped")

with DAG("setup_rules_downstream", schedule=None) as downstream:
    s = bash("s").as_setup()
    bad, skip = bash("bad", 1), bash("skip", 99)
    t = bash("t").as_teardown(setups=s)
    s >> [bad, skip] >> empty("join", "all_done") >> t
    bad >> empty("caught", "one_failed") >> t
    skip >> empty("sk", "all_skipped") >> t
    t >> empty("x1")
    t >> empty("x2", "one_failed")
    t >> empty("x3", "all_done_min_one_success")

with DAG("setup_indirect_rules", schedule=None) as indirect:
    s = bash("s", 1).as_setup()
    t = bash("t").as_teardown(setups=s)
    s >> bash("w") >> empty("a", "all_done") >> empty("b", "always") >> t
    indirect.get_task("w") >> empty("c", "one_failed") >> t
    indirect.get_task("a") >> empty("outside", "all_done")

with DAG("setup_branch", schedule=None) as branch:
    s = bash("s").as_setup()
    b = BranchPythonOperator(task_id="b", python_callable=lambda: "w1")
    t = bash("t").as_teardown(setups=s)
    s >> b >> [bash("w1"), bash("w2")] >> t
    t >> empty("after")

with DAG("setup_short", schedule=None) as short:
    c = ShortCircuitOperator(task_id="c", python_callable=lambda: False)
    s = bash("s").as_setup()
    t = bash("t").as_teardown(setups=s)
    c >> s >> bash("w") >> t >> empty("after", "all_done")

with DAG("setup_short_direct", schedule=None) as short_direct:
    c = ShortCircuitOperator(task_id="c", python_callable=lambda: False, ignore_downstream_trigger_rules=False)
    s = bash("s").as_setup()
    t = bash("t").as_teardown(setups=s)
    s >> c >> bash("w") >> empty("x", "all_done") >> t
    c >> t

with DAG("teardown_alone_in_group", schedule=None) as alone:
    with TaskGroup("g") as g:
        bash("w", 1) >> bash("t").as_teardown()
    g >> empty("after")
    bash("p") >> bash("t2", 1).as_teardown(on_failure_fail_dagrun=True)

with DAG("setup_mapped", schedule=None) as mapped:

    @setup
    def make(x):
        if x == 2:
            raise ValueError("two")
        return x

    @task
    def work(x):
        return x

    @teardown
    def drop(x):
        return "dropped"

    made = make.expand(x=[1, 2])
    worked = work.expand(x=made)
    dropped = drop.expand(x=made)
    made >> worked >> dropped

with DAG("setup_in_mapped_group", schedule=None) as in_mapped:

    @setup
    def make(x):
        if x == 2:
            raise ValueError("two")
        return x

    @task
    def work(x):
        if x == 3:
            raise ValueError("three")
        return x

    @teardown
    def drop(x):
        return f"dropped {x}"

    @task_group
    def g(x):
        m = make(x)
        w = work(m)
        d = drop(m)
        m >> w >> d
        w >> empty("later", "all_done") >> d

    g.expand(x=[1, 2, 3]) >> empty("end", "all_done")

with DAG("setup_mapped_work", schedule=None) as mapped_work:
    s = bash("s").as_setup()
    t = bash("t").as_teardown(setups=s)
    w = BashOperator.partial(task_id="w").expand(bash_command=["exit 0", "exit 1", "exit 99"])
    s >> w >> t
    w >> empty("e", "all_done")

with DAG("setup_mapped_work_fails", schedule=None) as mapped_work_fails:
    s = bash("s", 1).as_setup()
    t = bash("t").as_teardown(setups=s)
    first = bash("first")

    @task
    def numbers():
        return [1, 2]

    @task
    def use(x):
        return x

    n = numbers()
    u = use.expand(x=n)
    s >> n >> u >> t
    u >> bash("later", trigger_rule="all_done") >> t

with DAG("teardown_xcom", schedule=None) as teardown_xcom:

    @setup
    def make():
        return {"id": 7}

    @task
    def fail(x):
        raise ValueError(x)

    @teardown(on_failure_fail_dagrun=True)
    def drop(x):
        return x["id"]

    with drop(made := make()):
        fail(made["id"]) if False else fail(made)

with DAG("teardown_retries", schedule=None) as teardown_retries:
    s = bash("s").as_setup()
    t = bash("t", 1, retries=1, retry_delay=timedelta(0)).as_teardown(setups=s)
    s >> bash("w") >> t

with DAG("setup_as_leaf", schedule=None) as setup_as_leaf:
    bash("a") >> bash("s", 1).as_setup()

with DAG("setup_contexts", schedule=None) as contexts, bash("t_outer").as_teardown(setups=bash("s_outer").as_setup()):
    bash("a")
    with bash("t_inner", 1).as_teardown(setups=bash("s_inner").as_setup()):
        bash("b", 1)
    bash("c", trigger_rule="all_done")

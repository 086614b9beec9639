"""Mapped task groups: rules per index, over literals and XComs, nested groups inside, readers outside."""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup, task, task_group


@task
def given(values):
    return values


@task
def inc(x):
    return x + 1


@task
def check(x):
    if x == 2:
        raise ValueError("two")
    return x * 10


@task
def use(x, y=0):
    return [x, y]


@task(trigger_rule="all_done")
def collect(xs):
    return list(xs)


@task(trigger_rule="all_done")
def pulled(ti):
    return list(ti.xcom_pull(task_ids="g.inc"))


def rules_inside(name, values):
    with DAG(f"group_rules_{name}", schedule=None) as dag:

        @task_group
        def g(x):
            first = check(x)
            for rule in (
                "all_success",
                "one_failed",
                "all_done",
                "none_failed",
                "one_success",
                "all_failed",
                "none_skipped",
                "one_done",
                "all_skipped",
                "none_failed_min_one_success",
                "all_done_min_one_success",
            ):
                first >> EmptyOperator(task_id=f"t_{rule}", trigger_rule=rule)
            dag.get_task("g.t_one_failed") >> EmptyOperator(task_id="after_one_failed")
            dag.get_task("g.t_one_failed") >> EmptyOperator(task_id="done_one_failed", trigger_rule="all_done")

        made = g.expand(x=given([1, 2, 3]) if values is None else values)
        made >> EmptyOperator(task_id="end", trigger_rule="all_done")
        made >> EmptyOperator(task_id="strict")
    return dag


literal = rules_inside("literal", [1, 2, 3])
xcom = rules_inside("xcom", None)

with DAG("group_values", schedule=None) as values_dag:

    @task_group
    def g(x):
        one = inc(x)
        return use(one, x)

    collect(g.expand(x=given([5, 6])))
    values_dag.get_task("g.inc") >> pulled()

with DAG("group_kwargs", schedule=None) as kwargs_dag:

    @task_group
    def g(x, y):
        return use(inc(x), y)

    collect(g.expand_kwargs([{"x": 1, "y": "a"}, {"x": 2, "y": "b"}, {"x": 3}]))

with DAG("group_product", schedule=None) as product_dag:

    @task_group
    def g(x, y):
        return use(x, y)

    collect(g.partial(y=1).expand(x=[1, 2]))

with DAG("group_product_two", schedule=None) as product_two:

    @task_group
    def g(x, y):
        return use(x, y)

    collect(g.expand(x=[1, 2], y=given(["a", "b"])))

with DAG("group_of_nothing", schedule=None) as of_nothing:

    @task_group
    def g(x):
        return inc(check(x))

    found = g.expand(x=given([]))
    collect(found)
    found_end = EmptyOperator(task_id="strict")
    of_nothing.get_task("g.inc") >> found_end

with DAG("group_source_fails", schedule=None) as source_fails:

    @task
    def broken():
        raise ValueError("nothing")

    @task_group
    def g(x):
        first = inc(x)
        first >> EmptyOperator(task_id="done", trigger_rule="all_done")
        return first

    collect(g.expand(x=broken()))

with DAG("group_nested", schedule=None) as nested:

    @task_group
    def g(x):
        first = inc(x)
        with TaskGroup("deep"):
            second = check(x)
            return use(second, first)

    collect(g.expand(x=[1, 2, 3]))

with DAG("group_after_others", schedule=None) as after_others:
    bad = BashOperator(task_id="bad", bash_command="exit 1")
    fine = BashOperator(task_id="fine", bash_command="echo fine")

    @task_group
    def g(x):
        first = inc(x)
        return use(first)

    made = g.expand(x=[1, 2])
    fine >> after_others.get_task("g.inc")
    bad >> after_others.get_task("g.use")
    after_others.get_task("g.use") >> EmptyOperator(task_id="end", trigger_rule="all_done")

with DAG("group_with_branch", schedule=None) as with_branch:

    @task_group
    def g(x):
        @task.branch
        def choose(x):
            return "g.a" if x == 1 else "g.b"

        decided = choose(x)
        a, b = EmptyOperator(task_id="a"), EmptyOperator(task_id="b")
        decided >> [a, b]
        [a, b] >> EmptyOperator(task_id="join", trigger_rule="none_failed_min_one_success")

    g.expand(x=[1, 2])

with DAG("group_with_skip", schedule=None) as with_skip:

    @task_group
    def g(code):
        first = BashOperator(task_id="first", bash_command=code)
        first >> EmptyOperator(task_id="after") >> EmptyOperator(task_id="last", trigger_rule="none_failed")

    g.expand(code=["exit 99", "exit 0", "exit 1"]) >> EmptyOperator(task_id="end", trigger_rule="one_success")

with DAG("group_skipped_by_branch", schedule=None) as skipped_by_branch:

    @task.branch
    def away():
        return "elsewhere"

    @task_group
    def g(x):
        return use(inc(x))

    decided = away()
    made = g.expand(x=[1, 2])
    decided >> [EmptyOperator(task_id="elsewhere"), made] if False else decided >> EmptyOperator(task_id="elsewhere")
    decided >> skipped_by_branch.get_task("g.inc")

with DAG("group_of_real_operators", schedule=None) as real_operators:

    @task
    def where(y, x):
        from airflow.sdk import get_current_context

        ti = get_current_context()["ti"]
        return [y, x, ti.map_index, ti.xcom_pull("g.check"), ti.xcom_pull("g.check", map_indexes=[0, 1, 2])]

    @task_group
    def g(x):
        return where(check(x), x=x)

    g.expand(x=[1, 2, 3])

with DAG("group_over_texts", schedule=None) as over_texts:  # which Airflow doesn't render, where it does the rest

    @task_group
    def g(x, y):
        use(x, y)
        BashOperator(task_id="bash", bash_command=x)

    g.partial(y="{{ ds }}").expand(x=["echo '{{ ds }}'", "true"])

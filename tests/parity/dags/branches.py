"""Every form of branching: names, lists, groups, nothing; joins by every rule that people use after a branch."""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import BranchPythonOperator, ShortCircuitOperator
from airflow.sdk import DAG, Label, TaskGroup, task


def diamond(name, choice):
    """A branch that chooses something of a, b and a group, and joins."""
    with DAG(f"branch_{name}", schedule=None) as dag:

        @task.branch
        def choose(choice):
            return choice

        decided = choose(choice)
        a, b, far = (EmptyOperator(task_id=one) for one in ("a", "b", "far"))
        with TaskGroup("g") as group:
            x, y = EmptyOperator(task_id="x"), EmptyOperator(task_id="y")
            x >> y
        decided >> [a, b, group]
        a >> far
        for rule in ("all_success", "none_failed", "none_failed_min_one_success", "all_done", "one_success", "all_skipped"):
            [far, b, group] >> EmptyOperator(task_id=f"join_{rule}", trigger_rule=rule)
        decided >> EmptyOperator(task_id="direct_all_done", trigger_rule="all_done")
    return dag


one = diamond("one", "a")
several = diamond("several", ["a", "b"])
group_id = diamond("group", "g")
inside = diamond("inside", "g.y")
nothing = diamond("none", None)
empty = diamond("empty", [])
descendant = diamond("far", "far")
unknown = diamond("unknown", "nobody")
everything = diamond("all", ["a", "b", "g", "direct_all_done"])

with DAG("branch_to_join", schedule=None) as to_join:
    decide = BranchPythonOperator(task_id="decide", python_callable=lambda: "join")
    work = EmptyOperator(task_id="work")
    join = EmptyOperator(task_id="join")
    decide >> Label("work") >> work >> join
    decide >> Label("no work") >> join

with DAG("branch_over_join", schedule=None) as over_join:

    def follow_work():
        return ["work"]

    decide = BranchPythonOperator(task_id="decide", python_callable=follow_work)
    work = EmptyOperator(task_id="work")
    join = EmptyOperator(task_id="join")
    decide >> work >> join
    decide >> join

with DAG("branch_fails", schedule=None) as fails:

    @task.branch
    def broken():
        raise ValueError("no idea")

    decided = broken()
    decided >> [EmptyOperator(task_id="a"), EmptyOperator(task_id="b", trigger_rule="all_done")]
    decided >> EmptyOperator(task_id="c", trigger_rule="one_failed")

with DAG("branch_after_branch", schedule=None) as nested:

    @task.branch
    def outer():
        return "inner"

    @task.branch
    def inner():
        return "inner_b"

    first, second = outer(), inner()
    first >> [second, EmptyOperator(task_id="other")]
    ends = [EmptyOperator(task_id="inner_a"), EmptyOperator(task_id="inner_b")]
    second >> ends
    [*ends, dag_other := nested.get_task("other")] >> EmptyOperator(task_id="end", trigger_rule="none_failed_min_one_success")

with DAG("branch_skipped_branch", schedule=None) as skipped_branch:

    @task.branch
    def away():
        return "elsewhere"

    @task.branch
    def never():
        return "x"

    start, skipped = away(), never()
    start >> [skipped, EmptyOperator(task_id="elsewhere")]
    skipped >> [EmptyOperator(task_id="x"), EmptyOperator(task_id="y", trigger_rule="all_done")]

with DAG("branch_by_xcom", schedule=None) as by_xcom:

    @task
    def number():
        return 7

    @task.branch
    def compare(n, *, limit=5):
        return "big" if n > limit else "small"

    compare(number()) >> [EmptyOperator(task_id="big"), EmptyOperator(task_id="small")]


def circuit(name, value, ignores):
    """A short circuit before a chain with a task that would run whatever happened."""
    with DAG(f"short_{name}", schedule=None) as dag:
        check = ShortCircuitOperator(task_id="check", python_callable=returns(value), ignore_downstream_trigger_rules=ignores)
        first, last = EmptyOperator(task_id="first"), EmptyOperator(task_id="last", trigger_rule="all_done")
        check >> first >> last
        side = BashOperator(task_id="side", bash_command="echo side")
        [side, first] >> EmptyOperator(task_id="join", trigger_rule="none_failed_min_one_success")
        check >> EmptyOperator(task_id="direct", trigger_rule="all_done")
    return dag


def returns(value):
    """A function that returns a value known when the file is read."""
    if value:
        return yes
    return no


def yes():
    return "something"


def no():
    return ""


short_true = circuit("true", True, True)
short_false = circuit("false", False, True)
short_false_direct = circuit("false_direct", False, False)

with DAG("short_decorated", schedule=None) as short_decorated:

    @task.short_circuit(ignore_downstream_trigger_rules=False)
    def check(n):
        return n > 1

    check(1) >> EmptyOperator(task_id="a") >> EmptyOperator(task_id="b", trigger_rule="none_failed")

with DAG("branch_skip_beside_failure", schedule=None) as beside_failure:
    failed = BashOperator(task_id="failed", bash_command="exit 1")

    @task.branch(trigger_rule="all_done")
    def nothing_chosen():
        return []

    decided = nothing_chosen()
    failed >> decided >> EmptyOperator(task_id="child") >> EmptyOperator(task_id="later")
    failed >> beside_failure.get_task("child")

with DAG("skips_beside_a_failure", schedule=None) as beside_failure:

    @task.branch(trigger_rule="all_done")
    def none_of_them():
        return []

    fails = BashOperator(task_id="fails", bash_command="exit 1")
    again = BashOperator(task_id="again", bash_command="exit 0")
    commands = {"unmapped": None, "over_nothing": [], "over_one": ["exit 0"]}
    fails >> again
    for task_id, over in commands.items():
        if over is None:
            one = BashOperator(task_id=task_id, bash_command="exit 0")
        else:
            one = BashOperator.partial(task_id=task_id).expand(bash_command=over, env=[{"A": "1"}])
        [none_of_them(), again] >> one

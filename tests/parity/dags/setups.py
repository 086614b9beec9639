"""Setups and teardowns: what they wait for, what they protect, and whether they fail the run."""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup, setup, task, teardown


def bash(task_id, code=0, **kwargs):
    """A task that ends by an exit code."""
    return BashOperator(task_id=task_id, bash_command=f"exit {code}", **kwargs)


def pipeline(name, make=0, work=0, clean=0, **kwargs):
    """A setup, two tasks and a teardown."""
    with DAG(f"setup_{name}", schedule=None) as dag:
        create = bash("create", make).as_setup()
        first, second = bash("first", work), EmptyOperator(task_id="second")
        delete = bash("delete", clean).as_teardown(setups=create, **kwargs)
        create >> first >> second >> delete
        second >> EmptyOperator(task_id="report", trigger_rule="all_success")
        delete >> EmptyOperator(task_id="after", trigger_rule="all_done")
    return dag


fine = pipeline("fine")
setup_fails = pipeline("fails", make=1)
setup_skips = pipeline("skips", make=99)
work_fails = pipeline("work_fails", work=1)
work_skips = pipeline("work_skips", work=99)
teardown_fails = pipeline("teardown_fails", clean=1)
teardown_counts = pipeline("teardown_counts", clean=1, on_failure_fail_dagrun=True)

with DAG("teardown_is_leaf", schedule=None) as leaf:
    create = bash("create").as_setup()
    work = bash("work", 1)
    delete = bash("delete").as_teardown(setups=create)
    create >> work >> delete

with DAG("teardown_leaf_fails", schedule=None) as leaf_fails:
    create = bash("create").as_setup()
    work = bash("work")
    delete = bash("delete", 1).as_teardown(setups=create)
    create >> work >> delete

with DAG("setup_context", schedule=None) as context, bash("delete").as_teardown(setups=bash("create").as_setup()):
    bash("a") >> bash("b", 1) >> EmptyOperator(task_id="c", trigger_rule="all_done")

with DAG("setup_decorated", schedule=None) as decorated:

    @setup
    def make():
        return "name"

    @task
    def use(name):
        return name + "!"

    @teardown
    def drop(name):
        return name

    name = make()
    (used := use(name)) >> (dropped := drop(name))

with DAG("setup_in_group", schedule=None) as in_group:
    with TaskGroup("g") as group:
        create = bash("create").as_setup()
        work = bash("work")
        delete = bash("delete", 1).as_teardown(setups=create)
        create >> work >> delete
    group >> EmptyOperator(task_id="after")

with DAG("two_setups", schedule=None) as two:
    one, other = bash("one").as_setup(), bash("other", 99).as_setup()
    work = bash("work")
    delete_one = bash("delete_one").as_teardown(setups=one)
    delete_other = bash("delete_other").as_teardown(setups=other)
    delete_both = bash("delete_both").as_teardown(setups=[one, other])
    [one, other] >> work >> [delete_one, delete_other, delete_both]

with DAG("short_circuit_and_teardown", schedule=None) as short:

    @task.short_circuit
    def check():
        return False

    create = bash("create").as_setup()
    work = bash("work")
    delete = bash("delete").as_teardown(setups=create)
    create >> check() >> work >> delete

with DAG("only_teardowns", schedule=None) as only:
    bash("delete", 1).as_teardown()

RULES = (
    *("all_success", "all_failed", "all_done", "one_failed", "one_success", "one_done", "none_failed", "none_skipped"),
    *("all_skipped", "none_failed_min_one_success", "all_done_min_one_success"),
)

for name, codes in {"skipped": [99], "skipped_in_part": [0, 99], "failed_in_part": [1, 99]}.items():
    with DAG(f"setup_{name}_around_a_failure", schedule=None) as around_failure:
        inner = bash("inner").as_setup()
        outer = BashOperator.partial(task_id="outer").expand(bash_command=[f"exit {code}" for code in codes]).as_setup()
        delete = bash("delete", 1).as_teardown(setups=inner)  # the outer one has none
        [outer, inner] >> bash("work") >> delete
        delete >> [EmptyOperator(task_id=rule, trigger_rule=rule) for rule in RULES]

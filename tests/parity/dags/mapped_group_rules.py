"""Every rule of a member of a mapped group, beside each end of a task outside: some are judged before the group is expanded."""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task, task_group

RULES = (
    *("all_success", "all_failed", "all_done", "one_failed", "one_success", "one_done", "none_failed", "none_skipped"),
    *("all_skipped", "none_failed_min_one_success", "all_done_min_one_success"),
)


def bash(task_id, code):
    """A task that ends by an exit code."""
    return BashOperator(task_id=task_id, bash_command=f"exit {code}")


def every_rule(name, codes):
    """A group over codes, with a member for each rule and each task outside."""
    with DAG(f"members_{name}", schedule=None) as dag:

        @task
        def commands(codes):
            return [f"exit {code}" for code in codes]

        outside = {"alone": [], "ok": [bash("ok", 0)], "failed": [bash("failed", 1)], "skipped": [bash("skipped", 99)]}

        @task_group
        def group(command):
            first = BashOperator(task_id="first", bash_command=command)
            never = EmptyOperator(task_id="never")  # expanded
            [first, *outside["skipped"]] >> never
            for rule in RULES:
                for where, others in outside.items():
                    [first, *others] >> EmptyOperator(task_id=f"{rule}-{where}", trigger_rule=rule)
                [first, never] >> EmptyOperator(task_id=f"{rule}-never", trigger_rule=rule)

        group.expand(command=commands(codes))
    return dag


success_and_failure = every_rule("success_and_failure", [0, 1])
failure_and_skip = every_rule("failure_and_skip", [1, 99])


def teardowns(name, code):
    """A group whose teardowns have setups inside, outside, and both."""
    with DAG(f"members_teardowns_{name}", schedule=None) as dag:

        @task
        def commands():
            return ["exit 0", "exit 1", "exit 99"]

        outer = bash("outer", code).as_setup()

        @task_group
        def group(command):
            inner, work = BashOperator(task_id="inner", bash_command=command).as_setup(), bash("work", 0)
            inner >> work
            work >> bash("delete_inner", 0).as_teardown(setups=inner) >> EmptyOperator(task_id="after")
            work >> bash("delete_outer", 0).as_teardown(setups=outer)
            work >> bash("delete_both", 0).as_teardown(setups=[outer, inner])

        outer >> group.expand(command=commands()) >> bash("end", 0).as_teardown(setups=outer)
    return dag


outer_fails = teardowns("fails", 1)
outer_skips = teardowns("skips", 99)

"""Failing fast in DAGs whose tasks run one after the other: what comes after a failure is skipped."""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, chain, task, task_group


def bash(task_id, code=0, **kwargs):
    return BashOperator(task_id=task_id, bash_command=f"exit {code}", **kwargs)


with DAG("fast_chain", schedule=None, fail_fast=True):
    chain(bash("a"), bash("b", 1), bash("c"), EmptyOperator(task_id="d"))

with DAG("fast_fine", schedule=None, fail_fast=True):
    chain(bash("a"), bash("b", 99), bash("c"))

with DAG("fast_last", schedule=None, fail_fast=True):
    chain(bash("a"), bash("b", 1))

with DAG("fast_teardown", schedule=None, fail_fast=True):
    s = bash("s").as_setup()
    chain(s, bash("w", 1), bash("x"), bash("t").as_teardown(setups=s), bash("after"))

with DAG("fast_setup_fails", schedule=None, fail_fast=True):
    s = bash("s", 1).as_setup()
    chain(s, bash("w"), bash("t").as_teardown(setups=s))

with DAG("fast_teardown_fails", schedule=None, fail_fast=True):
    s = bash("s").as_setup()
    chain(s, bash("w"), bash("t", 1).as_teardown(setups=s, on_failure_fail_dagrun=True), bash("after"))


def of_group(dag_id, over):
    """A mapped group in which the last instance of the first task fails."""
    with DAG(dag_id, schedule=None, fail_fast=True):

        @task_group
        def group(command):
            BashOperator(task_id="first", bash_command=command) >> EmptyOperator(task_id="second")

        group.expand(command=over()) >> EmptyOperator(task_id="after")


@task
def given():
    return ["exit 0", "exit 1"]


of_group("fast_group_over_literal", lambda: ["exit 0", "exit 1"])
of_group("fast_group_over_xcom", given)

"""How tasks and runs end: failures, skips, retries, leaves."""

import sys
from datetime import timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup, chain, task

with DAG("skips", schedule=None) as skips:

    @task
    def skip_me():
        from airflow.sdk.exceptions import AirflowSkipException

        raise AirflowSkipException("not today")

    @task(retries=2, retry_delay=timedelta(0))
    def fail_for_good():
        from airflow.sdk.exceptions import AirflowFailException

        raise AirflowFailException("never")

    skip_me() >> EmptyOperator(task_id="after_skip") >> EmptyOperator(task_id="end", trigger_rule="none_failed")
    fail_for_good() >> EmptyOperator(task_id="caught", trigger_rule="one_failed")

with DAG("exit_codes", schedule=None) as codes:
    BashOperator(task_id="ninety_nine", bash_command="exit 99") >> EmptyOperator(task_id="a")
    BashOperator(task_id="own", bash_command="exit 7", skip_on_exit_code=[7, 8]) >> EmptyOperator(task_id="b")
    BashOperator(task_id="none", bash_command="exit 99", skip_on_exit_code=None) >> EmptyOperator(
        task_id="c", trigger_rule="all_failed"
    )

with DAG("retries", schedule=None, default_args={"retry_delay": timedelta(seconds=0)}) as retries:

    @task(retries=3)
    def third_time(ti):
        if ti.try_number < 3:
            raise ValueError("not yet")
        return ti.try_number

    third_time() >> EmptyOperator(task_id="after")
    BashOperator(task_id="never", bash_command="exit 1", retries=1)

    @task(retries=1)
    def leaves(code, ti=None):
        if ti.try_number == 1:
            sys.exit(code)

    for code in (0, 99, 100, 256, 356):  # none of them means anything of itself
        leaves.override(task_id=f"leaves_by_{code}")(code)

    @task.bash(retries=1)
    def bash_leaves(ti=None):
        return f"exit {100 - 100 * (ti.try_number - 1)}"

    bash_leaves()

    class SkipTask(Exception):  # as our own is called
        pass

    @task
    def fails_by_a_name():
        raise SkipTask

    fails_by_a_name()

with DAG("absorbed_failure", schedule=None) as absorbed:
    failed = BashOperator(task_id="failed", bash_command="exit 3")
    failed >> EmptyOperator(task_id="cleanup", trigger_rule="all_done")

with DAG("leaf_fails", schedule=None) as leaf:
    EmptyOperator(task_id="ok") >> EmptyOperator(task_id="fine")
    BashOperator(task_id="bad", bash_command="exit 1") >> EmptyOperator(task_id="never")

with DAG("all_skipped", schedule=None) as all_skipped:
    BashOperator(task_id="skip", bash_command="exit 99") >> EmptyOperator(task_id="after")

with DAG("groups", schedule=None) as groups:
    with TaskGroup("outer") as outer:
        start = EmptyOperator(task_id="start")
        with TaskGroup("inner", prefix_group_id=False) as inner:
            a, b = EmptyOperator(task_id="a"), BashOperator(task_id="b", bash_command="echo b")
        start >> inner
    with TaskGroup("second") as second:
        c = EmptyOperator(task_id="c")
    outer >> second >> EmptyOperator(task_id="last")
    chain(EmptyOperator(task_id="x"), [EmptyOperator(task_id="y1"), EmptyOperator(task_id="y2")], second)

with DAG("odd_names", schedule=None) as odd:
    one, other = EmptyOperator(task_id="a_b"), EmptyOperator(task_id="a.b")
    third = BashOperator(task_id="in", bash_command="echo in")
    one >> other >> third >> EmptyOperator(task_id="1-digit") >> EmptyOperator(task_id="A-B")

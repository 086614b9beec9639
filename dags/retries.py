"""A task that fails at first, one that never works, and what is done about it; the run succeeds."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import dag, task


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1),
    tags=["example"],
    default_args={"retry_delay": timedelta(seconds=1)},
)
def retries():
    @task(retries=2, execution_timeout=timedelta(minutes=1))
    def flaky(ti=None) -> int:
        if ti.try_number < 2:
            raise RuntimeError("the network is down")
        return ti.try_number

    broken = BashOperator(task_id="broken", bash_command="echo nothing here >&2; exit 3", retries=1)

    @task(trigger_rule="one_failed")
    def alert() -> str:
        print("calling somebody")
        return "called"

    @task(trigger_rule="all_done")
    def clean_up(tries: int | None = None) -> None:
        print("flaky needed", tries, "tries")

    alarm = alert()
    tried = flaky()
    [tried, broken] >> alarm >> clean_up(tried)


retries()

"""Waiting for a file and for a condition before the work, and for a short while after it."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.standard.sensors.bash import BashSensor
from airflow.providers.standard.sensors.python import PythonSensor
from airflow.sdk import dag, task


def is_ready() -> bool:
    from pathlib import Path

    return Path("/etc/hosts").exists()


@dag(schedule=None, start_date=pendulum.datetime(2026, 1, 1), tags=["example"])
def sensors():
    file = BashSensor(task_id="file", bash_command="test -e /etc/passwd", poke_interval=1, timeout=30)
    condition = PythonSensor(task_id="condition", python_callable=is_ready, poke_interval=timedelta(seconds=1), timeout=30)
    never = BashSensor(task_id="never", bash_command="false", poke_interval=1, timeout=2, soft_fail=True)

    @task
    def work() -> str:
        return "done"

    @task(trigger_rule="none_failed")
    def after(result: str) -> None:
        print(result)

    done = work()
    [file, condition] >> done
    never >> after(done)


sensors()

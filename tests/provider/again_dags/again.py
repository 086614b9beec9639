"""Run once, by a scheduler: steps that count how often they ran in the folder MARKS."""

from __future__ import annotations

import os
from datetime import datetime, timezone

from airflow.providers.common.compat.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator

from airflow_argo.offload import offload

MARKS = os.environ.get("MARKS", "/nowhere")


def counting(name, then="true"):
    return BashOperator(task_id=name, bash_command=f"echo . >> {MARKS}/{name}; {then}")


once = {"schedule": "@once", "start_date": datetime(2026, 1, 1, tzinfo=timezone.utc), "catchup": False}

with DAG("again", **once) as again:
    second_time = counting("second_time", f"test $(wc -l < {MARKS}/second_time) -gt 1")
    counting("before") >> second_time >> counting("after")
    counting("beside")
    commands = [f"echo . >> {MARKS}/each_{index}" for index in range(2)]
    BashOperator.partial(task_id="each").expand(bash_command=commands)

offload(again, deferrable=True)

with DAG("killed", **once) as killed:
    counting("slow", "sleep 600") >> counting("never")

offload(killed, deferrable=True)

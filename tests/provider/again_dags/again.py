"""Run once, by a scheduler: steps that tell how often they ran, and learn it, by the command COUNT."""

from __future__ import annotations

import os
from datetime import datetime, timezone

from airflow.providers.common.compat.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator

from airflow_argo.offload import offload

COUNT = os.environ.get("COUNT", "false {}")


def counting(name, then="true"):
    return BashOperator(task_id=name, bash_command=f"runs=$({COUNT.format(name)}); {then}")


once = {"schedule": "@once", "start_date": datetime(2026, 1, 1, tzinfo=timezone.utc), "catchup": False}

with DAG("again", **once) as again:
    second_time = counting("second_time", "test $runs -gt 1")
    counting("before") >> second_time >> counting("after")
    counting("beside")
    commands = [COUNT.format(f"each_{index}") for index in range(2)]
    BashOperator.partial(task_id="each").expand(bash_command=commands)

offload(again, deferrable=True)

with DAG("killed", **once) as killed:
    counting("slow", "sleep 600") >> counting("never")

offload(killed, deferrable=True)

with DAG("edited", **once) as edited:
    counting("given", "echo $runs") >> counting("wrong", "false") >> counting("follows", "echo $runs")

offload(edited, deferrable=True)

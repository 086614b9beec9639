"""Where bash runs."""

from __future__ import annotations

from datetime import datetime, timezone

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task

START = datetime(2024, 1, 1, tzinfo=timezone.utc)

with DAG("bash_folders", schedule=None, start_date=START, params={"folder": "usr"}) as dag:

    @task
    def folder():
        return "/etc"

    pwd = {"bash_command": "pwd"}
    found = folder()
    BashOperator(task_id="root", cwd="/", **pwd)
    BashOperator(task_id="filled", cwd="/usr/bin", **pwd)
    BashOperator(task_id="nowhere", cwd="/nowhere/at/all", **pwd)
    BashOperator(task_id="file", cwd="/etc/passwd", **pwd)
    BashOperator(task_id="of_params", cwd="/{{ params.folder }}", **pwd)
    BashOperator(task_id="of_xcom", cwd="{{ ti.xcom_pull('folder') }}", **pwd) << found
    BashOperator(task_id="empty", cwd="", **pwd)
    BashOperator.partial(task_id="mapped", **pwd).expand(cwd=["/", "/nowhere", "/usr"])

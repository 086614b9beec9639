"""A file that sets an environment variable as it is imported: its tasks find it set, bash ones too."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime, timezone

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task

os.environ["PARITY_OF_FILE"] = "set"

with DAG("environment", schedule=None, start_date=datetime(2024, 1, 1, tzinfo=timezone.utc)):
    BashOperator(task_id="bash", bash_command="echo $PARITY_OF_FILE")
    BashOperator(task_id="own", bash_command="echo $PARITY_OF_FILE $OWN", env={"OWN": "own"})
    BashOperator(task_id="both", bash_command="echo $PARITY_OF_FILE $OWN", env={"OWN": "own"}, append_env=True)
    BashOperator(task_id="other", bash_command="echo $PARITY_OF_FILE", env={"PARITY_OF_FILE": "own"}, append_env=True)

    @task
    def program():
        return subprocess.run(["printenv", "PARITY_OF_FILE"], capture_output=True, text=True, check=True).stdout

    program()

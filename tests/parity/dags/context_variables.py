"""What Airflow tells tasks of their run by environment variables, and what else a command has in its environment."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from functools import wraps

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
TOLD = "echo $AIRFLOW_CTX_DAG_ID $AIRFLOW_CTX_TASK_ID $AIRFLOW_CTX_DAG_OWNER $AIRFLOW_CTX_LOGICAL_DATE $AIRFLOW_CTX_TRY_NUMBER"
MAILS = {"email": ["a@example.com", "b@example.com"], "email_on_failure": False, "email_on_retry": False}

with DAG("context_variables", schedule=None, start_date=START, default_args={"owner": "team", "retry_delay": 0}) as dag:
    BashOperator(task_id="bash", bash_command=TOLD)
    BashOperator(
        task_id="owned", bash_command=TOLD, owner="airflow", env={"AIRFLOW_CTX_TASK_ID": "mine", "A": "1"}, append_env=True
    )
    BashOperator(task_id="mails", bash_command=f"{TOLD} $AIRFLOW_CTX_DAG_EMAIL", **MAILS)
    BashOperator(task_id="second", bash_command=f"test $AIRFLOW_CTX_TRY_NUMBER = 2 && {TOLD}", retries=1)
    BashOperator(
        task_id="alone", bash_command="env | grep -v '^AIRFLOW_CTX\\|^_=' | sort | tr '\\n' ' '", cwd="/", env={"A": "{{ ds }}"}
    )
    BashOperator.partial(task_id="mapped", env={}).expand(bash_command=[TOLD, f"{TOLD} ${{HOME-none}}"])

    @task.bash(env={"A": "a"})
    def function():
        return f"{TOLD} $A ${{HOME-none}} {os.environ['AIRFLOW_CTX_TASK_ID']}"

    @task
    def python():
        return [os.environ[f"AIRFLOW_CTX_{name}"] for name in ("DAG_ID", "TASK_ID", "DAG_OWNER", "LOGICAL_DATE", "TRY_NUMBER")]

    function() >> python()

with DAG("dates_of_run", schedule=None, start_date=START) as of_run:

    @task
    def dates(dag_run, logical_date):
        found = [dag_run.logical_date, dag_run.data_interval_start, dag_run.data_interval_end, logical_date]
        return [f"{type(one).__name__} {one}" for one in found]

    dates()


def told_by(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        instance = kwargs.get("ti")
        return [instance.task.owner if instance else None, function(*args, **kwargs)]

    return wrapper


with DAG("context_in_decorators", schedule=None, start_date=START, default_args={"owner": "team"}) as in_decorators:

    @task
    @told_by
    def asks(x, ti=None):
        return x

    @task
    @told_by
    def asks_for_nothing(x):
        return x

    @task
    def renames(ti):
        mine = ti
        return mine.task.owner

    asks(1) >> asks_for_nothing(2) >> renames()

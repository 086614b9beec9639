"""Modules of the folder of plugins, and of the project that the folder of DAGs is in."""

from datetime import datetime

from airflow.sdk import DAG, task
from company_operators.greet import Greet
from include.checks import is_short

# ends: greet=success check=success
with DAG("modules_beside", start_date=datetime(2024, 1, 1), schedule=None):
    greet = Greet(task_id="greet", whom="{{ ds }}")

    @task
    def check(text):
        assert is_short(text)

    check(greet.output)

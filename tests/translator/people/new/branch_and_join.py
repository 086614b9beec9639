from datetime import datetime
from airflow.sdk import DAG, task
from airflow.providers.standard.operators.empty import EmptyOperator

# ends: pick=success left=skipped right=success join=success
with DAG("branch_and_join", start_date=datetime(2024, 1, 1), schedule=None):

    @task.branch
    def pick():
        return "right"

    pick() >> [EmptyOperator(task_id="left"), EmptyOperator(task_id="right")] >> EmptyOperator(
        task_id="join", trigger_rule="none_failed_min_one_success"
    )

from datetime import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator

# dags: two_a two_b
with DAG("two_a", start_date=datetime(2024, 1, 1), schedule=None):
    EmptyOperator(task_id="x")
with DAG("two_b", start_date=datetime(2024, 1, 1), schedule=None):
    EmptyOperator(task_id="x")

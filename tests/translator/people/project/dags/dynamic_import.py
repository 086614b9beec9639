import importlib
from datetime import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.python import PythonOperator

# ends: run=success
jobs = importlib.import_module("common.names")
with DAG("dynamic_import", start_date=datetime(2024, 1, 1), schedule=None):
    PythonOperator(task_id="run", python_callable=jobs.named, op_args=["x"])

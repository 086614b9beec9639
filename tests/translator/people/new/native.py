from datetime import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.python import PythonOperator

# ends: count=success
with DAG("native", start_date=datetime(2024, 1, 1), schedule=None, render_template_as_native_obj=True, params={"items": [1, 2]}):
    PythonOperator(task_id="count", python_callable=lambda items: len(items), op_args=["{{ params['items'] }}"])

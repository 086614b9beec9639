from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.python_operator import PythonOperator

# ends: works=success


def alert(context):
    print("failed", context["task_instance"].task_id, context["execution_date"])


def told(context):
    print("went well", context["ti"].task_id)


with DAG(
    "callbacks",
    start_date=datetime(2021, 1, 1),
    schedule_interval="*/30 * * * *",
    catchup=False,
    default_args={"on_failure_callback": alert, "sla": timedelta(hours=1)},
    sla_miss_callback=alert,
) as dag:
    PythonOperator(task_id="works", python_callable=lambda: 1, on_success_callback=told)

from airflow import DAG
from airflow.operators.python_operator import PythonOperator
from airflow.utils.dates import days_ago

# ends: extract=success transform=success load=success
args = {"owner": "airflow", "start_date": days_ago(2), "provide_context": True}


def extract(**kwargs):
    kwargs["ti"].xcom_push(key="orders", value=[1, 2, 3])


def transform(**kwargs):
    ti = kwargs["ti"]
    orders = ti.xcom_pull(task_ids="extract", key="orders")
    ti.xcom_push(key="total", value=sum(orders))


def load(**kwargs):
    assert kwargs["ti"].xcom_pull(task_ids="transform", key="total") == 6


with DAG("python_etl", default_args=args, schedule_interval=None, tags=["old"]) as dag:
    one = PythonOperator(task_id="extract", python_callable=extract, provide_context=True)
    two = PythonOperator(task_id="transform", python_callable=transform, provide_context=True)
    three = PythonOperator(task_id="load", python_callable=load, provide_context=True)
    one >> two >> three

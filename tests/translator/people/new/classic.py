from datetime import datetime, timedelta
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, chain

# ends: a=success b=success c=success


def add(x, y=1):
    return x + y


with DAG(
    "classic",
    start_date=datetime(2024, 1, 1),
    schedule=timedelta(hours=1),
    catchup=False,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=1)},
    params={"x": 5},
):
    chain(
        BashOperator(task_id="a", bash_command="echo {{ params.x }}"),
        PythonOperator(task_id="b", python_callable=add, op_args=["{{ params.x }}"], op_kwargs={"y": "2"}),
        BashOperator(task_id="c", bash_command="echo $X", env={"X": "{{ ti.xcom_pull(task_ids='b') }}"}, append_env=True),
    )

from airflow import DAG
from airflow.datasets import Dataset
from airflow.operators.bash import BashOperator
import pendulum

# ends: produce=success
orders = Dataset("s3://bucket/orders.csv")

with DAG("datasets", start_date=pendulum.datetime(2023, 1, 1, tz="UTC"), schedule=None) as dag:
    BashOperator(task_id="produce", bash_command="echo 1", outlets=[orders])

from airflow import DAG
from airflow.sensors.filesystem import FileSensor
from airflow.sensors.python import PythonSensor
from airflow.sensors.bash import BashSensor
from airflow.operators.latest_only import LatestOnlyOperator
from datetime import datetime, timedelta

# ends: ready=success shell=success latest=success
with DAG("sensors_of_2", start_date=datetime(2022, 1, 1), schedule_interval=None, dagrun_timeout=timedelta(hours=1)) as dag:
    PythonSensor(task_id="ready", python_callable=lambda: True, poke_interval=1, mode="reschedule")
    BashSensor(task_id="shell", bash_command="true", poke_interval=1)
    LatestOnlyOperator(task_id="latest")

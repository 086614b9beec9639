from airflow import DAG
from airflow.sensors.base_sensor_operator import BaseSensorOperator
from airflow.utils.decorators import apply_defaults
from airflow.operators.bash_operator import BashOperator
from datetime import datetime

# ends: there=success after=success


class ThereSensor(BaseSensorOperator):
    @apply_defaults
    def __init__(self, what, **kwargs):
        super().__init__(**kwargs)
        self.what = what

    def poke(self, context):
        return bool(self.what)


with DAG("own_sensor", start_date=datetime(2022, 1, 1), schedule_interval=None, concurrency=2) as dag:
    ThereSensor(task_id="there", what="yes", poke_interval=1, timeout=10) >> BashOperator(task_id="after", bash_command="echo ok")

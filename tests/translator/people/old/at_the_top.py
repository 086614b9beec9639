from airflow import DAG
from airflow.models import Variable
from airflow.hooks.base_hook import BaseHook
from airflow.operators.bash_operator import BashOperator
from datetime import datetime

# ends: run_a=success run_b=success
config = Variable.get("people_config", deserialize_json=True)
bucket = Variable.get("people_bucket", default_var="none")
host = BaseHook.get_connection("people_db").host

with DAG("at_the_top", start_date=datetime(2021, 1, 1), schedule_interval=config["schedule"], catchup=False) as dag:
    for name in config["jobs"]:
        BashOperator(task_id="run_" + name, bash_command="echo %s %s %s {{ var.value.people_bucket }}" % (name, bucket, host))

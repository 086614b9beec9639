"""Sends the daily report."""
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash_operator import BashOperator
from airflow.operators.dummy_operator import DummyOperator

# ends: start=success collect=success collect_all=success done=success
default_args = {
    "owner": "data",
    "depends_on_past": False,
    "start_date": datetime(2020, 1, 1),
    "email": ["data@example.com"],
    "email_on_failure": False,
    "email_on_retry": False,
    "retries": 1,
    "retry_delay": timedelta(minutes=5),
}

dag = DAG("daily_report", default_args=default_args, schedule_interval="0 6 * * *", catchup=False)

start = DummyOperator(task_id="start", dag=dag)
collect = BashOperator(task_id="collect", bash_command="echo {{ ds }} {{ execution_date.strftime('%H') }}", dag=dag)
collect_all = BashOperator(task_id="collect_all", bash_command="echo {{ yesterday_ds }} {{ tomorrow_ds_nodash }}", dag=dag)
done = DummyOperator(task_id="done", dag=dag)

start.set_downstream(collect)
start.set_downstream(collect_all)
done.set_upstream([collect, collect_all])

from airflow import DAG
from airflow.operators.dummy import DummyOperator
from airflow.operators.bash import BashOperator
from airflow.utils.task_group import TaskGroup
from airflow.utils.edgemodifier import Label
from airflow.utils.trigger_rule import TriggerRule
from airflow.models.baseoperator import chain
from airflow.utils.dates import days_ago

# ends: start=success section.one=success section.inner.two=success end=success
with DAG("groups", start_date=days_ago(2), schedule_interval="@hourly", catchup=False, orientation="TB") as dag:
    start = DummyOperator(task_id="start")
    with TaskGroup("section", tooltip="Tasks") as section:
        one = BashOperator(task_id="one", bash_command="echo 1")
        with TaskGroup("inner") as inner:
            DummyOperator(task_id="two")
        one >> inner
    end = DummyOperator(task_id="end", trigger_rule=TriggerRule.NONE_FAILED_OR_SKIPPED)
    chain(start, Label("go"), section, end)

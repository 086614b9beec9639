"""Tasks that run as operators of whichever Airflow is installed."""

from __future__ import annotations

from datetime import datetime, timedelta

try:
    from airflow.sdk import DAG, BaseOperator, get_current_context, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task
    from airflow.models.baseoperator import BaseOperator
    from airflow.operators.python import get_current_context

from airflow.exceptions import AirflowFailException, AirflowSkipException
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import BranchPythonOperator


class Own(BaseOperator):
    template_fields = ("text",)

    def __init__(self, text="", ends=None, **kwargs):
        super().__init__(**kwargs)
        self.text, self.ends = text, ends

    def execute(self, context):
        context["ti"].xcom_push("key", {"a": 1})
        if self.ends == "skip":
            raise AirflowSkipException("skipped")
        if self.ends == "for good":
            raise AirflowFailException("failed")
        return self.text


def choose():
    return "left" if get_current_context()["ds"] else "right"


with DAG("any_version", start_date=datetime(2024, 1, 1), schedule=None, params={"p": 1}) as dag:
    first = Own(task_id="first", text="{{ ds }} {{ params.p }} {{ logical_date }}")
    second = Own(task_id="second", text="{{ ti.xcom_pull('first') }} {{ ti.xcom_pull('first', key='key')['a'] }}")
    first >> second >> BashOperator(task_id="native", bash_command="echo {{ ti.xcom_pull('second') }}")
    Own(task_id="skips", ends="skip") >> EmptyOperator(task_id="after_skip")
    Own(task_id="fails", ends="for good", retries=2, retry_delay=timedelta(seconds=1)) >> EmptyOperator(task_id="after_failure")
    BranchPythonOperator(task_id="choose", python_callable=choose) >> [
        EmptyOperator(task_id="left"),
        EmptyOperator(task_id="right"),
    ]

    @task
    def numbers():
        return [1, 2]

    @task
    def longer(n):
        return n + len(get_current_context()["ds"])

    @task
    def total(found):
        return sum(found)

    total(longer.expand(n=numbers()))

    @task
    def none_at_all():
        return []

    @task(trigger_rule="all_done")
    def of_none(found):
        return [found is None, list(found or ())]

    of_none(longer.override(task_id="never").expand(n=none_at_all()))
    BashOperator(task_id="told", bash_command="echo $AIRFLOW_CTX_EXECUTION_DATE / $AIRFLOW_CTX_LOGICAL_DATE")

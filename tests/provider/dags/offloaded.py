"""A whole DAG, and a group of one, as workflows."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, TaskGroup, task
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator

from airflow_argo.offload import ArgoTaskGroup, offload


def build(dag_id):
    with DAG(dag_id, params={"word": "hi"}) as dag:

        @task
        def number():
            return 20

        @task
        def double(value):
            print("doubling", value)  # noqa: T201
            return 2 * value

        @task.branch
        def choose(value):
            return "left" if value > 10 else "right"

        chosen = choose(number())
        left, right = EmptyOperator(task_id="left"), EmptyOperator(task_id="right")
        join = EmptyOperator(task_id="join", trigger_rule="none_failed_min_one_success")
        chosen >> [left, right] >> join
        with TaskGroup("more"):
            said = BashOperator(task_id="say", bash_command="echo {{ params.word }} {{ ds }}")
            fails = BashOperator(task_id="fails", bash_command="exit 3")
            after = EmptyOperator(task_id="after")
            rescue = EmptyOperator(task_id="rescue", trigger_rule="one_failed")
            said >> fails >> [after, rescue]
        double(number.override(task_id="other")())
    return dag


plain = build("plain")
shown = offload(build("shown"), deferrable=True)
single = offload(build("single"), show_steps=False, deferrable=False)

with DAG("grouped") as grouped:
    start, end = EmptyOperator(task_id="start"), EmptyOperator(task_id="end")
    with ArgoTaskGroup("load", argo={"deferrable": False}) as load:

        @task
        def extract():
            return [1, 2]

        @task
        def total(values):
            return sum(values)

        result = total(extract())

    @task
    def report():
        from airflow.providers.common.compat.sdk import get_current_context

        return get_current_context()["ti"].xcom_pull(task_ids="load.total")

    start >> load >> report() >> end

with DAG("late") as late:
    BashOperator(task_id="slow", bash_command="sleep 600")

offload(late, deferrable=True, timeout=20)

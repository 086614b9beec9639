"""What runs without a logical date give their tasks: plain, and offloaded."""

from __future__ import annotations

import os

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task

from airflow_argo.offload import offload

DATES = "[$AIRFLOW_CTX_LOGICAL_DATE]"


def build(dag_id):
    with DAG(dag_id) as dag:
        BashOperator(task_id="day", bash_command="echo {{ ds }}")
        BashOperator(task_id="told", bash_command=f"echo {DATES} {{{{ task_instance_key_str | length > 20 }}}}")

        @task
        def given(ds=None, logical_date=None):
            return [ds, logical_date, os.environ.get("AIRFLOW_CTX_LOGICAL_DATE")]

        @task
        def required(ds):
            return ds

        @task
        def asked(**context):
            run = context["dag_run"]
            dates = [run.logical_date, run.data_interval_start, context.get("ts"), "data_interval_end" in context]
            return [*dates, run.run_after is None]

        @task.argo(image="lab/task:1", deferrable=False)
        def alone(ds=None, dag_run=None):
            return [ds, dag_run.logical_date, dag_run.run_after is None]

        given(), required(), asked()
        if dag_id == "undated":
            alone()
    return dag


undated = build("undated")
undated_offloaded = offload(build("undated_offloaded"), deferrable=False)

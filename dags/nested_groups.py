"""A nightly build in task groups: two of them inside another, with an edge between groups, and bash in all."""

from __future__ import annotations

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup

with DAG("nested_groups", schedule="30 1 * * 1-5", start_date=pendulum.datetime(2026, 1, 1), catchup=False, tags=["example"]):
    start, done = EmptyOperator(task_id="start"), EmptyOperator(task_id="done")

    with TaskGroup("build") as build:
        with TaskGroup("backend") as backend:
            compile_ = BashOperator(task_id="compile", bash_command="echo compiling; echo backend-1.0")
            unit = BashOperator(
                task_id="unit_tests",
                bash_command="echo testing {{ ti.xcom_pull(task_ids='build.backend.compile') }}",
            )
            compile_ >> unit
        with TaskGroup("frontend") as frontend:
            BashOperator(task_id="bundle", bash_command="echo frontend-1.0")
        backend >> frontend

    with TaskGroup("publish") as publish:
        for place in ("staging", "archive"):
            BashOperator(task_id=place, bash_command=f"echo to {place} on {{{{ ds }}}}")

    start >> build >> publish >> done

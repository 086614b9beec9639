"""A DAG that another one submits as a workflow."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, task

with DAG("decorated_plain") as decorated_plain:

    @task
    def one():
        return 1

    @task
    def more(value):
        return value + 1

    more(one())

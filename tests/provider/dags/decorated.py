"""Functions in pods, among functions in workers."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, task

FACTOR = 3

with DAG("decorated") as decorated:

    @task
    def numbers():
        return [1, 2, "{{ ds }} {{=1+1}}"]

    @task.argo(image="lab/task:1", deferrable=False)
    def scaled(values, ds=None):
        import os

        print("in a pod", os.getpid())  # noqa: T201
        return {"values": [FACTOR * one for one in values], "ds": ds}

    @task.argo(image="lab/task:1", multiple_outputs=True, deferrable=True)
    def split(values):
        return {"first": values[0], "rest": values[1:]}

    made = numbers()
    scaled(made)
    split(made)

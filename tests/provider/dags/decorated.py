"""Functions in pods, among functions in workers."""

from __future__ import annotations

import os
from datetime import timedelta

from airflow.providers.common.compat.sdk import DAG, AirflowFailException, AirflowSkipException, task

FACTOR = 3
WITH_AIRFLOW = os.environ.get("IMAGE_WITH_AIRFLOW", "lab/task:1")
"""What raises Airflow's exceptions needs one; processes of the embedded engine have it anyway."""

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

    @task.argo(image="lab/task:1")
    def double(value):
        return 2 * value

    @task.argo(image="lab/task:1", deferrable=True)
    def total(values):
        return [sum(values), repr(values), values[1:], isinstance(values, list)]

    @task.argo(image=WITH_AIRFLOW)
    def skips():
        raise AirflowSkipException

    @task.argo(image="lab/task:1", multiple_outputs=True)
    def nothing():
        return None

    @task.argo(image=WITH_AIRFLOW, retries=2, retry_delay=timedelta(seconds=1))
    def tries(number, how):
        if number == "1":
            raise ValueError("the first")
        raise AirflowFailException(how)

    @task.argo(image="lab/task:1", retries=1, retry_delay=timedelta(seconds=1))
    def instance(value, ti=None):
        import os

        ti.xcom_push(key=f"try {ti.try_number}", value=[value, ti.map_index, os.environ["AIRFLOW_CTX_TRY_NUMBER"]])
        return 1 // (ti.try_number - 1)

    @task.argo(image="lab/task:1")
    def pulls(ti=None):
        return ti.xcom_pull("numbers")

    @task.argo(image=WITH_AIRFLOW)
    def current():
        from airflow.providers.common.compat.sdk import get_current_context

        context = get_current_context()
        context["ti"].xcom_push(key="day", value=context["ds"])
        return context["ti"].task_id

    @task.argo(image="lab/task:1", retries=2)
    def since(prev_end_date_success=None, **context):
        return prev_end_date_success

    instance.expand(value=["a", "b"])
    current()
    since()
    since.override(task_id="since_given")(prev_end_date_success="{{ prev_end_date_success }}")
    pulls()
    made = numbers()
    scaled(made)
    split(made)
    total(double.expand(value=[3, 4]))
    skips() >> double.override(task_id="after_skip")(1)
    nothing()
    tries("{{ ti.try_number }}", "{{ ds }}/not-a-file.yaml")

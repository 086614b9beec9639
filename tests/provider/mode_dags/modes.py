"""Workflows that succeed, fail and are skipped, in all ways to wait. What submits runs once; so does what waits for it."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone

from airflow.sdk import DAG

from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator
from airflow_argo.sensors.argo import ArgoWorkflowSensor

FAILS_ONCE = os.environ.get("FAILS_ONCE", "false")
"""A condition in sh that is false when it is asked first, and true then."""

once = {"schedule": "@once", "start_date": datetime(2026, 1, 1, tzinfo=timezone.utc), "catchup": False}
soon = {"retry_delay": timedelta(seconds=1)}


def workflow(command):
    main = {"name": "main", "container": {"image": "lab/task:1", "command": ["sh", "-c", f"{command} && echo 7 > /tmp/n"]}}
    number = {"name": "n", "globalName": "n", "valueFrom": {"path": "/tmp/n"}}
    spec = {"entrypoint": "main", "templates": [{**main, "outputs": {"parameters": [number]}}]}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"generateName": "m-"}, "spec": spec}


with DAG("submits", **once):
    for mode, deferrable in (("poking", False), ("deferred", True)):
        for name, command in (("green", "true"), ("red", "false")):
            # if a trigger fires before the scheduler knows that its task is deferred, Airflow may fail the task
            slowly = f"sleep 15 && {command}" if deferrable else command
            ArgoSubmitWorkflowOperator(task_id=f"{mode}_{name}", manifest=workflow(slowly), deferrable=deferrable)
    ArgoSubmitWorkflowOperator(task_id="resubmitted", manifest=workflow("[ {{ ti.try_number }} = 2 ]"), retries=1, **soon)
    ArgoSubmitWorkflowOperator(
        task_id="retried",
        manifest=workflow(f"sleep 10 && {FAILS_ONCE}"),
        retry_strategy="retry",
        deferrable=True,
        retries=3,
        **soon,
    )
    ArgoSubmitWorkflowOperator(task_id="after_red", manifest=workflow("true")) << ArgoSubmitWorkflowOperator(
        task_id="before", manifest=workflow("false")
    )

with DAG("waits", **once):
    for mode, options in {
        "poke": {"mode": "poke", "deferrable": False},
        "reschedule": {"mode": "reschedule", "deferrable": False},
        "deferrable": {"deferrable": True},
    }.items():
        for name, more in {"green": {}, "red": {}, "skipped": {"soft_fail": True}}.items():
            of = "green" if name == "green" else "red"
            ArgoWorkflowSensor(
                task_id=f"{mode}_{name}",
                label_selector=f"airflow-argo.io/task-id=poking_{of}",
                retries=1,  # because of a slow scheduler, see above
                poke_interval=10,  # a scheduler that is slow confuses instances that are rescheduled sooner
                **soon,
                **options,
                **more,
            )

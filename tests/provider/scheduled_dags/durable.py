"""Runs once, by a scheduler; the test ends the workflows."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow.sdk import DAG

from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator
from airflow_argo.sensors.argo import ArgoWorkflowSensor

NO_OP = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Workflow",
    "metadata": {"generateName": "durable-"},
    "spec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {"duration": "0"}}]},
}
again = {"retries": 2, "retry_delay": timedelta(seconds=1)}

with DAG("durable", schedule="@once", start_date=datetime(2026, 1, 1, tzinfo=timezone.utc), catchup=False):
    ArgoSubmitWorkflowOperator(task_id="deferred", manifest=NO_OP, deferrable=True, **again)
    ArgoSubmitWorkflowOperator(task_id="poking", manifest=NO_OP, deferrable=False, **again)
    ArgoSubmitWorkflowOperator(task_id="fails", manifest=NO_OP, deferrable=True)
    ArgoSubmitWorkflowOperator(task_id="killed", manifest=NO_OP, deferrable=True)
    ArgoSubmitWorkflowOperator(task_id="killed_poking", manifest=NO_OP, deferrable=False)
    ArgoWorkflowSensor(task_id="watched", label_selector="airflow-argo.io/task-id=deferred", deferrable=True)
    ArgoWorkflowSensor(
        task_id="looked",
        label_selector="airflow-argo.io/task-id in (fails)",
        mode="reschedule",
        poke_interval=5,
        deferrable=False,
        soft_fail=True,
    )

"""Tasks that wait for workflows in all ways; nobody runs what they submit."""

from __future__ import annotations

from datetime import datetime, timezone

from airflow.sdk import DAG

from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator
from airflow_argo.sensors.argo import ArgoWorkflowSensor

MANIFEST = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Workflow",
    "metadata": {"generateName": "still-"},
    "spec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]},
}

with DAG("still", schedule="@once", start_date=datetime(2026, 1, 1, tzinfo=timezone.utc), catchup=False):
    for name, deferrable in (("worker", False), ("triggerer", True)):
        ArgoSubmitWorkflowOperator(task_id=name, manifest=MANIFEST, deferrable=deferrable)
    for name, options in {
        "poke": {"mode": "poke"},
        "reschedule": {"mode": "reschedule"},
        "deferrable": {"deferrable": True},
    }.items():
        ArgoWorkflowSensor(task_id=name, label_selector="batch=still", poke_interval=10, **{"deferrable": False, **options})

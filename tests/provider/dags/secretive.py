"""Secrets in all places where authors may put them."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, task

from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator
from airflow_argo.sensors.argo import ArgoWorkflowSensor


def shell(**container):
    main = {"name": "main", "container": {"image": "lab/task:1", "command": ["sh", "-c", "true"], **container}}
    meta = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"generateName": "secretive-"}}
    return {**meta, "spec": {"entrypoint": "main", "arguments": {"parameters": [{"name": "word"}]}, "templates": [main]}}


PASSWORD, TOKEN = "{{ conn.other.password }}", "{{ var.value.api_token }}"
FROM_SECRET = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "api", "key": "token", "optional": True}}}

with DAG("secretive") as secretive:
    ArgoSubmitWorkflowOperator(task_id="parameter", manifest=shell(), parameters={"word": PASSWORD})
    ArgoSubmitWorkflowOperator(task_id="env", manifest=shell(env=[{"name": "TOKEN", "value": TOKEN}]), parameters={"word": "x"})
    ArgoSubmitWorkflowOperator(task_id="label", manifest=shell(), parameters={"word": "x"}, labels={"token": TOKEN})
    reads = ArgoSubmitWorkflowOperator(
        task_id="reads", manifest=shell(env=[FROM_SECRET]), parameters={"word": "x"}, deferrable=True
    )
    reads >> ArgoWorkflowSensor(task_id="waits", label_selector="airflow-argo.io/task-id=reads", deferrable=True)

    @task.argo(image="lab/task:1")
    def function(word):
        return len(word)

    function(PASSWORD)

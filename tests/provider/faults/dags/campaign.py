"""`COUNT` waits for workflows without pods, in each way to wait. `conf.connection`: the id of the connection."""

from __future__ import annotations

import os
from datetime import timedelta

from airflow.sdk import DAG

from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator

COUNT = int(os.environ.get("CAMPAIGN_COUNT", "1"))


def manifest(seconds, ttl):
    """It gives back the number that it got."""
    number = {"name": "n", "globalName": "n", "valueFrom": {"expression": "inputs.parameters.n"}}
    main = {
        "name": "main",
        "inputs": {"parameters": [{"name": "n"}]},
        "steps": [[{"name": "rest", "template": "rest"}]],
        "outputs": {"parameters": [number]},
    }
    spec = {
        "entrypoint": "main",
        "arguments": {"parameters": [{"name": "n"}]},
        "templates": [main, {"name": "rest", "suspend": {"duration": str(seconds)}}],
        **({} if ttl is None else {"ttlStrategy": {"secondsAfterCompletion": ttl}}),
    }
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"generateName": "c-"}, "spec": spec}


def campaign(dag_id, count, *, deferrable, seconds=6, ttl=None):
    with DAG(dag_id, schedule=None, max_active_tasks=200, max_active_runs=20) as dag:
        ArgoSubmitWorkflowOperator.partial(
            task_id="work",
            manifest=manifest(seconds, ttl),
            argo_conn_id="{{ dag_run.conf.get('connection', 'argo_default') }}",
            deferrable=deferrable,
            timeout=900,
            retries=5,
            retry_delay=timedelta(seconds=1),
        ).expand(parameters=[{"n": number} for number in range(count)])
    return dag


for mode in ("poking", "deferred"):
    deferrable = mode == "deferred"
    globals()[f"slow_{mode}"] = campaign(f"slow_{mode}", COUNT, deferrable=deferrable, seconds=20)
    globals()[f"half_{mode}"] = campaign(f"half_{mode}", (COUNT + 1) // 2, deferrable=deferrable)
    globals()[f"ttl_{mode}"] = campaign(f"ttl_{mode}", (COUNT + 1) // 2, deferrable=deferrable, seconds=15, ttl=0)

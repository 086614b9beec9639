"""`@task.argo`: the function that runs in the pod of a workflow of its own is a step of this one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from airflow_argo.diagnostics import Severity
from airflow_argo.model.jobs import Job, PythonCall
from airflow_argo.model.values import Constant
from airflow_argo.translator.context import TaskContext, WantsAirflow
from airflow_argo.translator.operators.python import call_in
from airflow_argo.translator.pods import more_of_pod
from airflow_argo.translator.registry import translates

_CONNECTION = "argo_default"
"""Source: ArgoHook.default_conn_name."""


@translates("airflow_argo.decorators.argo.ArgoDecoratedOperator")
def argo_task(task: Any, ctx: TaskContext) -> Job:
    """A call of the function in the pod that the decorator describes. Source: ArgoDecoratedOperator._as_workflow."""
    if not task.wait_for_completion:
        raise WantsAirflow("it doesn't wait for its function")
    if task.argo_conn_id != _CONNECTION or task.namespace not in (None, ctx.settings["namespace"]):
        found = "its pod is to run elsewhere, and runs where the workflow does: its connection or namespace says so"
        ctx.report("AA229", found, "submit the workflow there", Severity.WARNING)
    pod = more_of_pod(ctx.settings_of_described_pod(), task.pod, task.template)
    call = call_in(task.image or ctx.settings.required("image"), task, ctx, pod)
    if not isinstance(call, PythonCall):
        return call
    facts = call.facts.value
    return replace(call, facts=Constant.of({**facts, "task": {**facts["task"], "alone": True}}))

"""What a cluster gets, without sending it: manifests of workflows and DAGs, as dicts or as YAML."""

from __future__ import annotations

from typing import Any, Literal

from airflow_argo.diagnostics import InputError

Kind = Literal["Workflow", "WorkflowTemplate", "CronWorkflow"]


def to_manifest(source: Any, *, kind: Kind | None = None) -> dict[str, Any]:
    """The manifest of a workflow.

    Args:
        source: a Workflow, or an Airflow DAG.
        kind: by default a CronWorkflow if it has a schedule, else a Workflow.
    Raises:
        AirflowArgoError: it can't be compiled or translated, has no schedule for a CronWorkflow, or is neither.
    """
    from airflow_argo.runners.sources import runnable

    compiled = runnable(source).compiled
    if compiled is None:
        raise InputError(f"{type(source).__name__} is nothing to compile", "give a Workflow or an Airflow DAG")
    kind = kind or ("CronWorkflow" if compiled.workflow.schedule else "Workflow")
    return {"Workflow": compiled.manifest, "WorkflowTemplate": compiled.template, "CronWorkflow": compiled.cron}[kind]()


def to_yaml(source: Any, *, kind: Kind | None = None) -> str:
    """The manifest of a workflow as YAML text, for `kubectl create -f` or `argo submit`: see `to_manifest`."""
    from airflow_argo.compiler.yaml import to_yaml as dump

    return dump([to_manifest(source, kind=kind)])

"""Tasks that stay in Airflow's schedule, grid and alerts, and run as one Argo workflow: `offload(dag)` and `ArgoTaskGroup`.

dag, task_group: the ways to say so. moved: what becomes of the tasks. part: what becomes of them when they are submitted.
shown, steps: the task that shows a step of the workflow. edges: those drawn later. outcomes: how a step has ended.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_argo.offload.dag import offload as offload
    from airflow_argo.offload.task_group import ArgoTaskGroup as ArgoTaskGroup
    from airflow_argo.offload.task_group import argo_task_group as argo_task_group

_HOME = {
    "ArgoTaskGroup": "airflow_argo.offload.task_group",
    "argo_task_group": "airflow_argo.offload.task_group",
    "offload": "airflow_argo.offload.dag",
}

__all__ = ["ArgoTaskGroup", "argo_task_group", "offload"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value

"""Tasks that stay in Airflow's schedule, grid and alerts, and run as one Argo workflow: `offload(dag)` and `ArgoTaskGroup`.

moved: what becomes of the tasks. task_group, dag: the two ways to say so. steps: the task that shows a step of the workflow.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_argo.offload.dag import offload as offload
    from airflow_argo.offload.task_group import ArgoTaskGroup as ArgoTaskGroup

_HOME = {"offload": "airflow_argo.offload.dag", "ArgoTaskGroup": "airflow_argo.offload.task_group"}

__all__ = ["ArgoTaskGroup", "offload"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value

"""In a pod a DAG file means its tasks as they were written: what moves them into a workflow does nothing there."""

from __future__ import annotations

import sys
import types
from typing import Any, Callable, Dict, Optional


def leave_tasks_in_place() -> None:
    """Puts stand-ins where `offload`, `ArgoTaskGroup` and `argo_task_group` come from, even without airflow-argo."""
    try:
        from airflow.sdk import TaskGroup, task_group
    except ImportError:  # Airflow 2
        from airflow.decorators import task_group
        from airflow.utils.task_group import TaskGroup

    class ArgoTaskGroup(TaskGroup):  # type: ignore[misc] # Airflow's classes are Any to mypy
        """A task group, and nothing more."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **_for_any_group(kwargs))

    def argo_task_group(function: Optional[Callable[..., Any]] = None, **settings: Any) -> Any:
        decorator = task_group(**_for_any_group(settings))
        return decorator if function is None else decorator(function)

    module = types.ModuleType("airflow_argo.offload")
    module.ArgoTaskGroup, module.argo_task_group = ArgoTaskGroup, argo_task_group  # type: ignore[attr-defined]
    module.offload = lambda dag, **_: dag  # type: ignore[attr-defined]
    sys.modules["airflow_argo.offload"] = module


def _for_any_group(settings: Dict[str, Any]) -> Dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in ("show_steps", "strict", "argo")}

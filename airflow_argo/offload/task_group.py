"""ArgoTaskGroup: a TaskGroup whose tasks run as one Argo workflow."""

from __future__ import annotations

from typing import Any

from airflow_argo._compat import TaskGroup
from airflow_argo.offload.moved import move


class ArgoTaskGroup(TaskGroup):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """A drop-in for TaskGroup: its tasks run as one workflow, and are shown as they go; see `offload.moved`.

    with ArgoTaskGroup("load", argo={"argo_conn_id": "argo"}):
        extract() >> load()

    Tasks in it may pull XComs of each other; values from outside reach them as params or through the run's conf. Outside of it
    their XComs are there as ever. To run again what failed, clear the group.

    Args:
        group_id: as TaskGroup has it, and so are all others.
        show_steps: a task in the grid for each step; else one task for all.
        argo: arguments of ArgoSubmitWorkflowOperator.
    """

    def __init__(self, group_id: str, *args: Any, show_steps: bool = True, argo: Any = None, **kwargs: Any) -> None:
        super().__init__(group_id, *args, **kwargs)
        self._show_steps, self._argo = show_steps, dict(argo or {})

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        """The tasks are written: move them."""
        super().__exit__(kind, error, trace)
        if kind is None:
            move(self.dag, self, show_steps=self._show_steps, **self._argo)

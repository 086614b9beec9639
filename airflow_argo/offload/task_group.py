"""ArgoTaskGroup: a TaskGroup whose tasks run as one Argo workflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from airflow_argo._compat import TaskGroup
from airflow_argo.offload.moved import move
from airflow_argo.offload.part import PartOfDag


class ArgoTaskGroup(TaskGroup):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """A drop-in for TaskGroup: its tasks run as one workflow, and are shown as they go; see `offload.moved`.

    with ArgoTaskGroup("load", argo={"argo_conn_id": "argo"}):
        extract() >> load()

    Edges and XComs go in and out as with any group. To run again what failed, clear the failed task, or the group.

    Args:
        group_id: as TaskGroup has it, and so are all others.
        show_steps: a task in the grid for each step; else one task for all.
        strict: whatever can't be carried over is an error when the workflow is submitted; else the task's log says so.
        argo: arguments of ArgoSubmitWorkflowOperator.
    """

    def __init__(
        self, *args: Any, show_steps: bool = True, strict: bool = False, argo: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._show_steps, self._strict, self._argo = show_steps, strict, dict(argo or {})
        self._part: PartOfDag | None = None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        """The tasks are written: move them."""
        super().__exit__(kind, error, trace)
        if kind is None:
            submit = move(self.dag, self, show_steps=self._show_steps, strict=self._strict, **self._argo)
            self._part = submit.workflow

    def get_roots(self) -> Iterator[Any]:
        """The tasks that the group begins with; the one that submits them follows by itself, or stands for them."""
        if self._part is None:
            yield from super().get_roots()
        elif self._part.show_steps:
            yield from self._part.roots()
        else:
            yield self._part.first()

    def get_leaves(self) -> Iterator[Any]:
        """The tasks that it ends with."""
        if self._part is not None and not self._part.show_steps:
            yield self._part.task(self._part.submit_id)
            return
        around = () if self._part is None else self._part.around()
        yield from (task for task in super().get_leaves() if task.task_id not in around)


def argo_task_group(function: Callable[..., Any] | None = None, /, *, group_id: str | None = None, **settings: Any) -> Any:
    """`@argo_task_group`: a function whose tasks are an ArgoTaskGroup, as Airflow's `@task_group` makes a TaskGroup.

    Args:
        function: calls the tasks; what it returns is returned.
        group_id: by default the function's name.
        settings: further arguments of ArgoTaskGroup.
    """

    def decorated(body: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(body)
        def called(*args: Any, **kwargs: Any) -> Any:
            named = {"group_id": group_id or body.__name__, "add_suffix_on_collision": True, **settings}
            with ArgoTaskGroup(**named) as group:
                result = body(*args, **kwargs)
            return group if result is None else result

        return called

    return decorated if function is None else decorated(function)

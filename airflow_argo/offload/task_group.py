"""ArgoTaskGroup: a TaskGroup whose tasks run as one Argo workflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import update_wrapper
from typing import Any, Final

from airflow_argo._compat import TaskGroup, task_group
from airflow_argo.diagnostics import InputError, Origin
from airflow_argo.offload.around import NotCounted
from airflow_argo.offload.moved import move
from airflow_argo.offload.part import PartOfDag

_OURS: Final = frozenset({"show_steps", "strict", "argo"})
"""The arguments of ArgoTaskGroup that TaskGroup hasn't."""


class ArgoTaskGroup(TaskGroup):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """A drop-in for TaskGroup: its tasks run as one workflow, and are shown as they go; see `offload.moved`.

    with ArgoTaskGroup("load", argo={"argo_conn_id": "argo"}):
        extract() >> load()

    Edges and XComs go in and out as with any group. To run again what failed, clear the failed task, or the group.

    Args:
        group_id: as TaskGroup has it, and so are all others.
        show_steps: a task in the grid for each step; else one task for all.
        strict: whatever can't be carried over is an error when the workflow is submitted; else the task's log says so.
        argo: a dict with arguments of ArgoSubmitWorkflowOperator.
    """

    def __init__(self, *args: Any, show_steps: bool = True, strict: bool = False, argo: Any = None, **kwargs: Any) -> None:
        self._is_open = False
        super().__init__(*args, **kwargs)
        if not isinstance(argo, Mapping | None):
            found = f"the group '{self.group_id}' has argo={argo!r}, which is no dict"
            raise InputError(found, "give arguments of ArgoSubmitWorkflowOperator: argo={'argo_conn_id': …}", _place(self))
        self._show_steps, self._strict, self._argo = show_steps, strict, dict(argo or {})
        self._part: PartOfDag | None = None

    def add(self, task: Any) -> Any:
        """A task or group that is written in this one.

        Raises:
            InputError: it isn't written within `with`, so that it would run beside the workflow, and not in it.
        """
        if not self._is_open and not isinstance(task, NotCounted):
            found = f"'{task.node_id}' is put into the group '{self.group_id}' outside of its `with`"
            raise InputError(found, f"write it below `with {type(self).__name__}(…):`", _place(self))
        return super().add(task)

    def __enter__(self) -> Any:
        """The tasks follow."""
        self._is_open = True
        return super().__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        """The tasks are written: move them."""
        super().__exit__(kind, error, trace)
        self._is_open = False
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

    def decorated(body: Callable[..., Any]) -> ArgoTaskGroupFactory:
        return ArgoTaskGroupFactory(body, {"group_id": group_id or body.__name__, **settings})

    return decorated if function is None else decorated(function)


class ArgoTaskGroupFactory:
    """A function that `@argo_task_group` has decorated: each call makes a group, `expand` one with instances.

    Attributes:
        function: as the author wrote it.
        settings: arguments of ArgoTaskGroup.
        given: arguments of the function that all instances have.
    """

    def __init__(
        self, function: Callable[..., Any], settings: Mapping[str, Any], given: Mapping[str, Any] | None = None
    ) -> None:
        self.function, self.settings, self.given = function, dict(settings), dict(given or {})
        update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function returns, or the group."""
        tooltip = {"tooltip": self.function.__doc__} if self.function.__doc__ else {}
        with ArgoTaskGroup(**{"add_suffix_on_collision": True, **tooltip, **self.settings}) as group:
            result = self.function(*args, **kwargs)
        return group if result is None else result

    def override(self, **settings: Any) -> ArgoTaskGroupFactory:
        """The same with other arguments of ArgoTaskGroup."""
        return ArgoTaskGroupFactory(self.function, {**self.settings, **settings}, self.given)

    def partial(self, **given: Any) -> ArgoTaskGroupFactory:
        """The same with some of the function's arguments, for `expand`."""
        return ArgoTaskGroupFactory(self.function, self.settings, {**self.given, **given})

    def expand(self, **kwargs: Any) -> Any:
        """The function's tasks once for each value, all of them in one workflow. As Airflow's `@task_group` has it."""
        return self._mapped(lambda factory: factory.expand(**kwargs))

    def expand_kwargs(self, kwargs: Any) -> Any:
        """Likewise, over dicts of arguments."""
        return self._mapped(lambda factory: factory.expand_kwargs(kwargs))

    def _mapped(self, expand: Callable[[Any], Any]) -> Any:
        """A mapped group of Airflow's, in a group of ours that leaves ids as they are: all instances are one workflow."""
        ours = {name: value for name, value in self.settings.items() if name in _OURS}
        theirs = {name: value for name, value in self.settings.items() if name not in _OURS}
        around: dict[str, Any] = {name: theirs.pop(name) for name in ("dag", "parent_group") if name in theirs}
        around |= {"group_id": f"{theirs['group_id']}_argo", "prefix_group_id": False, "add_suffix_on_collision": True}
        with ArgoTaskGroup(**around, **ours):
            factory = task_group(**theirs)(self.function)
            return expand(factory.partial(**self.given) if self.given else factory)


def _place(group: Any) -> Origin | None:
    return Origin(str(group.dag.fileloc)) if group.dag else None

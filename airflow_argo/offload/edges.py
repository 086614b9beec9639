"""Edges that are drawn after tasks have been moved: whatever comes before one of them comes before the submission too.

Authors draw edges in many ways, before and after a group is closed, from tasks and from groups; all of them end in the sets of
ids that each task has. These sets stand in for those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_argo._compat import AIRFLOW_3, SkipMixin
from airflow_argo.translator.airflow_names import is_mapped, operator_class_of

if TYPE_CHECKING:
    from airflow_argo.offload.part import PartOfDag


class IdsOfTask(set[str]):
    """The ids upstream or downstream of a task that has to do with a workflow."""

    def __init__(self, ids: set[str], task_id: str, part: PartOfDag) -> None:
        super().__init__(ids)
        self.task_id, self.part = task_id, part

    def __reduce__(self) -> Any:
        """A copy is a plain set: it is of a task that won't get edges any more."""
        return (set, (list(self),))

    def __deepcopy__(self, memo: Any) -> set[str]:
        return set(self)


class UpstreamIds(IdsOfTask):
    """The ids upstream of a task that shows a step."""

    def add(self, element: str) -> None:
        """An edge from a task to this one."""
        super().add(element)
        if not self.part.is_own(element):
            self.part.comes_after(element)
            self.part.unbind(self.task_id)


class SubmissionsUpstreamIds(IdsOfTask):
    """The ids upstream of the submission, or of `ready`: an edge to it is one to all tasks that the part begins with."""

    def add(self, element: str) -> None:
        """An edge from a task to the submission."""
        if self.part.is_own(element):
            set.add(self, element)
            return
        self.part.task(element).downstream_task_ids.discard(self.task_id)
        for root in self.part.roots():
            self.part.task(element).set_downstream(root)

    def connect(self, element: str) -> None:
        """An edge that is the submission's alone."""
        set.add(self, element)
        self.part.task(element).downstream_task_ids.add(self.task_id)

    def disconnect(self, element: str) -> None:
        """Take that off again."""
        self.discard(element)
        self.part.task(element).downstream_task_ids.discard(self.task_id)


def decides(task: Any) -> bool:
    """Whether a task may skip those directly after it, whatever their trigger rules say."""
    return issubclass(operator_class_of(task), SkipMixin)


def hide(task: Any, ready_id: str) -> None:
    """Draw an edge to `ready` from a task that decides, and neither knows of it nor skips it.

    LatestOnlyOperator returns the ids of those after it; what skips any returns nothing (Airflow 3: DownstreamTasksSkipped).
    """
    task.downstream_task_ids.add(ready_id)
    if is_mapped(task):
        return
    known = vars(task).get("get_direct_relative_ids")
    hidden = {ready_id} | (known.hidden if isinstance(known, _DirectRelativeIds) else set())
    object.__setattr__(task, "get_direct_relative_ids", _DirectRelativeIds(task, hidden))
    if AIRFLOW_3:
        object.__setattr__(task, "_set_state_to_skipped", _SetStateToSkipped(task, hidden))
        object.__setattr__(task, "skip_all_except", _SkipAllExcept(task, hidden))


class _Hiding:
    """Stands for a method of a task. An object, so that a deep copy of the task has one of its own."""

    def __init__(self, task: Any, hidden: set[str]) -> None:
        self.task, self.hidden = task, hidden


class _DirectRelativeIds(_Hiding):
    def __call__(self, upstream: bool = False) -> set[str]:
        ids: set[str] = type(self.task).get_direct_relative_ids(self.task, upstream)
        return ids if upstream else ids - self.hidden


class _SkipAllExcept(_Hiding):
    def __call__(self, ti: Any, branch_task_ids: Any) -> None:
        """As SkipMixin's. The scheduler skips whom a branch doesn't say that it has chosen."""
        type(self.task).skip_all_except(self.task, _Choosing(ti, self.hidden), branch_task_ids)


class _Choosing:
    """A task instance that says of a branch that it has chosen `ready` too."""

    def __init__(self, ti: Any, ready: set[str]) -> None:
        self._ti, self._ready = ti, ready

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ti, name)

    def xcom_push(self, key: str, value: Any) -> None:
        """As the task instance's."""
        chosen = {"followed": [*value["followed"], *sorted(self._ready - set(value["followed"]))]}
        self._ti.xcom_push(key=key, value=value | chosen)


class _SetStateToSkipped(_Hiding):
    def __call__(self, tasks: Any, *where: Any) -> None:
        """As SkipMixin's; a task is an id, or one with a map index."""
        left = [one for one in tasks if (one if isinstance(one, str) else one[0]) not in self.hidden]
        type(self.task)._set_state_to_skipped(left, *where)  # noqa: SLF001 - what it stands for

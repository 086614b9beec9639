"""Edges that are drawn after tasks have been moved: whatever comes before one of them comes before the submission too.

Authors draw edges in many ways, before and after a group is closed, from tasks and from groups; all of them end in the sets of
ids that each task has. These sets stand in for those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_argo._compat import SkipMixin
from airflow_argo.translator.airflow_names import is_mapped, operator_class_of

if TYPE_CHECKING:
    from airflow_argo.offload.part import PartOfDag


class UpstreamIds(set[str]):
    """The ids upstream of a task that shows a step."""

    def __init__(self, ids: set[str], task_id: str, part: PartOfDag) -> None:
        super().__init__(ids)
        self.task_id, self.part = task_id, part

    def add(self, element: str) -> None:
        """An edge from a task to this one."""
        super().add(element)
        if not self.part.is_own(element):
            self.part.comes_after(element)
            self.part.unbind(self.task_id)

    def __reduce__(self) -> Any:
        """A copy is a plain set: it is of a task that won't get edges any more."""
        return (set, (list(self),))

    def __deepcopy__(self, memo: Any) -> set[str]:
        return set(self)


class SubmissionsUpstreamIds(UpstreamIds):
    """The ids upstream of the submission: an edge to it is one to all tasks that the part begins with."""

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
    """Draw an edge to `ready` from a task that decides, and doesn't know of it: LatestOnlyOperator returns those after it."""
    task.downstream_task_ids.add(ready_id)
    if is_mapped(task):
        return
    known = vars(task).get("get_direct_relative_ids")
    hidden = known.hidden if isinstance(known, _RelativesThatAuthorsKnow) else frozenset()
    object.__setattr__(task, "get_direct_relative_ids", _RelativesThatAuthorsKnow(task, hidden | {ready_id}))


class _RelativesThatAuthorsKnow:
    """A task's `get_direct_relative_ids`. An object, so that a deep copy of the task has one of its own."""

    def __init__(self, task: Any, hidden: frozenset[str]) -> None:
        self.task, self.hidden = task, hidden

    def __call__(self, upstream: bool = False) -> set[str]:
        ids: set[str] = type(self.task).get_direct_relative_ids(self.task, upstream)
        return ids if upstream else ids - self.hidden

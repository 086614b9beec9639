"""Ids that are members of an author's enum, or of another kind of text: Airflow keeps them in its database as plain texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airflow_argo.translator.airflow_names import is_mapped

_NAMES = ("pool", "queue", "owner")


def make_ids_plain(dag: Any) -> None:
    """Puts the text that it is in the place of each id of a DAG, its tasks and groups, and of the names of pools and queues."""
    if type(dag.dag_id) is not str:
        dag.dag_id = plain(dag.dag_id)
    changed = [*map(_make_task_plain, dag.tasks), *map(_make_group_plain, _groups_of(dag))]
    if any(changed):
        for ids in _ids_in(dag):
            if isinstance(ids, set):
                found: Any = {plain(one) for one in ids}
            else:
                found = {plain(key): value for key, value in ids.items()}
            ids.clear()
            ids.update(found)


def plain(value: Any) -> Any:
    """A text as nothing but a text, whatever `str()` would say of it; all else as it is."""
    return str.__str__(value) if isinstance(value, str) else value


def _make_task_plain(task: Any) -> bool:
    """Whether the task's own id wasn't plain."""
    fields = task.partial_kwargs if is_mapped(task) else vars(task)
    for name in _NAMES:
        if isinstance(fields.get(name), str):
            fields[name] = plain(fields[name])
    was_plain = type(task.task_id) is str
    if not was_plain:
        object.__setattr__(
            task, "task_id", plain(task.task_id)
        )  # an operator's own refuses changes, or tells its XComs of them
    return not was_plain


def _make_group_plain(group: Any) -> bool:
    own = group._group_id  # noqa: SLF001 - `group_id` is made of it, and of those of the groups around it
    was_plain = own is None or type(own) is str
    if not was_plain:
        group._group_id = plain(own)  # noqa: SLF001 - as above
    return not was_plain


def _groups_of(dag: Any) -> list[Any]:
    return list(dag.task_group.get_task_group_dict().values())


def _ids_in(dag: Any) -> Iterator[Any]:
    """Sets of ids, and maps whose keys are ids."""
    yield dag.task_dict
    for node in (*dag.tasks, *_groups_of(dag)):
        for name in ("upstream_task_ids", "downstream_task_ids", "children"):
            if hasattr(node, name):
                yield getattr(node, name)

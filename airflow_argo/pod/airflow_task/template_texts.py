"""The texts in a task's template fields, changed: today's names, where the DAG file makes templates with old ones."""

from __future__ import annotations

from typing import Any, Callable

Change = Callable[[str], str]


def change_texts(task: Any, change: Change) -> None:
    """Changes all texts in the template fields of a task; of a mapped one in those that all its instances have."""
    for field in task.template_fields:
        if hasattr(task, "partial_kwargs"):
            if field in task.partial_kwargs:
                task.partial_kwargs[field] = _changed(task.partial_kwargs[field], change)
        elif hasattr(task, field):
            value = getattr(task, field)
            new = _changed(value, change)
            if new != value:
                setattr(task, field, new)


def _changed(value: Any, change: Change) -> Any:
    if isinstance(value, str):
        return change(value)
    if type(value) in (list, tuple):
        return type(value)(_changed(part, change) for part in value)
    return {key: _changed(part, change) for key, part in value.items()} if type(value) is dict else value

"""Tasks as they were written: copies that go into the workflow, while the tasks themselves become what shows their steps."""

from __future__ import annotations

import copy
from typing import Any, Final

from airflow_argo.translator.airflow_names import is_mapped

CALLBACKS: Final = ("on_execute_callback", "on_failure_callback", "on_success_callback", "on_skipped_callback")

_BY_AIRFLOW: Final = (*CALLBACKS, "outlets", "inlets", "email_on_failure")
"""What Airflow does around a task, so that the workflow must not do it once more."""


def copied(task: Any) -> Any:
    """A copy of a task, with edges of its own."""
    if is_mapped(task):
        made = copy.copy(task)
    else:
        made = object.__new__(type(task))
        vars(made).update(vars(task))
    return placed(made, task.upstream_task_ids, task.downstream_task_ids)


def placed(task: Any, upstream: Any, downstream: Any, dag: Any = None) -> Any:
    """The task, with these ids before and after it, in this DAG. Airflow itself never moves a task from one to another."""
    object.__setattr__(task, "upstream_task_ids", set(upstream))
    object.__setattr__(task, "downstream_task_ids", set(downstream))
    if dag is not None:
        kept_as = "_dag" if hasattr(type(task), "_dag") or "_dag" in getattr(task, "__dict__", {}) else "dag"
        object.__setattr__(task, kept_as, dag)
    return task


def without_surroundings(task: Any) -> Any:
    """A copy of a task, without what Airflow does for the task that shows its step."""
    made = copied(task)
    if is_mapped(task):
        kept = {name: value for name, value in task.partial_kwargs.items() if name not in _BY_AIRFLOW}
        object.__setattr__(made, "partial_kwargs", kept)
        return made
    for name in _BY_AIRFLOW:
        if getattr(made, name, None):
            object.__setattr__(made, name, False if name.startswith("email") else type(getattr(made, name))())
    return made

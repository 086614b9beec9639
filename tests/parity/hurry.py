"""A DAG with less waiting in it, the same for both sides: what is waited for stays, how long doesn't."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

LONGEST = timedelta(seconds=1)


def hurried(dag: Any) -> Any:
    """The DAG, changed: no longer than a second between two tries."""
    for task in dag.tasks:
        of = task.partial_kwargs if task.is_mapped else vars(task)
        for name in ("retry_delay", "max_retry_delay"):
            if isinstance(of.get(name), timedelta):
                of[name] = min(of[name], LONGEST)
        rules = getattr(getattr(task, "retry_policy", None), "rules", ())
        for rule in rules:
            if rule.retry_delay is not None:
                object.__setattr__(rule, "retry_delay", min(rule.retry_delay, LONGEST))
    return dag

"""Options that have a few words to choose among: a typo is said where it is made, not when a task waits for ever."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

from airflow_argo.diagnostics import InputError

PHASES = ("", "Pending", "Running", "Succeeded", "Failed", "Error")
"""What a workflow's phase may be; "" is: no controller has seen it."""


def check_option(task_id: str, name: str, value: Any, allowed: Collection[str]) -> None:
    """Check the value of an argument of a task.

    Raises:
        InputError: it is none of those that there are.
    """
    if value in allowed:
        return
    near = get_close_matches(str(value), [one for one in allowed if one], 1) or [
        one for one in allowed if one.lower() == str(value).lower()
    ]
    cure = f"did you mean '{near[0]}'?" if near else "use one of: " + ", ".join(repr(one) for one in allowed)
    raise InputError(f"task '{task_id}' has {name}={value!r}", cure)

"""Options of tasks: a typo or a wrong type is said where it is made, not when a task runs, or waits for ever."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
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


def seconds_of(task_id: str, name: str, value: Any) -> float:
    """The seconds of an argument of a task that is a time: these, or a timedelta.

    Raises:
        InputError: it is neither, or isn't positive.
    """
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
        raise InputError(f"task '{task_id}' has {name}={value!r}", "give seconds as a number, or a timedelta, more than 0")
    return float(seconds)

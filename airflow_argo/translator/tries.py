"""Retries and times of a task: how many tries, how long between them, how long each may take."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from airflow_argo.diagnostics import Severity
from airflow_argo.model.jobs import Backoff, Retry
from airflow_argo.translator.context import TaskContext

FINAL_EXIT_CODE = 100
"""What `airflow_argo.pod` exits with where Airflow would not try again."""


def retry_of(task: Any, ctx: TaskContext, *, reports: bool) -> Retry | None:
    """The retries of a task; None if it has one try. Source: BaseOperator, TaskInstance.next_retry_datetime.

    Args:
        reports: the job's pod tells failures that must not be tried again by an exit code of their own.
    """
    if not task.retries:
        return None
    if getattr(task, "retry_policy", None) is not None:
        found = "retry_policy decides whether there is another try, and its delays are not carried over"
        ctx.report("AA217", found, "retry_delay is used", Severity.WARNING)
    final = (FINAL_EXIT_CODE,) if reports else ()
    return Retry(int(task.retries), "any", _backoff(task, ctx), final)


def _backoff(task: Any, ctx: TaskContext) -> Backoff | None:
    delay = _seconds(task.retry_delay)
    exponential = task.retry_exponential_backoff
    factor = 2.0 if exponential is True else float(exponential or 1)
    cap = _seconds(task.max_retry_delay) if task.max_retry_delay is not None else None
    if factor != int(factor):
        ctx.report(
            "AA217",
            f"retry_exponential_backoff is {factor:g}, and Argo multiplies by whole numbers",
            f"it is {math.ceil(factor)} here",
            Severity.WARNING,
        )
    return Backoff(delay, max(1, math.ceil(factor)), cap if factor > 1 else None) if delay else None


def timeout_of(task: Any) -> int | None:
    """The seconds that each try may take."""
    return None if task.execution_timeout is None else max(1, _seconds(task.execution_timeout))


def _seconds(given: Any) -> int:
    """Whole seconds of a timedelta or a number; a part of a second counts as one."""
    return math.ceil(given.total_seconds() if isinstance(given, timedelta) else float(given))

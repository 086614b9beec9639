"""Retries and times of a task: how many tries, how long between them, how long each may take."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

from airflow_argo.diagnostics import Severity
from airflow_argo.model.jobs import Backoff, Retry
from airflow_argo.translator.context import TaskContext

FINAL_EXIT_CODE = 100
"""What `airflow_argo.pod` exits with where Airflow would not try again."""

LONGEST_DELAY = 24 * 60 * 60
"""Seconds that a growing delay never exceeds. Source: MAX_RETRY_DELAY of Airflow's abstractoperator."""

START_SECONDS = 5 * 60
"""What a pod has for its start, beside the time of the try: to find a node, and to pull its image."""

_POLICY_BY_RULES = "airflow.sdk.definitions.retry_policy.ExceptionRetryPolicy"
"""The one policy of which it is known before it runs what it may decide."""


def retry_of(task: Any, ctx: TaskContext, *, reports: bool) -> Retry | None:
    """The retries of a task; None if it has one try. Source: BaseOperator, TaskInstance.next_retry_datetime.

    Args:
        reports: the job's pod tells failures that must not be tried again by an exit code of their own.
    """
    if not task.retries or task.retries < 0:
        return None
    least = least_wait(task)
    if least is not None:
        found = "its pod waits until the time that retry_policy sets for the next try"
        ctx.report("AA217", found, "nothing, if pods may wait", Severity.NOTE)
    backoff = _backoff(task, ctx) if least is None else Backoff(least) if least else None
    final = (FINAL_EXIT_CODE,) if reports else ()
    return Retry(int(task.retries), "any", backoff, final)


def least_wait(task: Any) -> float | None:
    """The seconds that Argo waits where a retry_policy sets the times between tries, and pods wait for the rest.

    None if none does: the task has no other try, or no policy that sets times.
    """
    policy = getattr(task, "retry_policy", None)
    if policy is None or not task.retries or task.retries < 0:
        return None
    if f"{type(policy).__module__}.{type(policy).__name__}" != _POLICY_BY_RULES:
        return 0
    given = [rule.retry_delay for rule in policy.rules if rule.action.value == "retry"]
    delays = [_seconds(delay) for delay in given if delay is not None]
    if not delays or _factor(task) != 1:
        return 0 if delays else None
    return max(0, min(*delays, _seconds(task.retry_delay)))


def _backoff(task: Any, ctx: TaskContext) -> Backoff | None:
    """The time between tries. Airflow adds to an exponential one less than its own length, by chance; here nothing is added."""
    delay, factor = _seconds(task.retry_delay), _factor(task)
    if factor == 1:
        return Backoff(delay) if delay > 0 else None
    if delay <= 0:
        return Backoff(1)  # Airflow multiplies no less than a second
    given = None if not task.max_retry_delay else _seconds(task.max_retry_delay)
    longest = min(LONGEST_DELAY, given or LONGEST_DELAY)
    durations = dict.fromkeys((_whole(math.ceil(delay)), delay))
    choices = [Backoff(seconds, whole) for whole in _whole_factors(factor) for seconds in durations]
    exact = [one for one in choices if _is_in_range(one, delay, factor, longest, int(task.retries))]
    if not exact:
        _report_factor(factor, choices[0], ctx)
    chosen = (exact or choices)[0]
    reaches = chosen.seconds * float(chosen.factor) ** min(int(task.retries) - 1, 64) > longest
    return replace(chosen, cap_seconds=longest if given or reaches else None)


def _factor(task: Any) -> float:
    """What the delay is multiplied by after each try. Airflow's scheduler reads True as 2, and 0 and less as no factor."""
    given = task.retry_exponential_backoff
    factor = 2.0 if given is True else float(given or 1)
    return factor if factor > 0 else 1.0


def _whole_factors(factor: float) -> list[int]:
    """The whole numbers around a factor, the one above first: better too few tries than too many."""
    return sorted({math.ceil(factor), max(1, math.floor(factor))}, reverse=True)


def _is_in_range(backoff: Backoff, delay: float, factor: float, longest: float, retries: int) -> bool:
    """Whether each wait could be one of Airflow's, but for its rounding up to seconds.

    Source: TaskInstance.next_retry_datetime: before try n+1 it is from b to 2b - 1 s, b = ceil(delay · factor^(n-1)).
    """
    for n in range(retries):
        least = delay * factor**n
        most = min(2 * math.ceil(least) - 1, longest)
        if not min(least, longest) <= min(backoff.seconds * backoff.factor**n, longest) <= most:
            return False
        if least >= longest and factor > 1:  # so are all that follow
            return True
    return True


def _report_factor(factor: float, chosen: Backoff, ctx: TaskContext) -> None:
    ctx.report(
        "AA217",
        f"retry_exponential_backoff is {factor:g}, and Argo multiplies by whole numbers",
        f"it is {chosen.factor} here",
        Severity.WARNING,
    )


def limit_in_pod(task: Any) -> dict[str, float]:
    """What the pod's program is told of the seconds that a try may take, which count from where the author's code begins."""
    return {"timeout": _seconds(task.execution_timeout)} if task.execution_timeout else {}


def limit_of_pod(task: Any) -> int | None:
    """The seconds after which Argo ends a pod that limits its tries itself: where it doesn't start, or can't be interrupted."""
    timeout = timeout_of(task)
    return None if timeout is None else timeout + START_SECONDS


def timeout_of(task: Any) -> int | None:
    """The seconds that each try may take, a part of a second counted as one; for Airflow, a timeout of 0 is none."""
    return max(1, math.ceil(_seconds(task.execution_timeout))) if task.execution_timeout else None


def _seconds(given: Any) -> float:
    """Seconds of a timedelta or a number, which is an int if it is whole."""
    return _whole(given.total_seconds() if isinstance(given, timedelta) else float(given))


def _whole(seconds: float) -> float:
    return int(seconds) if seconds == int(seconds) else seconds

"""When a wait may end: not at once, and by limits of the server's clock, which a worker sets and a triggerer keeps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from airflow_argo.cluster.clock import ServerClock

_PATIENCE: Final = 60.0
"""Seconds that a server may take to show its clock, before ours is taken."""

SETTLING: Final = 5.0
"""Seconds after the begin of a wait before which a triggerer tells no end."""

_LOOK: Final = 2.0
"""Seconds between looks whether it has."""

Outcome = TypeVar("Outcome")


async def before(
    deadline: float | None, wait: Coroutine[Any, Any, Outcome], clock: Callable[[], ServerClock | None]
) -> Outcome:
    """The outcome of a wait.

    Args:
        deadline: seconds since 1970 by the server's clock; None: there is none.
        wait: is cancelled, and has ended, when this returns.
        clock: the server's, as soon as the wait knows the server.

    Raises:
        TimeoutError: the deadline has passed. Whatever the wait raises.
    """
    waiting = asyncio.ensure_future(wait)
    limit = _Limit(deadline, clock)
    try:
        while not waiting.done():
            await asyncio.wait({waiting}, timeout=limit.pause())
            if not waiting.done() and limit.passed():
                raise TimeoutError
        return waiting.result()
    finally:
        if waiting.cancel():
            await asyncio.wait({waiting})


class _Limit:
    def __init__(self, deadline: float | None, clock: Callable[[], ServerClock | None]) -> None:
        self._deadline, self._clock, self._began = deadline, clock, time.monotonic()

    def pause(self) -> float | None:
        """Seconds until it makes sense to ask again whether the deadline has passed."""
        if self._deadline is None:
            return None
        left = self._left()
        return _LOOK if left is None else max(left, 0.0)

    def passed(self) -> bool:
        left = self._left()
        return left is not None and left <= 0

    def _left(self) -> float | None:
        """None: nobody can say yet."""
        if self._deadline is None:
            return None
        clock = self._clock()
        if clock is not None and clock.known:
            return self._deadline - clock.now()
        return None if time.monotonic() - self._began < _PATIENCE else self._deadline - time.time()


async def settled(trigger: object, began: float) -> None:
    """Let some seconds pass since a wait began, by time.monotonic, if it is a triggerer's.

    Airflow's scheduler fails a task that is queued anew before it has seen that the process that deferred it has ended:
    "Executor reported that the task instance finished with state success, but the task instance's state attribute is queued".
    Source: airflow/jobs/scheduler_job_runner.py, process_executor_events.
    """
    if getattr(trigger, "task_instance", None) is not None:
        await asyncio.sleep(began + SETTLING - time.monotonic())

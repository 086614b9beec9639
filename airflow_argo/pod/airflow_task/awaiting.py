"""Runs the trigger that a deferred task waits for, in the task's pod. Source: airflow.jobs.triggerer_job_runner."""

from __future__ import annotations

import asyncio
from typing import Any, Dict, Optional, Tuple

FAIL = "__fail__"
"""The method that Airflow resumes a task with to make it fail. Source: TRIGGER_FAIL_REPR."""


def event_of(trigger: Any, timeout: Optional[float]) -> Tuple[Any, Dict[str, Any]]:
    """The trigger's first event; or None, and the arguments with which Airflow fails the task.

    Args:
        timeout: seconds.
    """
    try:
        event = asyncio.run(_first_event(trigger, timeout))
    except asyncio.TimeoutError:
        return None, {"error": "Trigger timeout"}
    except Exception:
        import traceback

        return None, {"error": "Trigger failure", "traceback": traceback.format_exc().splitlines()}
    if event is None:
        return None, {"error": "Trigger failure", "traceback": ["the trigger ended without an event"]}
    return event, {}


async def _first_event(trigger: Any, timeout: Optional[float]) -> Any:
    async def first() -> Any:
        async for event in trigger.run():
            return event
        return None

    return await asyncio.wait_for(first(), timeout)

"""Ends that a triggerer gives to workflows whose tasks were killed: they are seen to, however little time Airflow grants."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from airflow_argo._compat import task_state
from airflow_argo.hooks.argo import ArgoHook, KillAction

_endings: Final[set[asyncio.Future[None]]] = set()
"""Those that go on: an event loop keeps weak references only."""


async def seen_to(ending: Coroutine[Any, Any, None]) -> None:
    """Wait for an ending, which goes on if the wait is cancelled: a busy triggerer may need longer than Airflow waits here."""
    begun = asyncio.ensure_future(ending)
    _endings.add(begun)
    begun.add_done_callback(_endings.discard)
    await asyncio.shield(begun)


async def end_workflow(argo_conn_id: str, namespace: str, name: str, action: KillAction, log: Any) -> None:
    """End a workflow. That it can't be done is only logged: nobody waits for that any more."""
    try:
        hook = await ArgoHook.make(argo_conn_id, namespace)
        await asyncio.to_thread(hook.end, name, action)
    except Exception as error:  # noqa: BLE001 - a border: whatever Airflow's client raises
        log.warning("Workflow %s goes on: %s: %s", name, type(error).__name__, error)


async def state_of_instance(trigger: Any) -> str | None:
    """The state of the task instance that a trigger is for; None after a clear.

    Raises whatever Airflow's client raises.
    """
    instance = trigger.task_instance
    where = (instance.dag_id, instance.task_id, instance.run_id, instance.map_index)
    return await asyncio.to_thread(task_state, *where)

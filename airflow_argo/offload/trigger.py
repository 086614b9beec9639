"""ArgoStepTrigger: waits for one step of a workflow. It listens to the watch that all waits share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from airflow_argo._compat import AIRFLOW_3_3, BaseTrigger, TriggerEvent
from airflow_argo.cluster import ClusterError, NotFoundError, Snapshot
from airflow_argo.cluster.clock import ServerClock
from airflow_argo.cluster.watch import Change, Seen, Vanished
from airflow_argo.hooks.argo import ArgoHook, KillAction
from airflow_argo.offload.outcomes import UNMAPPED, StepOutcome, outcome_of
from airflow_argo.triggers.deadline import before, settled
from airflow_argo.triggers.ending import end_workflow, seen_to, state_of_instance
from airflow_argo.triggers.shared_watch import Box, persistently, release_later, shared_watch
from airflow_argo.triggers.standing_still import SharedPods, telling_standstill

KILLED: Final = frozenset({"failed", "skipped", "upstream_failed", "removed"})
"""States that Airflow gives a running task only to end it. A task that is cleared, or marked a success, lets its step go on."""


class ArgoStepTrigger(BaseTrigger):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """Fires when a step of a workflow has ended.

    Args:
        step: its id.
        index: of the instance that is meant, if it has instances.
        name: of the workflow.
        uid: of the workflow.
        namespace: of the workflow.
        argo_conn_id: a connection of type `argo`; looked up in the triggerer.
        deadline: seconds since 1970 by the server's clock, or None: as long as it takes.
        poll_interval: seconds between looks, where watching isn't allowed.
        on_kill_action: what becomes of the workflow when the deferred task is made to fail.

    Event: `status` is done, gone, timeout or error; `message`; if done `outcome`, a StepOutcome's JSON.
    """

    def __init__(
        self,
        step: str,
        name: str,
        uid: str,
        namespace: str,
        argo_conn_id: str = ArgoHook.default_conn_name,
        deadline: float | None = None,
        poll_interval: float = 10.0,
        index: int = UNMAPPED,
        on_kill_action: KillAction = "stop",
    ) -> None:
        super().__init__()
        self.index, self.on_kill_action = index, on_kill_action
        self.step, self.name, self.uid, self.namespace, self.argo_conn_id = step, name, uid, namespace, argo_conn_id
        self.deadline, self.poll_interval = deadline, poll_interval
        self._clock: ServerClock | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """All of it, and no secrets."""
        names = ("step", "index", "name", "uid", "namespace", "argo_conn_id", "deadline", "poll_interval", "on_kill_action")
        return f"{type(self).__module__}.{type(self).__qualname__}", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event."""
        began = time.monotonic()
        try:
            event = await self._event()
        except asyncio.CancelledError:
            if not AIRFLOW_3_3:
                await self._end_if_killed()
            raise
        await settled(self, began)
        yield TriggerEvent(event)

    async def _event(self) -> dict[str, Any]:
        try:
            wait = persistently(self._by_watch, self._by_looks, self.log)
            outcome = await before(self.deadline, wait, lambda: self._clock)
        except (asyncio.TimeoutError, TimeoutError):
            return {"status": "timeout", "message": f"step '{self.step}' of '{self.name}' is not over in time"}
        except NotFoundError as error:
            return {"status": "gone", "message": str(error)}
        except ClusterError as error:
            return {"status": "error", "message": str(error)}
        return {"status": "done", "outcome": outcome.to_json()}

    # Ends that aren't the step's

    async def on_kill(self) -> None:
        """A user has marked or cleared the deferred task, or its run has ended. Called by Airflow 3.3 and later."""
        await seen_to(self._end_if_killed())

    async def _end_if_killed(self) -> None:
        """End the workflow if the task was made to fail; before 3.3 a shutdown of the triggerer looks like that too."""
        if getattr(self, "task_instance", None) is None:
            return
        try:
            state = await state_of_instance(self)
        except Exception as error:  # noqa: BLE001 - a border: whatever Airflow's client raises
            self.log.warning("Airflow doesn't say whether %s was killed, so it goes on: %s", self.name, type(error).__name__)
            return
        if state in KILLED:
            await end_workflow(self.argo_conn_id, self.namespace, self.name, self.on_kill_action, self.log)

    # Waiting

    async def _by_watch(self) -> StepOutcome:
        watch = await shared_watch(self.argo_conn_id, self.namespace)
        self._clock = watch.hook.api.clock
        listener = _Nodes(Box())
        watch.add(listener, self.name)
        try:
            async with self._telling_standstill(watch.pods):
                snapshot = await self._look(watch.hook)  # what is known already comes without nodes
                while not (outcome := outcome_of(snapshot, self.step, self.index)).over:
                    await asyncio.sleep(0)  # the other waits look at the same state first, so that it is read once
                    news = await listener.box.get()
                    if isinstance(news, ClusterError):
                        raise news
                    snapshot = Snapshot(news, watch.hook.api.place) if news else await self._look(watch.hook)
                return outcome
        finally:
            watch.remove(listener, self.name)
            release_later(watch)

    async def _by_looks(self) -> StepOutcome:
        hook = await ArgoHook.make(self.argo_conn_id, self.namespace)
        self._clock = hook.api.clock
        async with self._telling_standstill(SharedPods(hook.api)):
            while not (outcome := outcome_of(await self._look(hook), self.step, self.index)).over:
                await asyncio.sleep(self.poll_interval)
        return outcome

    def _telling_standstill(self, pods: SharedPods) -> AbstractAsyncContextManager[None]:
        return telling_standstill(pods, lambda: [self.name], self.log, self.uid)

    async def _look(self, hook: ArgoHook) -> Snapshot:
        """The workflow as it is.

        Raises:
            NotFoundError: it is gone, or another has its name.
        """
        found = await hook.aget(self.name)
        if self.uid and found.uid != self.uid:
            raise NotFoundError(hook.api.place, "Workflow", f"{self.name} (uid {self.uid})")
        return found


class _Nodes:
    """Hands on each state that has nodes; None for anything else that makes a look worth while."""

    def __init__(self, box: Box) -> None:
        self.box = box

    def take(self, change: Change) -> None:
        """A change of the workflow."""
        if isinstance(change, Seen) and "spec" in change.manifest:
            self.box.put(change.manifest)
        elif isinstance(change, Vanished):
            self.box.put(None)

    def fail(self, error: ClusterError) -> None:
        """The watch has ended."""
        self.box.put(error)

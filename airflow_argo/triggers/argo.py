"""ArgoWorkflowTrigger: waits until a workflow is done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from airflow_argo._compat import AIRFLOW_3_3, BaseTrigger, TriggerEvent
from airflow_argo.cluster import ClusterError, Snapshot
from airflow_argo.cluster.clock import ServerClock
from airflow_argo.cluster.waits import Wait
from airflow_argo.cluster.watch import Change, Seen, Synced
from airflow_argo.hooks.argo import ArgoHook, KillAction, in_time
from airflow_argo.triggers.deadline import before, settled
from airflow_argo.triggers.ending import end_workflow, seen_to, state_of_instance
from airflow_argo.triggers.shared_watch import Box, SharedWatch, compact, confirm, persistently, release_later, shared_watch
from airflow_argo.triggers.standing_still import SharedPods, telling_standstill

UNSEEN_FOR: Final = 5.0
"""Seconds after which a workflow that the watch doesn't show is asked for."""


class ArgoWorkflowTrigger(BaseTrigger):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """Fires when a workflow is done, was deleted, or took too long.

    All triggers of one triggerer on one connection and namespace share one LIST + WATCH.

    Args:
        name: of the workflow.
        uid: of it, so that another of the same name is never taken for it; "" is the first that is seen.
        namespace: that it is in.
        argo_conn_id: a connection of type `argo`; looked up in the triggerer.
        deadline: seconds since 1970 by the server's clock, or None: as long as it takes.
        poll_interval: seconds between looks, where watching isn't allowed.
        on_kill_action: what becomes of the workflow when the deferred task is marked or cleared by a user.
        resource_version: of the workflow when the task saw it, so that its end is found even if it is deleted at once.

    Event: `status` is done, gone, timeout or error; `name`, `uid`, `namespace`, `message`; if done also `phase`, and
    `workflow`: the object as it was seen to end, whole if it has a TTL, else without its nodes and templates.
    """

    def __init__(
        self,
        name: str,
        namespace: str,
        uid: str = "",
        argo_conn_id: str = ArgoHook.default_conn_name,
        deadline: float | None = None,
        poll_interval: float = 10.0,
        on_kill_action: KillAction = "stop",
        resource_version: str = "",
    ) -> None:
        super().__init__()
        self.name, self.namespace, self.uid, self.argo_conn_id = name, namespace, uid, argo_conn_id
        self.deadline, self.poll_interval, self.on_kill_action = deadline, poll_interval, on_kill_action
        self.resource_version = resource_version
        self._fired = False
        self._clock: ServerClock | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """All of it, and no secrets: the connection is looked up where the trigger runs."""
        where = ("name", "namespace", "uid", "resource_version", "argo_conn_id")
        names = (*where, "deadline", "poll_interval", "on_kill_action")
        return f"{type(self).__module__}.{type(self).__qualname__}", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event."""
        began = time.monotonic()
        try:
            event = await self._event()
        except asyncio.CancelledError:
            await self._cancelled()
            raise
        self._fired = True
        await settled(self, began)
        yield TriggerEvent({"name": self.name, "namespace": self.namespace, "uid": self.uid, **event})

    async def _event(self) -> dict[str, Any]:
        try:
            return await before(self.deadline, persistently(self._by_watch, self._by_looks, self.log), lambda: self._clock)
        except (asyncio.TimeoutError, TimeoutError):
            return {"status": "timeout", "message": f"workflow '{self.name}' took longer than its task allows"}
        except ClusterError as error:
            return {"status": "error", "message": str(error)}

    async def _by_watch(self) -> dict[str, Any]:
        while (event := await self._by_one_watch()) is None:
            await asyncio.sleep(1.0)  # the watch is behind
        return event

    async def _by_one_watch(self) -> dict[str, Any] | None:
        """The event; None if the watch takes a workflow for gone that is there."""
        watch = await shared_watch(self.argo_conn_id, self.namespace)
        self._clock = watch.hook.api.clock
        listener = _WaitListener(Wait(watch.hook.api.place, self.name, self.uid))
        watch.add(listener, self.name)
        try:
            async with self._telling_standstill(watch.pods):
                outcome = await listener.outcome(watch)
        finally:
            watch.remove(listener, self.name)
            release_later(watch)
        if isinstance(outcome, ClusterError) and self.uid:
            return await self._confirmed(watch, outcome)
        return self._as_event(outcome)

    async def _confirmed(self, watch: SharedWatch, gone: ClusterError) -> dict[str, Any] | None:
        """That a workflow is gone, or its end: what a watch has shown last may be about an earlier one of its name."""
        found = await confirm(watch, self.name)
        if not (isinstance(found, Seen) and found.manifest["metadata"]["uid"] == self.uid):
            last = await in_time(asyncio.to_thread(self._last_state, watch.hook), f"asking what became of '{self.name}'")
            return self._as_event(gone if last is None else last)
        current = Snapshot(found.manifest, watch.hook.api.place)
        return self._as_event(current) if current.done else None

    def _last_state(self, hook: ArgoHook) -> Snapshot | None:
        return hook.cluster.last_state(self.name, uid=self.uid, since=self.resource_version)

    async def _by_looks(self) -> dict[str, Any]:
        hook = await ArgoHook.make(self.argo_conn_id, self.namespace)
        self._clock = hook.api.clock
        async with self._telling_standstill(SharedPods(hook.api)):
            while not (found := await hook.aget(self.name)).done:
                await asyncio.sleep(self.poll_interval)
        return self._as_event(found)

    def _telling_standstill(self, pods: SharedPods) -> AbstractAsyncContextManager[None]:
        return telling_standstill(pods, lambda: [self.name], self.log, self.uid)

    def _as_event(self, outcome: Snapshot | ClusterError) -> dict[str, Any]:
        if isinstance(outcome, ClusterError):
            return {"status": "gone", "message": str(outcome)}
        whole = outcome.manifest if _may_be_deleted_soon(outcome) else compact(outcome.manifest)
        return {
            "status": "done",
            "uid": outcome.uid,
            "phase": outcome.phase,
            "message": outcome.message,
            "workflow": whole,
        }

    # Ends that aren't the workflow's

    async def on_kill(self) -> None:
        """A user has marked or cleared the deferred task. Called by Airflow 3.3 and later."""
        if not self._fired:
            await seen_to(self._end())

    async def _cancelled(self) -> None:
        """Before 3.3 a kill and a shutdown of the triggerer look alike: what Airflow says about the task tells them apart."""
        if AIRFLOW_3_3 or self._fired or getattr(self, "task_instance", None) is None:
            return
        try:
            state = await state_of_instance(self)
        except Exception as error:  # noqa: BLE001 - a border: whatever Airflow's client raises
            self.log.warning("Airflow doesn't say whether %s was killed, so it goes on: %s", self.name, type(error).__name__)
            return
        if state != "deferred":
            await self._end()

    async def _end(self) -> None:
        await end_workflow(self.argo_conn_id, self.namespace, self.name, self.on_kill_action, self.log)


def _may_be_deleted_soon(workflow: Snapshot) -> bool:
    """Whether Argo deletes it by itself, so that nobody may be able to read it later."""
    stored = (workflow.manifest.get("status") or {}).get("storedWorkflowTemplateSpec") or {}
    return bool((workflow.manifest.get("spec") or {}).get("ttlStrategy") or stored.get("ttlStrategy"))


class _WaitListener:
    """A wait, fed by a shared watch. That the workflow was never seen is judged here, not by `Synced`: see `confirm`."""

    def __init__(self, wait: Wait) -> None:
        self._wait, self._box, self._seen = wait, Box(), False

    def take(self, change: Change) -> None:
        """Something about the workflow; only its end matters."""
        if isinstance(change, Synced):
            return
        self._seen = self._seen or isinstance(change, Seen)
        self._wait.take(change)
        if self._wait.outcome is not None:
            self._box.put(self._wait.outcome)

    def fail(self, error: ClusterError) -> None:
        """The watch has ended."""
        self._box.put(_Broken(error))

    async def outcome(self, watch: SharedWatch) -> Snapshot | ClusterError:
        """How the wait ends.

        Raises:
            ClusterError: the watch has ended first.
        """
        result = await self._first(watch)
        if isinstance(result, _Broken):
            raise result.error
        assert isinstance(result, Snapshot | ClusterError)
        return result

    async def _first(self, watch: SharedWatch) -> Any:
        waiting = asyncio.ensure_future(self._box.get())
        try:
            while not waiting.done():
                done, _ = await asyncio.wait({waiting}, timeout=None if self._seen else UNSEEN_FOR)
                if done or self._seen or not watch.synced.is_set():
                    continue
                change = await confirm(watch, self._wait.name)
                if change is None and not self._seen:
                    self._wait.take(Synced())
                    return self._wait.outcome
                if change is not None:
                    self.take(change)
            return waiting.result()
        finally:
            waiting.cancel()


class _Broken:
    """The watch has ended, which is no outcome of the wait."""

    def __init__(self, error: ClusterError) -> None:
        self.error = error

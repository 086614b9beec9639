"""ArgoWorkflowsTrigger: waits until what a sensor waits for is over. It listens to the watch that all waits share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow_argo._compat import BaseTrigger, TriggerEvent
from airflow_argo.cluster import ClusterError, NotFoundError
from airflow_argo.cluster.clock import ServerClock
from airflow_argo.cluster.watch import Change, Seen, Synced, Vanished
from airflow_argo.hooks.argo import ArgoHook, in_time
from airflow_argo.triggers.deadline import before, settled
from airflow_argo.triggers.judge import Judge, Verdict, going_on, label_matcher
from airflow_argo.triggers.shared_watch import Box, persistently, release_later, shared_watch
from airflow_argo.triggers.standing_still import SharedPods, telling_standstill


class ArgoWorkflowsTrigger(BaseTrigger):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """Fires when the verdict over some workflows is final.

    Args:
        judge: what phases mean; or its fields as a dict, as they come back from Airflow's database.
        namespace: of the workflows.
        workflow_name: of the one that is meant, or
        label_selector: that matches those that are meant.
        argo_conn_id: a connection of type `argo`; looked up in the triggerer.
        deadline: seconds since 1970 by the server's clock, or None: as long as it takes.
        poll_interval: seconds between looks, where watching isn't allowed.

    Event: `status` is good, bad or timeout; `message`.
    """

    def __init__(
        self,
        judge: Judge | dict[str, Any],
        namespace: str,
        workflow_name: str = "",
        label_selector: str = "",
        argo_conn_id: str = ArgoHook.default_conn_name,
        deadline: float | None = None,
        poll_interval: float = 60.0,
    ) -> None:
        super().__init__()
        self.judge = judge if isinstance(judge, Judge) else _judge(judge)
        self.namespace, self.workflow_name, self.label_selector = namespace, workflow_name, label_selector
        self.argo_conn_id, self.deadline, self.poll_interval = argo_conn_id, deadline, poll_interval
        self._clock: ServerClock | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """All of it, and no secrets."""
        judge = {
            "what": self.judge.what,
            "success_phases": sorted(self.judge.success_phases),
            "failure_phases": sorted(self.judge.failure_phases),
            "missing": self.judge.missing,
        }
        names = ("namespace", "workflow_name", "label_selector", "argo_conn_id", "deadline", "poll_interval")
        rest = {name: getattr(self, name) for name in names}
        return f"{type(self).__module__}.{type(self).__qualname__}", {"judge": judge, **rest}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event."""
        began = time.monotonic()
        event = await self._event()
        await settled(self, began)
        yield TriggerEvent(event)

    async def _event(self) -> dict[str, Any]:
        try:
            wait = persistently(self._by_watch, self._by_looks, self.log)
            verdict = await before(self.deadline, wait, lambda: self._clock)
        except (asyncio.TimeoutError, TimeoutError):
            return {"status": "timeout", "message": f"{self.judge.what}: not over in time"}
        except ClusterError as error:
            return {"status": "bad", "message": str(error)}
        return {"status": "good" if verdict.good else "bad", "message": verdict.message}

    async def _by_watch(self) -> Verdict:
        watch = await shared_watch(self.argo_conn_id, self.namespace)
        self._clock = watch.hook.api.clock
        listener = _Phases(label_matcher(self.label_selector), Box())
        name = self.workflow_name or None
        watch.add(listener, name)
        try:
            async with telling_standstill(watch.pods, lambda: listener.waited_for, self.log):
                while True:
                    phases = await listener.box.get()
                    if isinstance(phases, ClusterError):
                        raise phases
                    if (verdict := self.judge.verdict(phases)).over:
                        return verdict
        finally:
            watch.remove(listener, name)
            release_later(watch)

    async def _by_looks(self) -> Verdict:
        hook = await ArgoHook.make(self.argo_conn_id, self.namespace)
        self._clock = hook.api.clock
        phases: dict[str, str] = {}
        async with telling_standstill(SharedPods(hook.api), lambda: going_on(phases), self.log):
            while not (verdict := self.judge.verdict(phases := await self._look(hook))).over:
                await asyncio.sleep(self.poll_interval)
        return verdict

    async def _look(self, hook: ArgoHook) -> dict[str, str]:
        return await in_time(asyncio.to_thread(self._phases, hook), "reading workflows")

    def _phases(self, hook: ArgoHook) -> dict[str, str]:
        if self.label_selector:
            return {one.name: one.phase for one in hook.cluster.list(label_selector=self.label_selector)}
        try:
            return {self.workflow_name: hook.cluster.get(self.workflow_name).phase}
        except NotFoundError:
            return {}


class _Phases:
    """Keeps the phases of the workflows that match, and hands them over whenever they change, once all are known."""

    def __init__(self, matches: Any, box: Box) -> None:
        self._matches, self.box = matches, box
        self._phases: dict[str, str] = {}
        self._synced = False

    @property
    def waited_for(self) -> list[str]:
        """Those that aren't done."""
        return going_on(dict(self._phases))

    def take(self, change: Change) -> None:
        """A change of a workflow, or that all are known."""
        match change:
            case Seen(manifest):
                changed = self._seen(manifest)
            case Vanished(_, name):
                changed = self._phases.pop(name, None) is not None
            case Synced():
                changed = self._synced = True
        if self._synced and changed:
            self.box.put(dict(self._phases))

    def _seen(self, manifest: dict[str, Any]) -> bool:
        """Whether that changes a phase: a watch may tell of thousands of workflows one after the other, under its lock."""
        name = manifest["metadata"]["name"]
        known = self._phases.get(name)
        if not self._matches(manifest["metadata"].get("labels") or {}):
            self._phases.pop(name, None)
            return known is not None
        self._phases[name] = str((manifest.get("status") or {}).get("phase") or "")
        return self._phases[name] != known

    def fail(self, error: ClusterError) -> None:
        """The watch has ended."""
        self.box.put(error)


def _judge(fields: dict[str, Any]) -> Judge:
    sets = {name: frozenset(fields[name]) for name in ("success_phases", "failure_phases")}
    return Judge(**{**fields, **sets})

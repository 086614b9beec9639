"""Waiting for workflows: a watch that feeds one wait, or many."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from airflow_argo.cluster import standing_still
from airflow_argo.cluster.client import Api
from airflow_argo.cluster.errors import ClusterError, NotFoundError, WaitTimeoutError
from airflow_argo.cluster.resources import WORKFLOWS, Call
from airflow_argo.cluster.snapshot import Snapshot
from airflow_argo.cluster.standing_still import StandstillWatch, UnnotedEnd
from airflow_argo.cluster.waits import Wait
from airflow_argo.cluster.watch import Change, Seen, Vanished
from airflow_argo.cluster.watching import Watching


def watch_one(
    api: Api, name: str, uid: str, timeout: float | None, on_standstill: Callable[[Sequence[UnnotedEnd]], object] | None = None
) -> Iterator[Snapshot]:
    """The states of a workflow; the last is done. See `Cluster.watch`."""
    wait, end, standstill = Wait(api.place, name, uid), _deadline(timeout), StandstillWatch(api, uid)
    watching = Watching(api, WORKFLOWS, field_selector=f"metadata.name={name}")
    while True:
        look = _deadline(standing_still.QUIET if on_standstill else None)
        for change in watching.changes(min(filter(None, (look, end)), default=None)):
            if snapshot := wait.take(change):
                yield snapshot
            if isinstance(wait.outcome, ClusterError):
                raise wait.outcome
            if wait.outcome:
                return
        if end is not None and time.monotonic() >= end:
            raise WaitTimeoutError(api.place, {name: wait.phase}, timeout or 0.0)
        if on_standstill and (found := standstill.look([name])):
            on_standstill(found)


def wait_for_all(
    api: Api,
    uids: Mapping[str, str],
    label_selector: str,
    timeout: float | None,
    on_change: Callable[[Snapshot], object] | None,
) -> dict[str, Snapshot | ClusterError]:
    """How the wait for each workflow ended. See `Cluster.wait_all`."""
    waits = {name: Wait(api.place, name, uid) for name, uid in uids.items()}
    going_on = dict(waits)
    if going_on:
        for change in Watching(api, WORKFLOWS, label_selector=label_selector).changes(_deadline(timeout)):
            for name in _concerned(change, going_on):
                wait = going_on[name]
                if (snapshot := wait.take(_confirmed(api, wait, change) if label_selector else change)) and on_change:
                    on_change(snapshot)
                if wait.outcome:
                    del going_on[name]
            if not going_on:
                break
        else:
            raise WaitTimeoutError(api.place, {name: wait.phase for name, wait in going_on.items()}, timeout or 0.0)
    return {name: wait.outcome for name, wait in waits.items() if wait.outcome}


def _concerned(change: Change, waits: Mapping[str, Wait]) -> list[str]:
    match change:
        case Seen(manifest):
            return [name for name in (manifest["metadata"]["name"],) if name in waits]
        case Vanished(_, name):
            return [name] if name in waits else []
    return list(waits)


def _confirmed(api: Api, wait: Wait, change: Change) -> Change:
    """The change, or what is behind it: an object whose labels no longer match is reported as if it were deleted."""
    if not isinstance(change, Vanished):
        return change
    try:
        current = api.send(Call("get", WORKFLOWS, api.namespace, change.name))
    except NotFoundError:
        return change
    if current["metadata"]["uid"] != change.uid:
        return change
    if not Snapshot(current).done:
        finding = f"workflow '{change.name}' no longer matches the label selector that it is waited for with"
        wait.outcome = ClusterError(api.place, finding, "choose labels that don't change while it runs")
    return Seen(current)


def _deadline(timeout: float | None) -> float | None:
    return None if timeout is None else time.monotonic() + timeout

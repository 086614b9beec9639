"""Waiting in a worker until a workflow has ended."""

from __future__ import annotations

import time
from functools import partial
from logging import Logger

from airflow_argo.cluster import ClusterError, ForbiddenError, Snapshot, WaitTimeoutError
from airflow_argo.cluster.backoff import Endurance
from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.hooks.standing_still import StandstillLooks, tell_standstill
from airflow_argo.operators.pod_logs import Progress


def waited(
    hook: ArgoHook, workflow: Snapshot, deadline: float, seconds: float, *, poll_interval: float, log: Logger
) -> Snapshot:
    """The workflow that is done, over as many watches as it takes.

    Args:
        deadline: until when it may take, by the server's clock.
        seconds: how long that is, for the error.
        poll_interval: seconds between looks, where watching isn't allowed.
    Raises:
        WaitTimeoutError: it isn't done in time.
        WorkflowGoneError: it was deleted or replaced before its end was seen.
        ClusterError: the server can't be asked for longer than it is borne.
    """
    endurance, seen = Endurance(), Progress(log)
    while True:
        try:
            return _watched(hook, workflow, deadline, seconds, poll_interval, seen, log)
        except ClusterError as error:  # noqa: PERF203 - a loop of attempts
            pause = endurance.pause(error, time.monotonic())
            if pause is None:
                raise
            log.warning("The wait begins again: %s", error)
            time.sleep(pause)


def _watched(
    hook: ArgoHook,
    workflow: Snapshot,
    deadline: float,
    seconds: float,
    poll_interval: float,
    seen: Progress,
    log: Logger,
) -> Snapshot:
    cluster, clock = hook.cluster, hook.api.clock
    try:
        timeout = max(deadline - clock.now(), 0.0)
        told = partial(tell_standstill, log)
        return cluster.wait(workflow.name, uid=workflow.uid, timeout=timeout, on_change=seen, on_standstill=told)
    except ForbiddenError as error:
        log.warning("Looking every %g s, since watching isn't allowed: %s", poll_interval, error)
    standstill = StandstillLooks(hook.api, log, workflow.uid)
    while not (found := cluster.get(workflow.name)).done:
        seen(found)
        standstill.look(found.name)
        if clock.now() > deadline:
            raise WaitTimeoutError(hook.api.place, {found.name: found.phase}, seconds)
        time.sleep(poll_interval)
    return found

"""Restarting the failed part of a workflow on a cluster: its old pods go, then the workflow is changed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any, Final

from airflow_argo.cluster.changes import change
from airflow_argo.cluster.client import Api
from airflow_argo.cluster.errors import NotFoundError, WaitTimeoutError
from airflow_argo.cluster.log_lines import POD_LABEL, node_id_of
from airflow_argo.cluster.node_selector import NodeSelector
from airflow_argo.cluster.resources import PODS, Call, Manifest, query
from airflow_argo.cluster.retry import formulate_retry
from airflow_argo.cluster.snapshot import Snapshot
from airflow_argo.cluster.watch import Seen, Synced, Vanished
from airflow_argo.cluster.watching import Watching

_POD_PATIENCE: Final = 90.0
"""Seconds for a pod to go: its grace period is 30 by default."""


def retry_workflow(
    api: Api,
    name: str,
    *,
    restart_successful: NodeSelector | None,
    restart_downstream: bool,
    parameters: Mapping[str, Any] | None,
    newer: Manifest | None = None,
) -> Snapshot:
    """The workflow after its restart; its phase is "" until the controller has seen it.

    Raises:
        WrongPhaseError: it isn't done, or nothing in it can be restarted.
    """

    def restarted(workflow: Manifest) -> Manifest:
        restart = formulate_retry(
            workflow,
            datetime.fromtimestamp(api.clock.now(), timezone.utc),
            restart_successful=restart_successful,
            restart_downstream=restart_downstream,
            parameters=parameters,
            newer=newer,
        )
        _delete_pods(api, name, restart.pods)
        return restart.workflow

    return change(api, name, restarted)


def _delete_pods(api: Api, workflow: str, node_ids: frozenset[str]) -> None:
    """Delete the pods of some nodes, and wait until they are gone: new ones of the same names can't be made before."""
    if not node_ids:
        return
    selector = f"{POD_LABEL}={workflow}"
    pods = api.send(Call("list", PODS, api.namespace, query=query(labelSelector=selector))).get("items") or ()
    waiting = {pod["metadata"]["uid"]: pod["metadata"]["name"] for pod in pods if node_id_of(pod) in node_ids}
    for name in waiting.values():
        with suppress(NotFoundError):
            api.send(Call("delete", PODS, api.namespace, name))
    if waiting:
        _wait_until_gone(api, selector, waiting)


def _wait_until_gone(api: Api, selector: str, waiting: dict[str, str]) -> None:
    """Wait until none of the pods (uid → name) is there."""
    present: set[str] = set(waiting)
    listed: set[str] = set()
    for event in Watching(api, PODS, label_selector=selector).changes(time.monotonic() + _POD_PATIENCE):
        match event:
            case Seen(pod):
                listed.add(pod["metadata"]["uid"])
            case Vanished(uid):
                present.discard(uid)
            case Synced():
                present &= listed
        if not present:
            return
    raise WaitTimeoutError(api.place, {waiting[uid]: "still there" for uid in present}, _POD_PATIENCE)

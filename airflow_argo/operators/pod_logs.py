"""What a workflow's pods write, in the log of the task that submitted it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any, Final

from airflow_argo.cluster import Cluster, LogLine, Snapshot
from airflow_argo.cluster.client import Api
from airflow_argo.cluster.errors import ClusterError
from airflow_argo.cluster.log_lines import MAIN, LoggedPod
from airflow_argo.cluster.logs import ContainerLog, LogOptions, list_pods, not_started, notice_of, readable_nodes
from airflow_argo.cluster.nodes import Nodes
from airflow_argo.operators.results import failures

_AFTER_END: Final = 10.0
"""Seconds that followed logs get to be complete once the workflow is done."""


def logs_of_failures(api: Api, workflow: Snapshot, tail: int) -> Iterator[LogLine]:
    """The last lines of each pod that failed, in the order in which they failed; a notice where the log is gone.

    Args:
        api: the connection.
        workflow: that has ended.
        tail: lines of each pod.
    """
    nodes = readable_nodes(workflow)
    yield from _logs(api, workflow.name, [node_id for node_id, _, _ in failures(workflow)], nodes, tail)


def logs_of_nodes(api: Api, workflow: str, node_ids: Sequence[str], tail: int) -> Iterator[LogLine]:
    """The last lines of the pods of some nodes, in their order."""
    yield from _logs(api, workflow, node_ids, {}, tail)


def _logs(api: Api, workflow: str, node_ids: Sequence[str], nodes: Nodes, tail: int) -> Iterator[LogLine]:
    if not node_ids:
        return
    options = LogOptions((MAIN,), tail=tail)
    pods = {pod.node_id: pod for pod in (LoggedPod.of(one, (MAIN,)) for one in list_pods(api, workflow))}
    for node_id in node_ids:
        if pod := pods.get(node_id):
            yield from not_started(pod, nodes)
            for container in filter(pod.has_log, pod.containers):
                yield from _read(ContainerLog(api, pod, container, options), nodes)


def _read(log: ContainerLog, nodes: Nodes) -> Iterator[LogLine]:
    try:
        stream = log.open()
    except ClusterError as error:
        yield notice_of(log, nodes, error)
        return
    try:
        yield from log.lines(stream, nodes)
    finally:
        stream.close()


class FollowedLogs:
    """Writes a workflow's logs into a logger, beside whatever the caller does meanwhile."""

    def __init__(self, cluster: Cluster, name: str, log: Any) -> None:
        self._cluster, self._name, self._log = cluster, name, log
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> FollowedLogs:
        self._thread.start()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if error is None:
            self._thread.join(_AFTER_END)

    def _follow(self) -> None:
        try:
            for line in self._cluster.logs(self._name, follow=True):
                write(self._log, line)
        except ClusterError as error:  # the wait goes on without
            self._log.warning("The logs can't be followed any more: %s", error)


def write(log: Any, line: LogLine) -> None:
    """One line of a pod, in a task's log."""
    log.info("[%s] %s", line.node or line.node_name or line.pod, line.text)

"""What a workflow does and its pods write, in the log of the task that submitted it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Final

from airflow_argo.cluster import Cluster, LogLine, Snapshot
from airflow_argo.cluster.errors import ClusterError
from airflow_argo.operators.results import failures

_AFTER_END: Final = 10.0
"""Seconds that followed logs get to be complete once the workflow is done."""


def logs_of_failures(cluster: Cluster, workflow: Snapshot, tail: int) -> Iterator[LogLine]:
    """The last lines of each pod that failed; a notice where the log is gone.

    Args:
        cluster: where it ran.
        workflow: that has ended.
        tail: lines of each pod.
    """
    failed = [node_id for node_id, _, _ in failures(workflow)]
    return cluster.logs(workflow.name, nodes=failed, tail=tail) if failed else iter(())


def log_failures(log: Any, cluster: Cluster, workflow: Snapshot, tail: int | None) -> None:
    """Why a workflow failed: each node that did, and what its pods wrote last.

    Args:
        tail: lines of each pod; None: none.
    """
    for _, name, message in failures(workflow):
        log.error("[%s] failed%s", name, f": {message}" if message else "")
    if tail is None:
        return
    try:
        for line in logs_of_failures(cluster, workflow, tail):
            write(log, line)
    except ClusterError as error:
        log.warning("The pods' logs can't be read: %s", error)


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


class Progress:
    """Logs each change of a workflow's phase or progress."""

    def __init__(self, log: Any) -> None:
        self._log, self._last = log, ""

    def __call__(self, workflow: Snapshot) -> None:
        """A state of the workflow."""
        text = f"{workflow.phase or 'not yet seen by the controller'} {workflow.progress}".rstrip()
        if text != self._last:
            self._log.info("Workflow %s: %s", workflow.name, text)
            self._last = text

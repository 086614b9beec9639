"""Reading the logs of a workflow's pods through an Argo server, which merges them by time.

It names pods, not nodes, gives the lines that Argo's executor adds as any, and leaves out without a word what it can't read. So
the workflow's own nodes say whose a line is, and what is missing.
Source: Argo's util/logs/workflow-logger.go (WorkflowLogs).
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from airflow_argo.cluster.argo_server import ArgoServerApi, ServerCall
from airflow_argo.cluster.backoff import Backoff
from airflow_argo.cluster.errors import ClusterError, NotAnApiServerError, NotFoundError
from airflow_argo.cluster.log_lines import ARGOS_OWN, MAIN, LogCursor, LogLine, display_name, missing_pods, users_part
from airflow_argo.cluster.logs import EXECUTORS_LINES, LONGEST_SILENCE, LogOptions, readable_nodes
from airflow_argo.cluster.nodes import Nodes
from airflow_argo.cluster.resources import WORKFLOWS, Call, query
from airflow_argo.cluster.responses import error_of_status
from airflow_argo.cluster.snapshot import Snapshot

_LATE: Final = 60.0
"""Seconds by which a line may reach us after one that was written later, and clocks may differ."""
_MISSING: Final = "its pod is gone, and its log with it, or it has not started"


@dataclass(slots=True)
class ServerLogs:
    """The logs of one workflow; to be used once.

    Attributes:
        workflow: as it was last seen.
    """

    api: ArgoServerApi
    workflow: Snapshot
    options: LogOptions
    _cursors: dict[tuple[str, str], LogCursor] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _nodes: Nodes = field(default_factory=dict)
    _ids: dict[str, str] = field(default_factory=dict)

    def lines(self) -> Iterator[LogLine]:
        """The lines; of what can't be read a notice.

        A container set has no `main` whose log could be followed: what its containers wrote comes when the workflow is done.

        Raises:
            ClusterError: the server can't be read, for a reason that won't pass.
        """
        self._know(self.workflow)
        for container in self.options.containers:
            yield from self._followed(container) if self._follows else self._tails(container)
        if MAIN in self.options.containers:
            for container in _containers_of_sets(self._nodes):
                yield from self._tails(container)
        if self.options.since is None:
            yield from self._missing()

    @property
    def _follows(self) -> bool:
        return self.options.follow and not self.workflow.done

    def _know(self, workflow: Snapshot) -> None:
        """What a workflow says of its nodes. A pod's name ends as its node's id does."""
        self.workflow, self._nodes = workflow, readable_nodes(workflow)
        self._ids = {id_.rpartition("-")[2]: id_ for id_, node in self._nodes.items() if node.get("type") == "Pod"}

    def _tails(self, container: str) -> Iterator[LogLine]:
        """What is there now of one container of each pod; where only the end is wanted, one pod after the other."""
        tail = self.options.tail
        if tail is None:
            yield from self._read(container, self.options.since)
            return
        asked = tail + EXECUTORS_LINES if self._leaves_out(container) else tail
        ends: dict[str, deque[LogLine]] = {}
        for line in self._read(container, self.options.since, asked):
            ends.setdefault(line.pod, deque(maxlen=tail)).append(line)
        for end in ends.values():
            yield from end

    def _followed(self, container: str) -> Iterator[LogLine]:
        """As it comes, however often the connection breaks, until the workflow is done."""
        backoff, since, tail = Backoff(), self.options.since, self.options.tail
        while True:
            heard, error = time.monotonic(), None
            try:
                for line in self._read(container, since, tail):
                    heard = time.monotonic()
                    backoff.reset()
                    yield line
                self._look()
            except NotFoundError as gone:
                yield LogLine(self.workflow.name, self.workflow.name, "", "", gone.finding, notice=True)
                return
            except ClusterError as fault:
                if not fault.transient:
                    raise
                error = fault
            if error is None and self.workflow.done:
                return
            if time.monotonic() - heard < LONGEST_SILENCE:
                time.sleep(backoff.pause(error.retry_after if error else None))
            for cursor in self._cursors.values():
                cursor.resume()
            since, tail = time.monotonic() - heard + _LATE, None

    def _look(self) -> None:
        call = Call("get", WORKFLOWS, self.api.namespace, self.workflow.name)
        self._know(Snapshot(self.api.send(call), self.api.place))

    def _leaves_out(self, container: str) -> bool:
        """Whether the executor's lines are not wanted."""
        return not self.options.executor_lines and container not in ARGOS_OWN

    def _read(self, container: str, since: float | None, tail: int | None = None) -> Iterator[LogLine]:
        """The lines of the wanted nodes that were not read before."""
        options: dict[str, str | int | bool | None] = {
            "container": container,
            "timestamps": True,
            "follow": self._follows or None,
            "sinceSeconds": None if since is None else max(1, math.ceil(since)),
            "tailLines": tail,
        }
        asked = query(**{f"logOptions.{name}": value for name, value in options.items()})
        call = ServerCall("get", WORKFLOWS, self.api.namespace, self.workflow.name, "", asked, "log")
        stream = self.api.open(call, LONGEST_SILENCE if self._follows else self.api.patience.answer)
        try:
            for raw in stream.lines():
                if line := self._line(container, self._entry(call, raw)):
                    yield line
        finally:
            stream.close()

    def _line(self, container: str, entry: dict[str, Any]) -> LogLine | None:
        pod = str(entry.get("podName") or "")
        node_id = self._node_id(pod)
        if self.options.nodes is not None and node_id not in self.options.nodes:
            return None
        self._seen.add(node_id)
        cursor = self._cursors.setdefault((pod, container), LogCursor())
        taken = cursor.take(str(entry.get("content") or "").encode("utf-8", "surrogatepass"))
        if taken is None:
            return None
        moment, text = taken
        part = users_part(text) if self._leaves_out(container) else text
        if part is None:
            return None
        name = str(self._nodes.get(node_id, {}).get("name") or pod)
        return LogLine(display_name(self._nodes, node_id, name), name, pod, container, part, moment)

    def _node_id(self, pod: str) -> str:
        """The id of a pod's node; of one that we don't know yet, its workflow is asked."""
        end = pod.rpartition("-")[2]
        if end not in self._ids and self._follows:
            self._look()
            self._ids.setdefault(end, pod)
        return self._ids.get(end, pod)

    def _missing(self) -> Iterator[LogLine]:
        """A notice for each wanted node of which the server gave no line: the executor writes some where a program doesn't."""
        wanted = self.options.nodes
        nodes = {id_: node for id_, node in self._nodes.items() if wanted is None or id_ in wanted}
        for line in missing_pods(nodes, self._seen):
            yield LogLine(line.node, line.node_name, "", "", _MISSING, notice=True)

    def _entry(self, call: ServerCall, line: bytes) -> dict[str, Any]:
        """What is in a line of the answer.

        Raises:
            ClusterError: that the server can't read the log; or somebody else answers.
        """
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            raise NotAnApiServerError(self.api.place, 200, "none")
        if entry.get("type") == "ERROR":
            raise error_of_status(self.api.place, call, entry["object"])
        return entry


def _containers_of_sets(nodes: Nodes) -> list[str]:
    """The names of the containers of those container sets that have no `main`."""
    found: dict[str, set[str]] = {}
    for node in nodes.values():
        if node.get("type") == "Container":
            found.setdefault(str(node.get("boundaryID")), set()).add(str(node.get("displayName")))
    return sorted({name for names in found.values() if MAIN not in names for name in names})

"""Reading the logs of a workflow's pods, as they are now or as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from airflow_argo.cluster.client import Api, Stream
from airflow_argo.cluster.errors import ClusterError, NodesUnreadableError, NotFoundError, RejectedError
from airflow_argo.cluster.log_lines import (
    ARGOS_OWN,
    MAIN,
    POD_LABEL,
    LogCursor,
    LoggedPod,
    LogLine,
    missing_pods,
    users_part,
)
from airflow_argo.cluster.nodes import Nodes
from airflow_argo.cluster.resources import PODS, Call, Manifest, query
from airflow_argo.cluster.snapshot import Snapshot

EXECUTORS_LINES: Final = 100
"""More than Argo's executor writes at the end of a log: a few, and some for each output."""

LONGEST_SILENCE: Final = 120.0
"""Seconds without a line after which a followed log is asked for again: the program is quiet, or the connection dead."""


@dataclass(frozen=True, slots=True)
class LogOptions:
    """Which logs, and how much of them.

    Attributes:
        containers: `main` is the user's own; `init` and `wait` are Argo's.
        since: seconds back from now.
        tail: lines from the end, of each container.
        executor_lines: also the lines that Argo's executor writes into the user's containers.
        follow: go on until the workflow is done.
        max_streams: containers that are followed at once; further ones wait until one has ended.
        nodes: ids of the nodes whose pods are meant; None for all.
    """

    containers: tuple[str, ...] = (MAIN,)
    since: float | None = None
    tail: int | None = None
    executor_lines: bool = False
    follow: bool = False
    max_streams: int = 64
    nodes: frozenset[str] | None = None


@dataclass(slots=True)
class ContainerLog:
    """One container's log, that can be read on after a break."""

    api: Api
    pod: LoggedPod
    container: str
    options: LogOptions
    cursor: LogCursor = field(default_factory=LogCursor)

    def open(self) -> Stream:
        """The log from where the last reading of it ended."""
        resumed = self.cursor.since_time
        self.cursor.resume()
        since = None if resumed or self.options.since is None else max(1, round(self.options.since))
        parameters = query(
            container=self.container,
            timestamps=True,
            follow=self.options.follow or None,
            sinceTime=resumed,
            sinceSeconds=since,
            tailLines=None if resumed else self._tail,
        )
        call = Call("get", PODS, self.api.namespace, self.pod.name, "log", parameters)
        return self.api.open(call, LONGEST_SILENCE if self.options.follow else self.api.patience.answer)

    def lines(self, stream: Stream, nodes: Nodes) -> Iterator[LogLine]:
        """The lines of a stream that were not read before."""
        for raw in stream.lines():
            if taken := self.cursor.take(raw):
                time, text = taken
                part = users_part(text) if self._leaves_out else text
                if part is not None:
                    yield self.pod.line(nodes, self.container, part, time)

    @property
    def _leaves_out(self) -> bool:
        """Whether the executor's lines are not wanted."""
        return not self.options.executor_lines and self.container not in ARGOS_OWN

    @property
    def _tail(self) -> int | None:
        """Lines from the end to ask for: the executor's are among them, most of them last, where a followed log isn't yet."""
        tail = self.options.tail
        return tail if tail is None or self.options.follow or not self._leaves_out else tail + EXECUTORS_LINES


def read_logs(api: Api, workflow: Snapshot, options: LogOptions) -> Iterator[LogLine]:
    """What is there now, one container after the other in the order in which the pods started."""
    nodes = readable_nodes(workflow)
    pods = [LoggedPod.of(pod, options.containers) for pod in list_pods(api, workflow.name)]
    if options.nodes is not None:
        nodes = {id: node for id, node in nodes.items() if id in options.nodes}
        pods = [pod for pod in pods if pod.node_id in options.nodes]
    for pod in sorted(pods, key=lambda pod: (pod.started, pod.name)):
        yield from not_started(pod, nodes)
        for container in filter(pod.has_log, pod.containers):
            yield from _read_one(ContainerLog(api, pod, container, options), nodes)
    yield from missing_pods(nodes, {pod.node_id for pod in pods})


def _read_one(log: ContainerLog, nodes: Nodes) -> Iterator[LogLine]:
    try:
        stream = log.open()
    except (NotFoundError, RejectedError) as error:
        yield notice_of(log, nodes, error)
        return
    try:
        lines = log.lines(stream, nodes)
        yield from lines if log.options.tail is None else deque(lines, maxlen=log.options.tail)
    finally:
        stream.close()


def not_started(pod: LoggedPod, nodes: Nodes) -> Iterator[LogLine]:
    """A notice for each wanted container that has no log since it never ran."""
    for container in pod.containers:
        if not pod.has_log(container):
            yield pod.line(nodes, container, "it has not started, so there is no log", notice=True)


def notice_of(log: ContainerLog, nodes: Nodes, error: ClusterError) -> LogLine:
    """What stands in place of a log that can't be had."""
    text = "the pod is gone, and its log with it" if isinstance(error, NotFoundError) else f"there is no log: {error.finding}"
    return log.pod.line(nodes, log.container, text, notice=True)


def list_pods(api: Api, workflow: str) -> list[Manifest]:
    """The pods of a workflow that are there now."""
    answer = api.send(Call("list", PODS, api.namespace, query=query(labelSelector=f"{POD_LABEL}={workflow}")))
    return list(answer.get("items") or ())


def readable_nodes(workflow: Snapshot) -> Nodes:
    """The nodes if they can be read; for names alone it is no fault if they can't."""
    try:
        return workflow.nodes
    except NodesUnreadableError:
        return {}

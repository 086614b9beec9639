"""Following the logs of a workflow's pods until it is done.

Threads put what they see into one bounded queue, the caller's thread takes it out: one thread watches the pods, one the
workflow, and one reads each container's log, of which no more than `max_streams` run at once. The end: the workflow is done (or
deleted), the pods that were there then have been listed, and all their logs have been read.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from airflow_argo.cluster.backoff import Backoff
from airflow_argo.cluster.client import Api, Stream
from airflow_argo.cluster.errors import ClusterError, NotFoundError, RejectedError
from airflow_argo.cluster.log_lines import POD_LABEL, LoggedPod, LogLine, missing_pods
from airflow_argo.cluster.logs import ContainerLog, LogOptions, list_pods, not_started, notice_of, readable_nodes
from airflow_argo.cluster.nodes import Nodes
from airflow_argo.cluster.resources import PODS, WORKFLOWS, Call, Manifest
from airflow_argo.cluster.snapshot import Snapshot
from airflow_argo.cluster.waits import Wait
from airflow_argo.cluster.watch import Seen
from airflow_argo.cluster.watching import Watching

_QUEUE_SIZE: Final = 10_000
_LOOK_AROUND: Final = 0.2
"""Seconds after which a thread that waits for room in the queue looks whether it is still wanted."""

_USEFUL_STREAM: Final = 10.0
"""Seconds; a stream that lasted as long is opened again without a pause."""


@dataclass(frozen=True, slots=True)
class _WorkflowSeen:
    workflow: Snapshot


@dataclass(frozen=True, slots=True)
class _WorkflowOver:
    reason: ClusterError | None


@dataclass(frozen=True, slots=True)
class _PodSeen:
    pod: Manifest


@dataclass(frozen=True, slots=True)
class _StreamOver:
    log: ContainerLog


_Event = LogLine | _WorkflowSeen | _WorkflowOver | _PodSeen | _StreamOver | ClusterError


class LogFollower:
    """Follows one workflow's logs; to be used once."""

    def __init__(self, api: Api, workflow: Snapshot, options: LogOptions) -> None:
        self._api, self._workflow, self._options = api, workflow, options
        self._nodes: Nodes = readable_nodes(workflow)
        self._events: queue.Queue[_Event] = queue.Queue(_QUEUE_SIZE)
        self._stopped = threading.Event()
        self._watches: list[Watching] = []
        self._streams: dict[int, Stream] = {}
        self._lock = threading.Lock()
        self._begun: set[tuple[str, str]] = set()
        self._seen_nodes: set[str] = set()
        self._pending: deque[ContainerLog] = deque()
        self._running = 0

    def lines(self) -> Iterator[LogLine]:
        """The lines as they come. Whoever stops taking them closes the iterator, and all threads end.

        Raises:
            ClusterError: the pods or the workflow can't be watched, or a log not be read, for a reason that won't pass.
        """
        try:
            self._begin("pods", self._watch_pods)
            self._begin("workflow", self._watch_workflow)
            over = False
            while not (over and not self._running and not self._pending):
                event = self._events.get()
                match event:
                    case LogLine():
                        yield event
                    case _WorkflowOver(reason):
                        over = True
                        yield from self._last_look(reason)
                    case _:
                        self._take(event)
            yield from missing_pods(self._nodes, self._seen_nodes)
        finally:
            self._stop()

    def _take(self, event: _Event) -> None:
        match event:
            case ClusterError():
                raise event
            case _PodSeen(pod):
                self._consider(pod)
            case _WorkflowSeen(workflow):
                self._workflow = workflow
            case _StreamOver():
                self._running -= 1
                self._start_pending()

    def _last_look(self, reason: ClusterError | None) -> Iterator[LogLine]:
        """The workflow is over: also read the logs of pods that the watch hasn't shown yet."""
        self._nodes = readable_nodes(self._workflow)
        if reason:
            yield LogLine(self._workflow.name, self._workflow.name, "", "", reason.finding, notice=True)
        for pod in list_pods(self._api, self._workflow.name):
            self._consider(pod)
            yield from not_started(LoggedPod.of(pod, self._options.containers), self._nodes)

    def _consider(self, manifest: Manifest) -> None:
        """Follow those containers of a pod that have started and aren't followed yet."""
        pod = LoggedPod.of(manifest, self._options.containers)
        self._seen_nodes.add(pod.node_id)
        for container in pod.containers:
            if (pod.uid, container) not in self._begun and pod.has_log(container):
                self._begun.add((pod.uid, container))
                self._pending.append(ContainerLog(self._api, pod, container, self._options))
        self._start_pending()

    def _start_pending(self) -> None:
        if self._pending and self._running < self._options.max_streams:
            self._nodes = readable_nodes(self._workflow)  # for the display name: the node may be newer than what we know
        while self._pending and self._running < self._options.max_streams:
            log = self._pending.popleft()
            self._running += 1
            self._begin(log.pod.name, partial(self._follow, log))

    def _begin(self, name: str, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except ClusterError as error:
                self._put(error)

        threading.Thread(target=run, name=f"argo-logs-{name}", daemon=True).start()

    def _put(self, event: _Event) -> None:
        while not self._stopped.is_set():
            try:
                self._events.put(event, timeout=_LOOK_AROUND)
            except queue.Full:
                continue
            return

    def _watch_pods(self) -> None:
        for change in self._watching(Watching(self._api, PODS, label_selector=f"{POD_LABEL}={self._workflow.name}")).changes():
            if isinstance(change, Seen):
                self._put(_PodSeen(change.manifest))

    def _watch_workflow(self) -> None:
        wait = Wait(self._api.place, self._workflow.name, self._workflow.uid)
        watching = self._watching(Watching(self._api, WORKFLOWS, field_selector=f"metadata.name={self._workflow.name}"))
        for change in watching.changes():
            if snapshot := wait.take(change):
                self._put(_WorkflowSeen(snapshot))
            if wait.outcome:
                self._put(_WorkflowOver(wait.outcome if isinstance(wait.outcome, ClusterError) else None))
                return

    def _watching(self, watching: Watching) -> Watching:
        with self._lock:
            self._watches.append(watching)
        if self._stopped.is_set():
            watching.stop()
        return watching

    def _follow(self, log: ContainerLog) -> None:
        """One container's log to its end, however often the connection breaks."""
        backoff, nodes = Backoff(), self._nodes
        while not self._stopped.is_set():
            error, began = None, time.monotonic()
            try:
                self._read(log, nodes)
                if self._has_ended(log):
                    break
            except (NotFoundError, RejectedError) as fault:
                self._put(notice_of(log, nodes, fault))
                break
            except ClusterError as fault:
                if not fault.transient:
                    raise
                error = fault
            if time.monotonic() - began >= _USEFUL_STREAM:
                backoff.reset()
            else:
                self._stopped.wait(backoff.pause(error.retry_after if error else None))
        self._put(_StreamOver(log))

    def _read(self, log: ContainerLog, nodes: Nodes) -> None:
        stream = log.open()
        with self._lock:
            self._streams[id(stream)] = stream
        try:
            if not self._stopped.is_set():
                for line in log.lines(stream, nodes):
                    self._put(line)
        finally:
            with self._lock:
                del self._streams[id(stream)]
            stream.close()

    def _has_ended(self, log: ContainerLog) -> bool:
        """Whether the end of the stream was the end of the log: a node may also cut a stream off."""
        try:
            pod = self._api.send(Call("get", PODS, self._api.namespace, log.pod.name))
        except NotFoundError:
            return True
        now = LoggedPod.of(pod, self._options.containers)
        return now.uid != log.pod.uid or now.has_ended(log.container)

    def _stop(self) -> None:
        self._stopped.set()
        with self._lock:
            watches, streams = list(self._watches), list(self._streams.values())
        for watching in watches:
            watching.stop()
        for stream in streams:
            stream.stop()


def follow_logs(api: Api, workflow: Snapshot, options: LogOptions) -> Iterator[LogLine]:
    """The lines of all pods of a workflow, as they come, until it is done."""
    return LogFollower(api, workflow, options).lines()

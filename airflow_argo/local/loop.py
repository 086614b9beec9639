"""The loop of a run: everything that happens passes through here, and nothing else acts.

One thread waits for whatever comes first: a process that ends, a command, a time. It tells the controller's state, lets it
reconcile, and does what that asks for: start pods, end pods, write the journal, report.
"""

from __future__ import annotations

import os
import selectors
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from airflow_argo.argo.phases import FAILED, WORKFLOW_DONE
from airflow_argo.local.control import ControlPipe
from airflow_argo.local.controller.hangs import Hang, can_go_on, end_hang, hangs
from airflow_argo.local.controller.outcome import PodOutcome, PodRequest
from airflow_argo.local.controller.pods import pod_ended, pod_started
from airflow_argo.local.controller.reconcile import reconcile
from airflow_argo.local.controller.size import SizeWatch
from airflow_argo.local.controller.state import Run
from airflow_argo.local.controller.tree import Node, node_status
from airflow_argo.local.errors import EngineFailure
from airflow_argo.local.events import Event, NodeChanged, Warned, WorkflowChanged
from airflow_argo.local.journal import Journal
from airflow_argo.local.logs import LogTails
from airflow_argo.local.pods.pod import RunningPod
from airflow_argo.local.pods.resource import ResourcePod
from airflow_argo.local.pods.spawner import Ended, Spawner, Started
from airflow_argo.local.pods.spawners import Spawners
from airflow_argo.local.status import with_progress
from airflow_argo.local.world import World

Command = Callable[[Run], None]
"""What somebody wants done to a run, in the thread of the loop."""

Pod = RunningPod | ResourcePod

_TAIL_INTERVAL: Final = 0.1
_LONGEST_WAIT: Final = 3600.0


class Stopped(Exception):
    """The loop was told to stop before the run was over."""


@dataclass(slots=True)
class Mailbox:
    """How other threads and signal handlers reach the loop."""

    commands: deque[Command] = field(default_factory=deque)
    interrupts: int = 0
    _read: int = -1
    _write: int = -1
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def open(self) -> None:
        """Make the pipe that wakes the loop."""
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._read

    def put(self, command: Command) -> None:
        """Have a command done."""
        self.commands.append(command)
        self.wake()

    def interrupt(self) -> None:
        """Have the loop stop."""
        self.interrupts += 1
        self.wake()

    def wake(self) -> None:
        """Make the loop look."""
        with self._lock:  # so that the pipe is not closed meanwhile; a signal may come in between
            if self._write >= 0:
                with suppress(BlockingIOError):
                    os.write(self._write, b"!")

    def drain(self) -> None:
        """Take what woke the loop out of the pipe."""
        try:
            os.read(self._read, 4096)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Nobody listens any more."""
        with self._lock:
            read, write, self._read, self._write = self._read, self._write, -1, -1
            for descriptor in (read, write):
                if descriptor >= 0:
                    os.close(descriptor)


@dataclass(slots=True, kw_only=True)
class Loop:
    """Executes a run to its end.

    Args:
        world: the objects, and the other runs.
        new_pod: makes a pod of a request, without starting it; the first time it starts the run's own spawner.
        parse: makes a command of what came through the control pipe; ValueError if it is none.
        size: None if sizes don't matter.
        max_processes: pods at once; others wait, Pending.
        report: gets the events; None if nobody wants them.
    """

    run: Run
    world: World
    spawners: Spawners
    journal: Journal
    control: ControlPipe
    mailbox: Mailbox
    new_pod: Callable[[PodRequest], Pod]
    parse: Callable[[dict[str, Any]], Command]
    logs: LogTails
    size: SizeWatch | None
    max_processes: int
    grace: float
    host: str
    report: Callable[[Event], None] | None
    hangs: list[Hang] = field(default_factory=list)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _queued: dict[str, PodRequest] = field(default_factory=dict)
    _pods: dict[str, Pod] = field(default_factory=dict)
    _by_process: dict[str, Pod] = field(default_factory=dict)
    _ended: deque[Pod] = field(default_factory=deque)
    _said: tuple[str, str] = ("", "")
    _watched: list[tuple[Spawner, int]] = field(default_factory=list)

    def execute(self) -> None:
        """Until the run is over.

        Raises:
            Stopped: an interrupt came first; no process is left.
            EngineFailure: processes can't be started any more.
        """
        self._selector.register(self.mailbox, selectors.EVENT_READ, self.mailbox.drain)
        self._selector.register(self.control, selectors.EVENT_READ, self._take_controls)
        try:
            while not self._step():
                if self.mailbox.interrupts:
                    self._end_all_pods()
                    raise Stopped
                self._wait()
            self._end_all_pods()
        finally:
            self._selector.close()

    # --- one round

    def _step(self) -> bool:
        """Do all that can be done now; whether the run is over."""
        while True:
            self._do_commands()
            self.run.wake_due()
            reconcile(self.run)
            self._end_pods()
            self._start_pods()
            self._note()
            if self.run.phase in WORKFLOW_DONE:
                return True
            if not self._take_ended_pods():
                return self._is_stuck()

    def _do_commands(self) -> None:
        while self.mailbox.commands:
            command = self.mailbox.commands.popleft()
            try:
                command(self.run)
            except ValueError as error:
                self._tell(Warned(str(error)))

    def _take_controls(self) -> None:
        for message in self.control.commands():
            self._take_control(message)

    def _take_control(self, message: dict[str, Any]) -> None:
        try:
            self.mailbox.commands.append(self.parse(message))
        except ValueError as error:
            self._tell(Warned(str(error)))

    def _is_stuck(self) -> bool:
        """Nothing can be done now: see whether there is anything to wait for."""
        if self._pods or self._queued or self.mailbox.commands or can_go_on(self.run):
            return self._waits_in_vain()
        self._hang(hangs(self.run))
        return True

    def _waits_in_vain(self) -> bool:
        """Whether all pods only wait for objects that nobody changes any more: neither this run nor another."""
        seen = [pod.seen for pod in self._pods.values()]
        waiting = bool(seen) and None not in seen and not self._queued and not self.mailbox.commands
        if not waiting or can_go_on(self.run, pods=False):
            self.world.is_active(self.run.metadata.uid)
            return False
        if not self.world.stands_still(self.run.metadata.uid, min(one for one in seen if one is not None)):
            return False
        found = [Hang(node, pod.waits_for) for node, pod in self._pods.items() if isinstance(pod, ResourcePod)]
        self._pods.clear()
        self._hang(found)
        return True

    def _hang(self, found: list[Hang]) -> None:
        self.hangs = found
        end_hang(self.run, found)
        self._write(self.run.tree.take_changed())

    def _note(self) -> None:
        """Write down and report what changed."""
        changed = self.run.tree.take_changed()
        self._write(changed)
        if self.size is not None and changed and not self.hangs:
            hang = self.size.too_large(self.run, changed)
            if hang is not None:
                self._hang([hang])

    def _write(self, changed: list[Node]) -> None:
        if changed:
            broken = self.journal.broken
            self.journal.record(self.run, changed)
            if self.journal.broken != broken:
                self._tell(
                    Warned(f"the journal can't be written any more, so that this run can't be resumed: {self.journal.broken}")
                )
        if self.report is None:
            return
        for node in changed:
            self._tell(NodeChanged(with_progress(node, node_status(node, self.run.tree))))
        if (self.run.phase, self.run.message) != self._said:
            self._said = (self.run.phase, self.run.message)
            self._tell(WorkflowChanged(*self._said))

    def _tell(self, event: Event) -> None:
        if self.report is not None:
            self.report(event)

    # --- pods

    def _start_pods(self) -> None:
        for request in self.run.starts:
            self._queued[request.node] = request
        self.run.starts.clear()
        while self._queued and len(self._pods) < self.max_processes:
            request = self._queued.pop(next(iter(self._queued)))
            pod = self.new_pod(request)
            self._pods[request.node] = pod
            self._by_process[request.node_id] = pod
            pod.start(self.run.now())
            if pod.outcome is not None:
                self._ended.append(pod)
            elif isinstance(pod, ResourcePod):
                pod_started(self.run, request.node, self.host)
            elif self.report is not None:
                self.logs.follow(request.node_id, pod.containers)

    def _end_pods(self) -> None:
        now = self.run.now()
        for node, reason in self.run.ends:
            if node in self._queued:
                del self._queued[node]
                pod_ended(self.run, node, PodOutcome(phase=FAILED, message=reason, finished_at=now))
            elif node in self._pods:
                self._pods[node].terminate(reason, now)
        self.run.ends.clear()

    def _take_reports(self, spawner: Spawner) -> None:
        """Hear from processes: that they run, then that they have ended, as somebody may look in between."""
        reports = self.spawners.receive(spawner)
        if spawner.lost:
            raise EngineFailure("the process that starts tasks is gone", "resume the run from its folder")
        now = self.run.now()
        started = False
        for report in reports:
            pod = self._by_process.get(report.id.partition("/")[0])
            if pod is None:
                continue
            if isinstance(report, Started):
                if not self.run.tree[pod.request.node].host:
                    pod_started(self.run, pod.request.node, self.host)
                    started = True
                continue
            if started:
                started = False
                reconcile(self.run)
                self._note()
            self._hear_end(pod, report, now)

    def _hear_end(self, pod: Pod, report: Ended, now: float) -> None:
        pod.ended(report, now)
        if pod.outcome is not None:
            self._ended.append(pod)

    def _take_ended_pods(self) -> bool:
        """Tell the controller how pods ended; whether any did."""
        found = bool(self._ended)
        while self._ended:
            pod = self._ended.popleft()
            request = pod.request
            if self._pods.get(request.node) is not pod:
                continue
            del self._pods[request.node], self._by_process[request.node_id]
            for line in self.logs.finish(request.node_id):
                self._tell(line)
            assert pod.outcome is not None
            pod_ended(self.run, request.node, pod.outcome)
        return found

    def delete_pod(self, node: str) -> None:
        """Kill a pod as one that vanishes from a cluster.

        Raises:
            ValueError: there is none.
        """
        if node not in self._pods:
            raise ValueError(f"{node} has no pod that runs")
        self._pods[node].delete()

    def _end_all_pods(self) -> None:
        """End what runs, and wait for that; a second interrupt shortens the grace."""
        self._queued.clear()
        until = self.run.now() + self.grace
        for pod in self._pods.values():
            pod.terminate("interrupted", self.run.now())
        while self._pods:
            if self.mailbox.interrupts > 1 or self.run.now() >= until:
                for pod in self._pods.values():
                    pod.delete()
                until = self.run.now() + _LONGEST_WAIT
                self.mailbox.interrupts = min(self.mailbox.interrupts, 1)
            self._wait()
            for pod in self._ended:
                self._pods.pop(pod.request.node, None)
            self._ended.clear()

    # --- waiting

    def _wait(self) -> None:
        """Until something happens, or the next time for something to be done."""
        timeout = self._timeout()
        if timeout and not self._pods and not self.run.clock.real:
            self.run.clock.waited(timeout)
            timeout = 0.0
        self._watch_spawners()
        for key, events in self._selector.select(timeout):
            if events & selectors.EVENT_WRITE and isinstance(key.fileobj, Spawner):
                key.fileobj.flush()
            if events & selectors.EVENT_READ:
                key.data()
        now = self.run.now()
        for pod in list(self._pods.values()):
            due = pod.next_time()
            if due is not None and due <= now:
                pod.on_time(now)
                if pod.outcome is not None:
                    self._ended.append(pod)
        if self.report is not None:
            for line in self.logs.new_lines():
                self._tell(line)

    def _watch_spawners(self) -> None:
        """Hear of the spawners that are there, and of those whose requests are stuck when they can take more."""
        wanted = [(one, selectors.EVENT_READ | (selectors.EVENT_WRITE if one.pending else 0)) for one in self.spawners]
        if wanted == self._watched:
            return
        for one, _ in self._watched:
            self._selector.unregister(one)
        for one, events in wanted:
            self._selector.register(one, events, partial(self._take_reports, one))
        self._watched = wanted

    def _timeout(self) -> float:
        """The seconds until something has to be done without anything happening."""
        now = self.run.now()
        times = [time for pod in self._pods.values() if (time := pod.next_time()) is not None]
        if self.run.alarms:
            times.append(self.run.alarms[0][0])
        if self.logs.following:
            times.append(now + _TAIL_INTERVAL)
        return min(max(min(times, default=now + _LONGEST_WAIT) - now, 0.0), _LONGEST_WAIT)

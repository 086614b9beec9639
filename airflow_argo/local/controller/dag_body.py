"""What a pass keeps of a dag node: its tasks' states, and which of them to visit next."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

from airflow_argo.argo.dag import DagGraph, Task
from airflow_argo.argo.scope import Scope
from airflow_argo.local.controller.faults import Fault, Panic


@dataclass(slots=True)
class TaskState:
    """A task of a dag that runs.

    Attributes:
        waiting: how many of the tasks that it depends on are not over.
        items: its instances, names and tasks; one, itself, if it is no loop. None until it may run.
        next_item: the first that has not been tried; `open_items` are to be visited again.
        done_items: which instances are fulfilled, one byte each; `done` counts them.
        made_of: the task as it was when they were written out.
        is_open: it has a node that is not fulfilled, or hooks at work.
        released: those that depend on it know that it is over.
    """

    waiting: int
    items: list[tuple[str, dict[str, Any]]] | None = None
    next_item: int = 0
    open_items: set[int] = field(default_factory=set)
    done_items: bytearray = field(default_factory=bytearray)
    done: int = 0
    made_of: Task | None = None
    is_open: bool = False
    released: bool = False

    def to_visit(self) -> Iterator[int]:
        """The open instances, then the untried ones, in their order."""
        tried = self.next_item
        yield from sorted(index for index in self.open_items if index < tried)
        yield from range(tried, len(self.items or ()))

    def set_done(self, index: int) -> None:
        """An instance is fulfilled."""
        self.done += not self.done_items[index]
        self.done_items[index] = 1


@dataclass(slots=True, eq=False)
class DagBody:
    """The tasks of one dag node. `queue` is how their calls ask for a visit.

    Attributes:
        scope: inputs and what the tasks that are over have put out; `artifacts` likewise.
        blocked: tasks that may run but for `parallelism`; they are tried in order until one may still not.
        lost: a task hangs on no node, because a group before it has no last one; `interrupted`: a loop was left halfway.
        broken: tasks whose outputs can't be referred to, such as a loop whose results are no JSON, and what comes of it.
    """

    name: str
    graph: DagGraph
    scope: Scope
    artifacts: dict[str, dict[str, Any]]
    states: dict[str, TaskState]
    open_tasks: int = 0
    lost: bool = False
    interrupted: bool = False
    broken: dict[str, Fault | Panic] = field(default_factory=dict)
    _ready: list[tuple[int, str]] = field(default_factory=list)
    _blocked: list[tuple[int, str]] = field(default_factory=list)
    _queued: set[str] = field(default_factory=set)
    _later: set[str] = field(default_factory=set)
    full: bool = False

    @classmethod
    def of(cls, name: str, graph: DagGraph, scope: Scope, artifacts: dict[str, dict[str, Any]]) -> DagBody:
        """A body whose tasks are all to be visited; those that depend on nothing first."""
        states = {task: TaskState(len(graph.upstream[task])) for task in graph.rank}
        body = cls(name, graph, scope, artifacts, states)
        for task, state in states.items():
            if state.waiting == 0:
                body.push(task)
        return body

    def node_name(self, task: str) -> str:
        """The name of a task's node."""
        return f"{self.name}.{task}"

    def queue(self, key: Hashable) -> None:
        """Visit a task at the next pass: its name, or its name and which instance."""
        task, index = key if isinstance(key, tuple) else (key, 0)
        self.states[task].open_items.add(index)
        self.push(task)

    def change(self, tasks: dict[str, Task]) -> None:
        """Their arguments tell the time, or how the run stands: those at work have others now, and are to be visited."""
        changed = [name for name, task in tasks.items() if self.graph.tasks[name] != task]
        self.graph.tasks.update(tasks)
        for name in changed:
            state = self.states.get(name)
            if state is not None and state.is_open:
                for index in [index for index, is_done in enumerate(state.done_items) if not is_done]:
                    self.queue((name, index))

    def push(self, task: str) -> None:
        """Visit a task in this pass, if its turn is still to come, or in the next."""
        if task not in self._queued:
            self._queued.add(task)
            heapq.heappush(self._ready, (self.graph.rank[task], task))

    def block(self, task: str) -> None:
        """Try a task again when there may be room."""
        heapq.heappush(self._blocked, (self.graph.rank[task], task))

    def visit_later(self, task: str) -> None:
        """Visit a task at the next pass."""
        self._later.add(task)

    def begin_pass(self) -> None:
        """Everything may be tried again."""
        self.full = self.interrupted = False

    def next_task(self) -> str | None:
        """The next task to visit, in the order of ranks."""
        if self._blocked and not self.full and (not self._ready or self._blocked[0] < self._ready[0]):
            return heapq.heappop(self._blocked)[1]
        if not self._ready:
            return None
        task = heapq.heappop(self._ready)[1]
        self._queued.discard(task)
        return task

    def end_pass(self) -> bool:
        """Whether there is something left for the next pass."""
        for task in self._later:
            self.push(task)
        self._later.clear()
        return bool(self._ready or self._blocked)

    def set_open(self, task: str, *, is_open: bool) -> None:
        """Count a task as one that is at work, or not."""
        state = self.states[task]
        self.open_tasks += is_open - state.is_open
        state.is_open = is_open

    def release(self, task: str) -> None:
        """Tell those that depend on a task that it is over."""
        state = self.states[task]
        if state.released:
            return
        state.released = True
        for other in self.graph.downstream[task]:
            waiting = self.states.get(other)
            if waiting is not None:
                waiting.waiting -= 1
                if waiting.waiting == 0:
                    self.push(other)

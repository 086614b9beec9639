"""The static side of a DAG template: who waits for whom, what is a target, and in which order tasks are looked at.

Argo goes down from each target to what it depends on, and judges a task when it has judged those. The order here is the same
one, computed once: tasks by rank. Source: dagContext in dag.go, ancestry.go.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from airflow_argo.argo import depends as depends_language
from airflow_argo.argo.depends import ContinueOn
from airflow_argo.argo.names import DEPENDS_WORDS

Task = dict[str, Any]


@dataclass(slots=True)
class DagGraph:
    """A DAG's tasks by name, in the order of the manifest.

    Attributes:
        targets: names in Argo's order.
        upstream: what a task depends on, in the order of its text; `downstream` the other way round.
        plain: tasks that need all that they depend on to have succeeded or been skipped.
        logic: the expanded `depends` of the others.
        rank: the order of looking; only tasks that a target needs have one.
        hooked: tasks with hooks.
    """

    tasks: dict[str, Task]
    targets: list[str]
    upstream: dict[str, tuple[str, ...]]
    downstream: dict[str, list[str]]
    plain: frozenset[str]
    logic: dict[str, str]
    rank: dict[str, int]
    hooked: frozenset[str]
    _ancestors: dict[str, int] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, dag: Mapping[str, Any]) -> DagGraph:
        """The graph of a dag template's `dag` field, whose names and dependencies are filled in."""
        tasks = {task["name"]: task for task in dag["tasks"]}
        logic, upstream = {}, {}
        plain = set()
        for name, task in tasks.items():
            upstream[name] = tuple(dependencies(task))
            if _is_plain(task, tasks, upstream[name]):
                plain.add(name)
            else:
                logic[name] = _logic(task, tasks)
        downstream: dict[str, list[str]] = {name: [] for name in tasks}
        for name, needed in upstream.items():
            for other in needed:
                downstream[other].append(name)
        if dag.get("target"):
            targets = dag["target"].split(" ")
        else:
            targets = sorted((name for name in tasks if not downstream[name]), key=str.encode)
        return cls(
            tasks=tasks,
            targets=targets,
            upstream=upstream,
            downstream=downstream,
            plain=frozenset(plain),
            logic=logic,
            rank={name: rank for rank, name in enumerate(_upstream_first(targets, upstream))},
            hooked=frozenset(name for name, task in tasks.items() if task.get("hooks") or task.get("onExit")),
            _numbers={name: number for number, name in enumerate(tasks)},
        )

    def ancestors(self, name: str) -> Ancestors:
        """All that a task depends on, directly or not."""
        return Ancestors(self._mask(name), self._numbers)

    def topological(self) -> list[str]:
        """All tasks, each after what it depends on, else in the order of the manifest."""
        return _upstream_first(list(self.tasks), self.upstream)

    def _mask(self, name: str) -> int:
        """The ancestors as a set of bits, one a task; computed with those of the tasks before, and kept."""
        stack = [name]
        while stack:
            current = stack[-1]
            if current in self._ancestors:
                stack.pop()
                continue
            todo = [other for other in self.upstream[current] if other not in self._ancestors]
            if todo:
                stack += todo
                continue
            mask = 0
            for other in self.upstream[current]:
                mask |= self._ancestors[other] | 1 << self._numbers[other]
            self._ancestors[current] = mask
            stack.pop()
        return self._ancestors[name]


class Ancestors(Collection[str]):
    """Names of tasks, as a set of bits."""

    __slots__ = ("_mask", "_numbers")

    def __init__(self, mask: int, numbers: Mapping[str, int]) -> None:
        self._mask, self._numbers = mask, numbers

    def __contains__(self, name: object) -> bool:
        number = self._numbers.get(name) if isinstance(name, str) else None
        return number is not None and bool(self._mask >> number & 1)

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._numbers if name in self)

    def __len__(self) -> int:
        return bin(self._mask).count("1")


def dependencies(task: Mapping[str, Any]) -> dict[str, bool]:
    """Tasks that a task depends on, in the order of its text; of each, whether it asks for a result that only loops have."""
    if task.get("depends"):
        return depends_language.named_tasks(task["depends"])
    return dict.fromkeys(task.get("dependencies") or [], False)


_ONLY_NAMES: Final = re.compile(r"\s*[a-zA-Z][-a-zA-Z0-9]*(?:\s*&&\s*[a-zA-Z][-a-zA-Z0-9]*)*\s*")
_MOST_NAMES: Final = 500
"""Of more the expression could become longer than expr-lang allows."""


def _is_plain(task: Task, tasks: Mapping[str, Task], names: Collection[str]) -> bool:
    """Whether a task only asks that all others are done well or skipped, which needs no expression."""
    text = task.get("depends") or ""
    if len(names) > _MOST_NAMES or (text and _ONLY_NAMES.fullmatch(text) is None):
        return False
    return all(name[0].isalpha() and name not in DEPENDS_WORDS and not tasks[name].get("continueOn") for name in names)


def _logic(task: Task, tasks: Mapping[str, Task]) -> str:
    """The expanded `depends`. Source: GetTaskDependencies."""

    def continue_on(name: str) -> ContinueOn:
        given = tasks[name].get("continueOn") or {}
        return ContinueOn(error=bool(given.get("error")), failed=bool(given.get("failed")))

    if task.get("depends"):
        return depends_language.expanded(task["depends"], continue_on)
    return depends_language.from_dependencies(task.get("dependencies") or [], continue_on)


def _upstream_first(targets: Sequence[str], upstream: Mapping[str, Sequence[str]]) -> list[str]:
    """Targets and what they need, each after what it depends on, in the order of a walk down from the targets."""
    done: dict[str, None] = {}
    open_: set[str] = set()
    for target in targets:
        stack = [target]
        while stack:
            name = stack[-1]
            if name in done:
                stack.pop()
                continue
            todo = [other for other in upstream[name] if other not in done and other not in open_]
            open_.add(name)
            if todo:
                stack += reversed(todo)
                continue
            done[name] = None
            stack.pop()
    return list(done)

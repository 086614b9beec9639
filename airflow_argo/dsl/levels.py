"""Graphs in the making: which entry is in which level, what is around what, and in which order entries can run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from airflow_argo.diagnostics import DefinitionError
from airflow_argo.dsl import params as dsl
from airflow_argo.dsl.jobs import BaseJob
from airflow_argo.dsl.nodes import Node
from airflow_argo.dsl.steps import Loop, Step
from airflow_argo.model import conditions, graph
from airflow_argo.model.conditions import Condition
from airflow_argo.model.values import Output, Value


@dataclass(slots=True)
class Entry:
    """A step of a graph in the making: a job, or a level of its own with perhaps a loop around it."""

    id: str
    level: Level
    origin: Any
    job: BaseJob | None = None
    step: Step | None = None
    inner: Level | None = None
    loop: Loop | None = None
    loop_values: dict[str, Value] = field(default_factory=dict)
    loop_test: dsl.Condition | None = None
    loop_condition: Condition = conditions.TRUE
    nodes: list[Node] = field(default_factory=list)
    after: dict[str, None] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    when: list[Condition] = field(default_factory=list)
    body: graph.Body | None = None


@dataclass(slots=True)
class Level:
    """A graph in the making.

    Attributes:
        around: the entry that holds this graph; None for the workflow itself.
        outputs: what leaves this graph, by name.
    """

    around: Entry | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    outputs: dict[str, Value] = field(default_factory=dict)
    is_sequence: bool = False

    @property
    def depth(self) -> int:
        """How many entries are around this level."""
        return 0 if self.around is None else self.around.level.depth + 1

    def add(self, entry: Entry, at: Any) -> Entry:
        """Adds an entry.

        Raises:
            DefinitionError: one of that name is here already.
        """
        if entry.id in self.entries:
            raise named_twice(entry.id, at)
        self.entries[entry.id] = entry
        return entry

    def export(self, value: Output, wanted: str) -> str:
        """The name by which a value leaves this graph."""
        for name, known in self.outputs.items():
            if known == value:
                return name
        name = wanted
        while name in self.outputs:
            name = f"{value.step}-{name}"
        self.outputs[name] = value
        return name


def named_twice(name: str, at: Any) -> DefinitionError:
    """The error for two steps of one name."""
    return DefinitionError(f"two steps are named '{name}'", "give each step a name of its own", at)


def check_names(level: Level, around: set[str], loops: set[str]) -> None:
    """No step has the name of another that it could read: of its own level, or beside one of those that it is inside of.

    Raises:
        DefinitionError: one has; or a loop has the name of a loop around it.
    """
    for entry in level.entries.values():
        if entry.id in around or (entry.loop is not None and entry.id in loops):
            raise named_twice(entry.id, entry.origin)
    around |= level.entries.keys()
    for entry in level.entries.values():
        if entry.inner is not None:
            around.discard(entry.id)
            check_names(entry.inner, around, {*loops, entry.id} if entry.loop is not None else loops)
            around.add(entry.id)
    around -= level.entries.keys()


def is_around(level: Level, reader: Entry) -> bool:
    """Whether a level is the reader's own or one around it."""
    return _level_at(reader, level.depth) is level


def _level_at(reader: Entry, depth: int) -> Level | None:
    level = reader.level
    while level.depth > depth:
        assert level.around is not None
        level = level.around.level
    return level


def in_level(reader: Entry, level: Level) -> Entry:
    """The entry of a level that is the reader or contains it."""
    while reader.level is not level:
        assert reader.level.around is not None
        reader = reader.level.around
    return reader


def in_order(level: Level) -> list[str]:
    """The ids of a level's entries, each after those that it runs after, else as they were written.

    Raises:
        DefinitionError: some run after one another in a circle.
    """
    waits = {entry.id: len(entry.after) for entry in level.entries.values()}
    followers: dict[str, list[str]] = {id: [] for id in waits}
    for entry in level.entries.values():
        for before in entry.after:
            followers[before].append(entry.id)
    ready, order = [id for id, count in waits.items() if not count], []
    for id in ready:
        order.append(id)
        for follower in followers[id]:
            waits[follower] -= 1
            if not waits[follower]:
                ready.append(follower)
    if len(order) < len(waits):
        raise _cycle(level, {id for id, count in waits.items() if count})
    return order


def _cycle(level: Level, stuck: set[str]) -> DefinitionError:
    path = [min(stuck)]
    while path[-1] not in path[:-1]:
        path.append(next(before for before in level.entries[path[-1]].after if before in stuck))
    circle = path[path.index(path[-1]) :]
    cure = "take one of these dependencies away"
    return DefinitionError(f"steps wait for one another: {' → '.join(reversed(circle))}", cure, level.entries[circle[0]].origin)

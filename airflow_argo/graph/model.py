"""What a picture of a workflow shows: nodes, boxes around them, edges. The same for every output format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Kind(str, Enum):
    """What a node is. A node that others have as parent is drawn as a box, whatever its kind."""

    POD = "pod"
    NO_POD = "no-pod"
    WAIT = "wait"
    RESOURCE = "resource"
    HTTP = "http"
    PLUGIN = "plugin"
    REFERENCE = "reference"
    """A template of another object, or one whose name is made at run time: what is inside isn't known here."""
    AGAIN = "again"
    """A call of a template from inside of it."""
    JOIN = "join"
    """Where two groups of parallel steps meet. It has no label, and is nothing that runs."""
    GROUP = "group"
    LOOP = "loop"
    WHILE = "while"


class EdgeKind(str, Enum):
    """What an edge says of its target."""

    FLOW = "flow"
    """It runs after the source."""
    AGAIN = "again"
    """It begins anew: the source calls the template that the target is the beginning of."""
    HOOK = "hook"
    """It is a hook of the source."""


class State(str, Enum):
    """How something ended, or that it hasn't: Airflow's words for Argo's phases, from the worst to the best."""

    FAILED = "failed"
    RUNNING = "running"
    PENDING = "pending"
    UPSTREAM_FAILED = "upstream_failed"
    SUCCESS = "success"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a node ended in a run.

    Attributes:
        state: None if it hasn't begun.
        counts: how many instances are in which state; one entry of one for what runs once; empty if it hasn't begun.
        seconds: from the start of the first instance to the end of the last; None while one runs.
        message: what Argo says about it: of the worst instance.
    """

    state: State | None = None
    counts: Mapping[State, int] = field(default_factory=dict)
    seconds: float | None = None
    message: str = ""

    @property
    def instances(self) -> int:
        """How many times it has begun."""
        return sum(self.counts.values())

    def to_json(self) -> dict[str, Any]:
        """Keys without a value are left out."""
        found: dict[str, Any] = {"state": self.state.value if self.state else None}
        if self.instances > 1:
            found["instances"] = {state.value: count for state, count in self.counts.items()}
        if self.seconds is not None:
            found["seconds"] = self.seconds
        if self.message:
            found["message"] = self.message
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A step of the workflow, or a box around some.

    Attributes:
        id: unique in the picture: names of tasks from the outside to the inside, joined by slashes.
        label: the author's id.
        parent: id of the box that it is in.
        note: what it is made of, in a few words: an image, a resource, the template that it refers to.
        items: what a loop runs over, or how often: `3`, `flip.rounds`.
        condition: on what it runs, if that is no matter of one edge.
        outcome: None if the picture is of no run.
    """

    id: str
    label: str
    kind: Kind
    parent: str | None = None
    note: str = ""
    items: str = ""
    condition: str = ""
    outcome: Outcome | None = None

    def to_json(self) -> dict[str, Any]:
        """Keys without a value are left out."""
        texts = {"parent": self.parent, "note": self.note, "items": self.items, "condition": self.condition}
        found: dict[str, Any] = {"id": self.id, "label": self.label, "kind": self.kind.value}
        found |= {key: text for key, text in texts.items() if text}
        return found if self.outcome is None else {**found, "run": self.outcome.to_json()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """From one node to another, by their ids.

    Attributes:
        label: what must be so, beyond the source's success; "" if nothing.
    """

    source: str
    target: str
    label: str = ""
    kind: EdgeKind = EdgeKind.FLOW

    def to_json(self) -> dict[str, Any]:
        """Keys without a value are left out."""
        found: dict[str, Any] = {"source": self.source, "target": self.target, "kind": self.kind.value}
        return {**found, "label": self.label} if self.label else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A workflow as it is drawn.

    Attributes:
        name: the workflow's.
        nodes: boxes before what is in them, else in the order of the manifest.
        outcome: of the run; None if the picture is of none.
    """

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    outcome: Outcome | None = None

    def children(self) -> dict[str | None, list[Node]]:
        """Id of a box, None for the canvas → the nodes in it."""
        found: dict[str | None, list[Node]] = {None: []}
        for node in self.nodes:
            found.setdefault(node.parent, []).append(node)
        return found

    def to_json(self) -> dict[str, Any]:
        """As `-o json` prints it."""
        found: dict[str, Any] = {"name": self.name}
        if self.outcome is not None:
            found["run"] = self.outcome.to_json()
        found["nodes"] = [node.to_json() for node in self.nodes]
        found["edges"] = [edge.to_json() for edge in self.edges]
        return found


def worst(states: Iterable[State]) -> State | None:
    """The state that counts for several together."""
    return min(states, key=list(State).index, default=None)

"""What a run reports while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NodeChanged:
    """A node is new, or changed; as it stands in `status.nodes`."""

    node: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WorkflowChanged:
    """The workflow's phase or message changed."""

    phase: str
    message: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line that a container wrote.

    Attributes:
        node: the node's id.
        container: its name in the pod.
        stream: `stdout` or `stderr`.
        text: without the line's end; bytes that are no UTF-8 are U+FFFD.
    """

    node: str
    container: str
    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something about the run itself that doesn't stop it."""

    message: str


Event = NodeChanged | WorkflowChanged | LogLine | Warned

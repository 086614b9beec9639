"""What the tasks of a random manifest may call and refer to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """A template as those who call it see it.

    Attributes:
        holder: what names it in a task: `template`, `templateRef` or `inline`.
        inputs: its parameters, and whether each has a default.
        outputs: its output parameters.
        result, exit_code: whether a task of it leaves these.
        pod: it is a pod; `group`: dag or steps.
    """

    holder: dict[str, Any]
    inputs: dict[str, bool] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    result: bool = False
    exit_code: bool = False
    pod: bool = False
    group: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A task or step that has been made."""

    name: str
    callee: Callee
    loop: bool


@dataclass(slots=True)
class Scope:
    """What a task of a group may refer to: `visible` of the `known` members, and the group's inputs."""

    kind: str
    inputs: tuple[str, ...]
    known: list[Member] = field(default_factory=list)
    visible: list[Member] = field(default_factory=list)
    edges: dict[str, set[str]] = field(default_factory=dict)

    def closed(self, members: list[Member]) -> set[str]:
        """Names of members and of all that they depend on."""
        found: set[str] = set()
        queue = [member.name for member in members]
        while queue:
            name = queue.pop()
            if name not in found:
                found.add(name)
                queue += self.edges.get(name, ())
        return found

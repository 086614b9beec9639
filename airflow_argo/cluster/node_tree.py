"""Which node is inside which, and what came after what, read off the names and children of a workflow's nodes. Pure.

A node's name is the name of what encloses it, and then `.task`, `[step group]`, `(attempt)` or `(index:item)`; a hook is
`.onExit` or `.hooks.NAME` behind the name of what it is for. `children` are what came next: the first nodes inside a group, and
of a last node inside a group, or of the last attempt of one, whatever depends on that group.
Source: workflow/controller (addChildNode, addOutboundNode, connectDependencies).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from airflow_argo.cluster.nodes import Nodes

GROUPS: Final = frozenset({"DAG", "Steps", "StepGroup", "TaskGroup", "Retry"})
"""Types of nodes that end as what is inside them does."""

_ATTEMPT: Final = re.compile(r"\((\d+)\)\Z")
_ENCLOSED: Final = re.compile(r"[.(\[]")


class NodeTree:
    """The nodes of one workflow."""

    def __init__(self, workflow: str, nodes: Nodes) -> None:
        self.nodes = nodes
        self._exit_handler = f"{workflow}.onExit"
        self._by_name = {node["name"]: id_ for id_, node in nodes.items()}
        self._after_groups: dict[str, set[str]] = {}

    def enclosing(self, id_: str) -> Iterator[str]:
        """The groups that a node is in, the innermost first."""
        name = self.nodes[id_]["name"]
        for cut in reversed([found.start() for found in _ENCLOSED.finditer(name)]):
            outer = self._by_name.get(name[:cut])
            if outer is not None and self.is_group(outer):
                yield outer

    def is_group(self, id_: str) -> bool:
        """Whether a node ends as what is inside it does."""
        return self.nodes[id_]["type"] in GROUPS

    def unit(self, id_: str) -> str:
        """What must be restarted as a whole with a node: the pod of a container, the Retry of an attempt that is no group."""
        node = self.nodes[id_]
        if node["type"] == "Container":
            pod = self._by_name.get(node["name"].rpartition(".")[0])
            return self.unit(pod) if pod else id_
        retry = self._retry_of(id_)
        return retry if retry and not self.is_group(id_) else id_

    def is_superseded(self, id_: str) -> bool:
        """Whether a node is in an attempt of a group that a later attempt followed."""
        for inner in (id_, *self.enclosing(id_)):
            retry = self._retry_of(inner)
            if retry and inner != self._last_attempt(retry):
                return True
        return False

    def with_descendants(self, ids: Iterable[str]) -> set[str]:
        """The nodes, and all that their children lead to."""
        found, todo = set(), list(ids)
        while todo:
            id_ = todo.pop()
            if id_ in self.nodes and id_ not in found:
                found.add(id_)
                todo += self.nodes[id_].get("children") or ()
        return found

    def after(self, id_: str) -> set[str]:
        """What was decided on the end of a node, or of a group that it is in; not its hooks, nor what is inside it."""
        found = self._beyond(id_)
        for group in self.enclosing(id_):
            if group not in self._after_groups:
                self._after_groups[group] = self._beyond(group)
            found |= self._after_groups[group]
        return found

    def exit_handler(self) -> set[str]:
        """The nodes of the workflow's exit handler."""
        return {id_ for name, id_ in self._by_name.items() if _is_part(name, self._exit_handler)}

    def _beyond(self, id_: str) -> set[str]:
        name = self.nodes[id_]["name"]
        return {other for other in self.with_descendants([id_]) if not _is_part(self.nodes[other]["name"], name)}

    def _retry_of(self, id_: str) -> str | None:
        name = self.nodes[id_]["name"]
        found = _ATTEMPT.search(name)
        outer = self._by_name.get(name[: found.start()]) if found else None
        return outer if outer and self.nodes[outer]["type"] == "Retry" else None

    def _last_attempt(self, retry: str) -> str | None:
        name, count = self.nodes[retry]["name"], 0
        while f"{name}({count})" in self._by_name:
            count += 1
        return self._by_name.get(f"{name}({count - 1})")


def _is_part(name: str, whole: str) -> bool:
    return name == whole or (name.startswith(whole) and name[len(whole)] in ".([")

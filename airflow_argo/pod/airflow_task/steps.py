"""A run as people see it: the author's steps, what is inside of them, and how they ended; made of Argo's nodes.

Argo's status is a flat map of nodes. Some of them only hold others (groups, attempts, expanded loops), some are the compiler's
own (verdict, proxies, parts). What is left, nested by where it belongs, is the tree. It is the same for runs here and on a
cluster, and for manifests of anybody's. Python's standard library is all that it needs: a pod looks at runs by it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

Dict = Mapping[str, Any]

ANNOTATION = "airflow-argo.io/"
STATES = {
    "Succeeded": "success",
    "Failed": "failed",
    "Error": "failed",
    "Skipped": "skipped",
    "Omitted": "upstream_failed",
    "Running": "running",
}
"""How a node's phase is called for a step: Airflow's words."""

PENDING = "pending"
GROUPS = ("DAG", "Steps")

_ATTEMPT = re.compile(r"\((\d+)\)$")
_ITEM = re.compile(r"\((\d+):(.*)\)$", re.DOTALL)


@dataclass(slots=True)
class StepRun:
    """A step of a run, or an item or attempt of one.

    Attributes:
        id: the author's; of an item `[3]`, of an attempt `try 2`.
        state: success, failed, skipped, upstream_failed, running, pending.
        children: what is inside of it.
        node: Argo's node; empty if it hasn't begun.
    """

    id: str
    state: str
    node: Dict = field(default_factory=dict)
    children: list[StepRun] = field(default_factory=list)

    @property
    def started(self) -> datetime | None:
        """When it began."""
        return _time(self.node.get("startedAt"))

    @property
    def finished(self) -> datetime | None:
        """When it ended."""
        return _time(self.node.get("finishedAt"))

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return None if not self.started or not self.finished else (self.finished - self.started).total_seconds()

    @property
    def message(self) -> str:
        """What Argo says about it."""
        return str(self.node.get("message") or "")

    @property
    def outputs(self) -> dict[str, str]:
        """Its output parameters, as text."""
        return _parameters(self.node.get("outputs"))

    @property
    def outcome(self) -> dict[str, Any]:
        """What a job that reports said of itself; empty for others."""
        return _object(self.outputs.get("outcome"))

    @property
    def value(self) -> Any:
        """What a job that reports returned; None if it returned nothing.

        Raises:
            NotHere: it is in an artifact.
        """
        from ..values import decoded  # noqa: TID252 - in a pod the package has another name

        return decoded(self.outcome["value"]) if "value" in self.outcome else None

    @property
    def name(self) -> str:
        """What the author calls an instance of a mapped task, by its map_index_template; empty if nothing."""
        from ..values import decoded  # noqa: TID252 - in a pod the package has another name

        name = str(decoded(self.outcome["name"])) if "name" in self.outcome else ""
        return "".join(char if char.isprintable() else "�" for char in name)

    @property
    def label(self) -> str:
        """The id, with the instance's name if it has one: `[3] north`."""
        return f"{self.id} {self.name}" if self.name else self.id

    @property
    def is_pod(self) -> bool:
        """Whether it is a process of its own."""
        return self.node.get("type") == "Pod"

    def walk(self) -> Iterator[StepRun]:
        """It and all inside of it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def to_json(self) -> dict[str, Any]:
        """As `--output json` prints it."""
        found: dict[str, Any] = {"id": self.id, "state": self.state}
        for key in ("startedAt", "finishedAt", "message"):
            if self.node.get(key):
                found[key] = self.node[key]
        if self.name:
            found["name"] = self.name
        if self.children:
            found["steps"] = [child.to_json() for child in self.children]
        return found


def steps_of(manifest: Dict, status: Dict) -> list[StepRun]:
    """The steps of a run, in the order of the manifest, also those that haven't begun.

    Args:
        manifest: the workflow.
        status: Argo's, with `nodes` readable.
    """
    return _Tree(manifest, status.get("nodes") or {}).top()


class _Tree:
    def __init__(self, manifest: Dict, nodes: Mapping[str, Dict]) -> None:
        annotations = (manifest.get("metadata") or {}).get("annotations") or {}
        self.ids: dict[str, str] = _object(annotations.get(f"{ANNOTATION}ids"))
        self.helpers, self.parts, self.proxies, self.whiles = (
            frozenset(filter(None, str(annotations.get(ANNOTATION + note, "")).split(",")))
            for note in ("helpers", "parts", "proxies", "whiles")
        )
        self.templates = {one["name"]: one for one in (manifest.get("spec") or {}).get("templates") or ()}
        self.entrypoint = self.templates.get(str((manifest.get("spec") or {}).get("entrypoint")))
        self.nodes = nodes

    def top(self) -> list[StepRun]:
        """The steps of the entrypoint, and of the exit handler."""
        found: list[StepRun] = []
        for root in sorted((node for node in self.nodes.values() if not node.get("boundaryID")), key=_by_name):
            if root["id"] in self._attempts:
                continue
            if str(root["name"]).endswith(".onExit"):
                found.append(StepRun("on exit", state_of(root), root, self._children(root)))
            else:
                steps = self._children(root) if root.get("type") in GROUPS else [self._step(root)]
                found = [*self._in_order(steps), *found]
        return found or self._in_order([])

    def _in_order(self, begun: list[StepRun]) -> list[StepRun]:
        """Steps that have begun and those that haven't, in the order of the manifest."""
        by_id = {step.id: step for step in begun}
        planned = [self.ids.get(name, name) for name in self._planned(self.entrypoint)]
        ordered = {name: by_id.pop(name, StepRun(name, PENDING)) for name in planned}
        return [*ordered.values(), *by_id.values()]

    def _planned(self, template: Dict | None) -> Iterator[str]:
        dag = (template or {}).get("dag") or {}
        steps = [step for group in (template or {}).get("steps") or () for step in group]
        for task in dag.get("tasks") or steps:
            called = task.get("template")
            if called in self.parts:
                yield from self._planned(self.templates.get(called))
            elif task["name"] not in self.helpers and called not in self.proxies:
                yield task["name"]

    # What is inside of what

    @cached_property
    def _attempts(self) -> dict[str, str]:
        """Node id → id of the retry or loop that made the node."""
        return {
            child: node["id"]
            for node in self.nodes.values()
            if node.get("type") in ("Retry", "TaskGroup")
            for child in node.get("children") or ()
            if child in self.nodes and self.nodes[child]["name"].startswith(node["name"] + "(")
        }

    @cached_property
    def _inside(self) -> dict[str, list[Dict]]:
        """Node id → the nodes inside of it: what it made, else what has it as a boundary."""
        found: dict[str, list[Dict]] = {}
        for node in self.nodes.values():
            holder = self._attempts.get(node["id"]) or str(node.get("boundaryID") or "")
            found.setdefault(holder, []).append(node)
        return found

    def _children(self, node: Dict) -> list[StepRun]:
        found: list[StepRun] = []
        for inner in sorted(self._inside.get(node["id"], ()), key=_by_name):
            if inner.get("templateName") in self.parts:
                found += self._children(inner)
            elif inner.get("type") != "StepGroup" and not self._is_helper(inner):
                found.append(self._step(inner))
        if node.get("templateName") in self.whiles:
            return self._iterations(found)
        return _without_empty_levels(node, found)

    def _iterations(self, found: list[StepRun]) -> list[StepRun]:
        """Of a level of a while-loop: its iterations that ran, and those of the next levels, counted through."""
        iterations = [step for step in found if step.id.startswith("iteration-")]
        ran = [step for step in iterations if step.state not in ("skipped", "upstream_failed")]
        for step in found:
            if step.node.get("type") == "DAG" and _ATTEMPT.search(step.node["name"]):
                return step.children  # the only attempt of the level
            if step.id == "next":
                ran += step.children
        for number, step in enumerate(ran, 1):
            step.id = f"iteration-{number}"
        return ran

    def _step(self, node: Dict) -> StepRun:
        step = StepRun(self._id(node), state_of(node), node, self._children(node))
        only = step.children[0] if len(step.children) == 1 else None
        if only is not None and _ITEM.search(node["name"]) and all(child.id.startswith("try ") for child in only.children):
            return StepRun(step.id, step.state, only.node, only.children)  # an item that is just one job
        return step

    def _is_helper(self, node: Dict) -> bool:
        return node.get("displayName") in self.helpers or node.get("templateName") in self.proxies

    def _id(self, node: Dict) -> str:
        name = str(node.get("displayName") or node["name"])
        item, attempt = _ITEM.search(name), _ATTEMPT.search(name)
        if item:
            return f"[{item[1]}]"
        if attempt and node["id"] in self._attempts:
            return f"try {int(attempt[1]) + 1}"
        return self.ids.get(name, name)


def state_of(node: Dict) -> str:
    """The end state of one of Argo's nodes, seen through what a job or a loop that reports said."""
    state = STATES.get(str(node.get("phase") or ""), PENDING)
    outputs = _parameters(node.get("outputs"))
    if state == "success" and "outcome" in outputs:
        return str(_object(outputs["outcome"]).get("state", state))
    if state == "success" and "outcomes" in outputs:
        return _overall([str(one.get("state")) for one in json.loads(outputs["outcomes"] or "[]")])
    return state


def _without_empty_levels(node: Dict, found: list[StepRun]) -> list[StepRun]:
    """Without levels that say nothing: the only attempt of a group, the expanded task of a loop."""
    if len(found) != 1:
        return found
    inner = found[0].node
    is_attempt = node.get("type") == "Retry" and _ATTEMPT.sub("", str(inner["name"])) == node["name"]
    return found[0].children if is_attempt or (inner.get("type") == "TaskGroup" and found[0].id == "each") else found


def _overall(states: list[str]) -> str:
    """The state of a mapped task as a whole."""
    if "failed" in states or "upstream_failed" in states:
        return "failed"
    return "success" if "success" in states or not states else "skipped"


def _by_name(node: Dict) -> list[tuple[int, str]]:
    """Names in their natural order: step-2 before step-10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", str(node["name"]))]


def _parameters(outputs: Any) -> dict[str, str]:
    return {one["name"]: one.get("value") or "" for one in (outputs or {}).get("parameters") or ()}


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(str(text).replace("Z", "+00:00")) if text else None


def _object(text: Any) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}

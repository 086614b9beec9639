"""Argo's status → how each node of a picture ended.

A node of a picture stands for all of Argo's nodes at its place: the items of a loop, the iterations of a while-loop, the calls
of a template from inside of it. Places are told by boundaries, not by the names of Argo's nodes, which hold texts of items.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from airflow_argo.graph.loops import ITERATION, NEXT
from airflow_argo.graph.model import Node, Outcome, Picture, State, worst
from airflow_argo.graph.reader import Reading
from airflow_argo.graph.source import Dict, Source, mapping
from airflow_argo.runners.tree import state_of

_HOOK = re.compile(r"\.(onExit|hooks\.[^.()]+)$")
_ITERATION = re.compile(rf"{ITERATION}-\d+$")
_NOT_RUN = (State.SKIPPED, State.UPSTREAM_FAILED)


def coloured(reading: Reading, source: Source, status: Dict) -> Picture:
    """The picture with the outcome of each node.

    Args:
        status: Argo's, with `nodes` readable.
    """
    places = _Places(reading, source, mapping(status, "nodes"))
    outcomes = {node.id: places.outcome(node) for node in reading.picture.nodes}
    children = reading.picture.children()
    for box in reversed([node for node in reading.picture.nodes if node.id in children]):
        if outcomes[box.id].state is None:  # a task group of Airflow's, which nothing runs
            outcomes[box.id] = _together(outcomes[child.id] for child in children[box.id])
    nodes = tuple(replace(node, outcome=outcomes[node.id]) for node in reading.picture.nodes)
    return replace(reading.picture, nodes=nodes, outcome=_outcome([status], [], [status]))


class _Places:
    """Argo's nodes by the place that they belong to."""

    def __init__(self, reading: Reading, source: Source, nodes: Mapping[str, Dict]) -> None:
        self.reading, self.source, self.nodes = reading, source, nodes
        self.made = _made_by_loops_and_retries(nodes)
        self.places: dict[str, str | None] = {}
        self.loops: dict[str, list[Dict]] = {}
        self.runs: dict[str, list[Dict]] = {}
        for id, node in nodes.items():
            place = self._place(id)
            if place is not None and node.get("type") != "StepGroup" and self.made.get(id) != "Retry":
                found = self.loops if node.get("type") == "TaskGroup" else self.runs
                found.setdefault(place, []).append(node)

    def outcome(self, node: Node) -> Outcome:
        """How a node of the picture ended."""
        place = self.reading.paths.get(node.id, node.id)
        own = self.runs.get(node.id, []) if place != node.id else []
        runs = self.runs.get(place, [])
        loops = [*self.loops.get(place, []), *own]
        if place.endswith(f"/{ITERATION}"):
            runs = [run for run in runs if state_of(run) != "skipped"]
        return _outcome(runs, loops, [*runs, *loops])

    def _place(self, id: str) -> str | None:
        """Where a node is: names of tasks from the outside to the inside, joined by slashes; None if it is nowhere."""
        todo = [id]
        while todo:
            holder = self.nodes[todo[-1]].get("boundaryID") or ""
            if holder in self.nodes and holder not in self.places:
                self.places[todo[-1]] = None  # until it is known; a node inside of itself is nowhere
                todo.append(holder)
                continue
            current = todo.pop()
            self.places[current] = self._inside(self.nodes[current], holder)
        return self.places[id]

    def _inside(self, node: Dict, holder: str) -> str | None:
        name = _task_name(node)
        if holder not in self.nodes:
            hook = _HOOK.search(name)
            return hook[0] if hook else ""
        around, template = self.places[holder], self.nodes[holder].get("templateName")
        if around is None or node.get("templateName") in self.source.proxies:
            return None
        if node.get("templateName") in self.source.parts:
            return around
        if template in self.source.whiles:
            if name == NEXT:
                return around
            name = ITERATION if _ITERATION.match(name) else name
        around = self.reading.again.get(around, around)
        return f"{around}/{name}" if around else name


def _made_by_loops_and_retries(nodes: Mapping[str, Dict]) -> dict[str, str]:
    """Id of an item or attempt → the type of what made it."""
    return {
        child: str(node["type"])
        for node in nodes.values()
        if node.get("type") in ("Retry", "TaskGroup")
        for child in node.get("children") or ()
        if child in nodes and str(nodes[child].get("name")).startswith(f"{node.get('name')}(")
    }


def _task_name(node: Dict) -> str:
    """The name of the task, of an item or attempt too; of a hook `a.onExit`, `a.hooks.name`."""
    shown = str(node.get("displayName") or node.get("name") or "")
    name, bracket, rest = shown.partition("(")
    hook = _HOOK.search(rest) if bracket else None
    return name + (hook[0] if hook else "")


# --- outcomes


def _outcome(runs: list[Dict], loops: list[Dict], all_nodes: list[Dict]) -> Outcome:
    """Of several runs together, and of what expanded them."""
    states = [_state(run) for run in runs]
    state = worst([*states, *map(_state, loops)])
    if state is None:
        return Outcome()
    counts = {one: states.count(one) for one in State if one in states}
    messages = [str(node.get("message") or "") for node in all_nodes if _state(node) is state]
    seconds = None if state in _NOT_RUN else _seconds(loops or runs)
    return Outcome(state=state, counts=counts, seconds=seconds, message=next(filter(None, messages), ""))


def _state(node: Dict) -> State:
    try:
        return State(state_of(node))
    except ValueError:  # a job said something of its own making
        return State.SUCCESS


def _seconds(nodes: Iterable[Dict]) -> float | None:
    spans = [(_time(node.get("startedAt")), _time(node.get("finishedAt"))) for node in nodes]
    starts = [start for start, _ in spans if start is not None]
    ends = [end for _, end in spans if end is not None]
    return (max(ends) - min(starts)).total_seconds() if starts and len(ends) == len(spans) else None


def _time(given: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(given).replace("Z", "+00:00")) if given else None
    except ValueError:
        return None


def _together(outcomes: Iterable[Outcome]) -> Outcome:
    return Outcome(state=worst(outcome.state for outcome in outcomes if outcome.state is not None))

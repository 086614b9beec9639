"""How a run of Argo's nodes ended, told as Airflow would tell it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from airflow_argo.comparison.ends import TRIGGERED, UNMAPPED, Ended, Task
from airflow_argo.pod.values import CLASS, decoded, text_of, to_json
from airflow_argo.runners.tree import StepRun
from airflow_argo.translator.branches import FOLLOW

OWN_KEYS = frozenset({FOLLOW})
"""What the translation pushes for itself."""

RUN_STATES = {"Succeeded": "success", "Failed": "failed", "Error": "failed"}
"""Phase of a workflow → the state of a DAG run."""


def ended_of(state: str, tree: list[StepRun]) -> Ended:
    """What a run's tree tells about its tasks and XComs."""
    tasks: dict[Task, str] = {}
    tries: dict[Task, int] = {}
    xcoms: dict[tuple[str, int, str], Any] = {}
    names: dict[Task, str] = {}
    for task, step in _instances(tree, UNMAPPED):
        tasks[task] = step.state
        if step.name not in (None, "", str(task[1])) and step.state in ("success", "skipped"):
            names[task] = step.name
        tries[task] = _tries(step)
        for key, value in _pushed(step):
            xcoms[task[0], task[1], key] = value
    return Ended(state, tasks, tries, xcoms, names)


def _instances(tree: list[StepRun], index: int) -> Iterator[tuple[Task, StepRun]]:
    for step in tree:
        if str(step.node.get("name", "")).endswith(".onExit"):
            continue  # callbacks of the DAG
        items = [child for child in step.children if child.id.startswith("[")]
        if not items:
            yield (step.id, index), step
        for item in items:
            number = int(item.id[1:-1])
            inner = [child for child in item.children if not child.id.startswith("try ")]
            if inner:
                yield from _instances(inner, number)
            else:
                yield (step.id, number), item


def _tries(step: StepRun) -> int:
    """How often it was tried; 0 if it never began."""
    if step.state in ("upstream_failed", "pending") or step.node.get("phase") in ("Skipped", "Omitted"):
        return 0
    return max(1, sum(child.id.startswith("try ") for child in step.children))


def _pushed(step: StepRun) -> Iterator[tuple[str, Any]]:
    if TRIGGERED in step.outputs:
        yield TRIGGERED, json.loads(step.outputs[TRIGGERED])
    outcome = step.outcome
    if "value" in outcome:
        yield "return_value", _read(outcome["value"])
    for key, value in (outcome.get("pushed") or {}).items():
        if key not in OWN_KEYS:
            yield key, _read(value)


def _read(text: str) -> Any:
    """What a task would get, as JSON; of a class that Airflow doesn't read its name."""
    try:
        return to_json(decoded(text))
    except (ImportError, TypeError):
        return {"unreadable": json.loads(text_of(text))["of"][CLASS].rpartition(".")[2]}

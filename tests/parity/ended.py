"""How a run of a DAG ended, whoever ran it; and what differs between two such ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Task = tuple[str, int]
"""Task id, and map index."""

UNMAPPED = -1
"""The map index of a task that isn't mapped, or was never expanded."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended.

    Attributes:
        state: success or failed.
        tasks: task → end state.
        tries: task → how often it was tried; 0 if it never began.
        xcoms: (task id, map index, key) → value as JSON.
    """

    state: str
    tasks: Mapping[Task, str]
    tries: Mapping[Task, int]
    xcoms: Mapping[tuple[str, int, str], Any]

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Ended:
        """From what the program on Airflow's side answers."""
        tasks = {(task_id, index): state for task_id, index, state, _ in found["tasks"]}
        tries = {(task_id, index): tried for task_id, index, _, tried in found["tasks"]}
        xcoms = {(task_id, index, key): value for task_id, index, key, value in found["xcoms"]}
        return cls(found["state"], tasks, tries, xcoms)


@dataclass(frozen=True, slots=True)
class Refused:
    """The DAG isn't translated; each reason begins with a diagnostic's code."""

    reasons: tuple[str, ...]


def differences(airflow: Ended, argo: Ended) -> list[str]:
    """What differs, one line each; empty if the ends are equal.

    A mapped task of which no instance began is one node on Argo. Airflow has that too, or one instance for each item if it
    knew their number before: then all of them ended as that node did.
    """
    argo = _as_expanded(argo, airflow)
    found = [] if airflow.state == argo.state else [f"the run: {airflow.state} in Airflow, {argo.state} here"]
    found += _differing("task", airflow.tasks, argo.tasks)
    found += _differing("tries of", airflow.tries, argo.tries)
    found += _differing("XCom", airflow.xcoms, argo.xcoms)
    return found


def _as_expanded(argo: Ended, airflow: Ended) -> Ended:
    tasks, tries = dict(argo.tasks), dict(argo.tries)
    for task_id, index in argo.tasks:
        instances = [task for task in airflow.tasks if task[0] == task_id]
        if index == UNMAPPED and argo.tries[task_id, index] == 0 and instances and (task_id, UNMAPPED) not in airflow.tasks:
            state = tasks.pop((task_id, UNMAPPED))
            del tries[task_id, UNMAPPED]
            tasks |= dict.fromkeys(instances, state)
            tries |= dict.fromkeys(instances, 0)
    return Ended(argo.state, tasks, tries, argo.xcoms)


def _differing(what: str, airflow: Mapping[Any, Any], argo: Mapping[Any, Any]) -> Iterator[str]:
    for key in sorted(airflow.keys() | argo.keys()):
        one, other = airflow.get(key, "absent"), argo.get(key, "absent")
        if one != other:
            yield f"{what} {key}: {one!r} in Airflow, {other!r} here"

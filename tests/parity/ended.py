"""How a run of a DAG ended, whoever ran it; and what differs between two such ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
        names: what instances that began and didn't fail are called, if by anything but their index.
    """

    state: str
    tasks: Mapping[Task, str]
    tries: Mapping[Task, int]
    xcoms: Mapping[tuple[str, int, str], Any]
    names: Mapping[Task, str] = field(default_factory=dict)

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Ended:
        """From what the program on Airflow's side answers."""
        tasks = {(task_id, index): state for task_id, index, state, _ in found["tasks"]}
        tries = {(task_id, index): tried for task_id, index, _, tried in found["tasks"]}
        xcoms = {(task_id, index, key): value for task_id, index, key, value in found["xcoms"]}
        names = {(task_id, index): name for task_id, index, name in found["names"]}
        return cls(found["state"], tasks, tries, xcoms, names)


@dataclass(frozen=True, slots=True)
class Refused:
    """The DAG isn't translated; each reason begins with a diagnostic's code."""

    reasons: tuple[str, ...]


def differences(airflow: Ended, argo: Ended) -> list[str]:
    """What differs, one line each; empty if the ends are equal.

    A mapped task of which no instance began, and all ended alike, is taken for one task: whether it is one before or after its
    expansion depends on what is known when, and nobody after it can tell.
    """
    airflow, argo = _collapsed(airflow), _collapsed(argo)
    found = [] if airflow.state == argo.state else [f"the run: {airflow.state} in Airflow, {argo.state} here"]
    found += _differing("task", airflow.tasks, argo.tasks)
    found += _differing("tries of", airflow.tries, argo.tries)
    found += _differing("XCom", airflow.xcoms, argo.xcoms)
    found += _differing("the name of", airflow.names, argo.names)
    return found


def _collapsed(ended: Ended) -> Ended:
    tasks, tries = dict(ended.tasks), dict(ended.tries)
    for task_id in {task_id for task_id, index in ended.tasks if index != UNMAPPED}:
        instances = [task for task in ended.tasks if task[0] == task_id]
        states = {ended.tasks[task] for task in instances}
        if len(states) == 1 and not any(ended.tries[task] for task in instances):
            for task in instances:
                del tasks[task], tries[task]
            tasks[task_id, UNMAPPED], tries[task_id, UNMAPPED] = states.pop(), 0
    return Ended(ended.state, tasks, tries, ended.xcoms, ended.names)


def _differing(what: str, airflow: Mapping[Any, Any], argo: Mapping[Any, Any]) -> Iterator[str]:
    for key in sorted(airflow.keys() | argo.keys()):
        one, other = airflow.get(key, "absent"), argo.get(key, "absent")
        if one != other:
            yield f"{what} {key}: {one!r} in Airflow, {other!r} here"

"""How a run of a DAG ended, whoever ran it; and what differs between two such ends."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Task = tuple[str, int]
"""Task id, and map index."""

UNMAPPED = -1
"""The map index of a task that isn't mapped, or was never expanded."""

TRIGGERED = "trigger_run_id"
"""The key under which TriggerDagRunOperator pushes the id of the run that it made."""

ABSENT = "absent"
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended.

    Attributes:
        state: success or failed.
        tasks: task → end state.
        tries: task → how often it was tried; 0 if it never began.
        xcoms: (task id, map index, key) → value as JSON.
        names: what instances that began and didn't fail are called, if by anything but their index.
        run_id: what the run was called.
    """

    state: str
    tasks: Mapping[Task, str]
    tries: Mapping[Task, int]
    xcoms: Mapping[tuple[str, int, str], Any]
    names: Mapping[Task, str] = field(default_factory=dict)
    run_id: str = ""

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Ended:
        """From what the program on Airflow's side answers."""
        tasks = {(task_id, index): state for task_id, index, state, _ in found["tasks"]}
        tries = {(task_id, index): tried for task_id, index, _, tried in found["tasks"]}
        xcoms = {(task_id, index, key): value for task_id, index, key, value in found["xcoms"]}
        names = {(task_id, index): name for task_id, index, name in found["names"]}
        return cls(found["state"], tasks, tries, xcoms, names, found["run_id"])


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that isn't the same.

    Attributes:
        what: the run, a task, its tries, its name, or an XCom.
        task: its id and map index; None of the run.
        key: the XCom's.
        airflow, argo: what it is there; `absent` if it isn't.
    """

    what: str
    task: Task | None
    key: str | None
    airflow: Any
    argo: Any

    def __str__(self) -> str:
        index = f" [{self.task[1]}]" if self.task and self.task[1] != UNMAPPED else ""
        of = f" {self.task[0]}{index}" if self.task else ""
        return (
            f"{self.what}{of}{f' {self.key}' if self.key else ''}: {_shown(self.airflow)} in Airflow, {_shown(self.argo)} here"
        )

    def to_json(self) -> dict[str, Any]:
        """As `--output json` prints it."""
        task_id, index = self.task or (None, UNMAPPED)
        found = {"what": self.what, "task": task_id, "map_index": None if index == UNMAPPED else index, "key": self.key}
        return {**{key: value for key, value in found.items() if value is not None}, "airflow": self.airflow, "argo": self.argo}


def differences(airflow: Ended, argo: Ended) -> list[Difference]:
    """What differs; empty if the ends are equal.

    A mapped task of which no instance began, and all ended alike, is taken for one task: whether it is one before or after its
    expansion depends on what is known when, and nobody after it can tell.
    """
    airflow, argo = collapsed(airflow), collapsed(argo)
    found = [] if airflow.state == argo.state else [Difference("the run", None, None, airflow.state, argo.state)]
    found += _differing("task", airflow.tasks, argo.tasks)
    found += _differing("tries of", airflow.tries, argo.tries)
    found += _differing("XCom of", airflow.xcoms, argo.xcoms)
    found += _differing("the name of", airflow.names, argo.names)
    return found


def collapsed(ended: Ended) -> Ended:
    """The end with one task for each mapped task of which no instance began, and all ended alike."""
    tasks, tries = dict(ended.tasks), dict(ended.tries)
    for task_id in {task_id for task_id, index in ended.tasks if index != UNMAPPED}:
        instances = [task for task in ended.tasks if task[0] == task_id]
        states = {ended.tasks[task] for task in instances}
        if len(states) == 1 and not any(ended.tries[task] for task in instances):
            for task in instances:
                del tasks[task], tries[task]
            tasks[task_id, UNMAPPED], tries[task_id, UNMAPPED] = states.pop(), 0
    return Ended(ended.state, tasks, tries, ended.xcoms, ended.names)


def _differing(what: str, airflow: Mapping[Any, Any], argo: Mapping[Any, Any]) -> Iterator[Difference]:
    for of in sorted(airflow.keys() | argo.keys()):
        one, other = airflow.get(of, ABSENT), argo.get(of, ABSENT)
        if one != other and not (of[-1] == TRIGGERED and _are_of_their_time(one, other)):
            yield Difference(what, of[:2], of[2] if len(of) > 2 else None, one, other)


def _are_of_their_time(one: Any, other: Any) -> bool:
    """Whether two ids of runs are made of when each was triggered. Source: DagRun.generate_run_id."""
    return all(isinstance(run_id, str) and _OF_ITS_TIME.match(run_id) for run_id in (one, other))


_OF_ITS_TIME = re.compile(r"manual__\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+[+]00:00")
"""With parts of a second, as dates that authors give seldom have."""


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"

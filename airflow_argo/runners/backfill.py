"""A backfill: many runs of one workflow, so many at once, until all have ended. Done again, it goes on where it broke off.

Each run has a name that its date decides, so that whoever looks finds it: what is there is taken as it is, whoever made it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from airflow_argo.argo.phases import SUCCEEDED, WORKFLOW_DONE
from airflow_argo.runners.waiting import NotDoneInTime

PLANNED, SUBMITTED = "Planned", "Submitted"


@dataclass(slots=True)
class BackfillRun:
    """A run of a backfill.

    Attributes:
        parameters: values for the workflow's inputs; run_id and logical_date among them.
        phase: `Planned`, `Submitted`, or Argo's.
        found: it was there already.
    """

    name: str
    parameters: Mapping[str, str]
    phase: str = PLANNED
    message: str = ""
    found: bool = False
    reruns: bool = field(default=False, repr=False)

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self.phase in WORKFLOW_DONE

    @property
    def active(self) -> bool:
        """Whether it goes on."""
        return not self.done and self.phase != PLANNED

    def to_json(self) -> dict[str, Any]:
        """As `--output json` shows it."""
        dates = {name: self.parameters[name] for name in DATES}
        return {**dates, "name": self.name, "phase": self.phase, "message": self.message, "found": self.found}


DATES = ("run_id", "logical_date", "data_interval_start", "data_interval_end")


class Place(Protocol):
    """Where the runs of a backfill are: a cluster, or this machine.

    Attributes:
        look: seconds between two looks at runs.
    """

    look: float

    def phases(self, names: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Phase and message of those of the runs that are there."""

    def start(self, run: BackfillRun) -> None:
        """Starts a run, or goes on with one that broke off."""

    def remove(self, run: BackfillRun) -> None:
        """Removes a run that has ended."""


@dataclass(slots=True)
class Backfill:
    """Runs, in their order.

    Attributes:
        at_once: how many may go on at the same time.
        rerun: phases in which a run that is found has to run anew.
        tell: is told each run whose phase has changed.
    """

    place: Place
    runs: Sequence[BackfillRun]
    at_once: int
    rerun: frozenset[str] = frozenset()
    tell: Callable[[BackfillRun], None] = lambda _run: None

    def run(self, timeout: float | None = None) -> None:
        """Until all runs have ended.

        Raises:
            NotDoneInTime: they haven't in so many seconds; those that go on do so.
        """
        end = None if timeout is None else time.monotonic() + timeout
        self._find()
        while True:
            self._start()
            if all(run.done for run in self.runs):
                return
            if end is not None and time.monotonic() >= end:
                raise NotDoneInTime(f"the backfill of {len(self.runs)} runs", timeout or 0)
            time.sleep(self.place.look)
            self._look()

    def _find(self) -> None:
        """What is there of an earlier time."""
        there = self.place.phases([run.name for run in self.runs])
        for run in self.runs:
            if run.name in there:
                phase, run.message = there[run.name]
                run.found, run.reruns = True, phase in self.rerun
                self._is(run, PLANNED if run.reruns else phase or SUBMITTED)

    def _start(self) -> None:
        for run in self.runs:
            if sum(one.active for one in self.runs) >= self.at_once:
                return
            if run.phase == PLANNED:
                if run.reruns:
                    self.place.remove(run)
                    run.found, run.message = False, ""
                self.place.start(run)
                self._is(run, SUBMITTED)

    def _look(self) -> None:
        active = [run for run in self.runs if run.active]
        there = self.place.phases([run.name for run in active])
        for run in active:
            if run.name in there:
                phase, run.message = there[run.name]
                self._is(run, phase or SUBMITTED)
            else:
                run.message = "it is gone: somebody deleted it"
                self._is(run, "Error")

    def _is(self, run: BackfillRun, phase: str) -> None:
        if phase != run.phase:
            run.phase = phase
            self.tell(run)

    @property
    def succeeded(self) -> bool:
        """Whether every run did."""
        return all(run.phase == SUCCEEDED for run in self.runs)

"""A run of a workflow: what it is, how it stands, how it ended. The same surface for a run here and one on Argo."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from airflow_argo.argo.phases import SUCCEEDED, WORKFLOW_DONE
from airflow_argo.diagnostics import AirflowArgoError, ExitCode
from airflow_argo.runners.tree import StepRun, steps_of

Dict = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line that a step wrote.

    Attributes:
        step: the step's id, with those around it: `play / [2] / draw`.
    """

    step: str
    text: str


@dataclass(frozen=True)
class Progress:
    """How a run stands: its status as Argo has it, and the lines written since the last time."""

    manifest: Mapping[str, Any]
    status: Mapping[str, Any]
    lines: tuple[LogLine, ...] = ()

    @cached_property
    def steps(self) -> list[StepRun]:
        """The steps, as a tree."""
        return steps_of(self.manifest, self.status)


OnProgress = Callable[[Progress], None]


class RunFailed(AirflowArgoError):
    """A run ended without success."""

    exit_code = ExitCode.RUN_FAILED

    def __init__(self, name: str, phase: str, message: str, failed: tuple[tuple[str, str], ...]) -> None:
        super().__init__(name, phase, message, failed)
        self.name, self.phase, self.message, self.failed = name, phase, message, failed

    def __str__(self) -> str:
        why = f": {self.message}" if self.message else ""
        steps = [f"\n  {step} failed" + (f": {reason}" if reason else "") for step, reason in self.failed]
        return f"workflow '{self.name}' is {self.phase}{why}{''.join(steps)}"


class Run(ABC):
    """A run of a workflow.

    Attributes:
        name: the workflow's.
        manifest: the Workflow that runs.
    """

    def __init__(self, name: str, manifest: Dict) -> None:
        self.name, self.manifest = name, manifest

    @abstractmethod
    def raw_status(self) -> Dict:
        """The status as Argo has it, now."""

    @abstractmethod
    def wait(self, timeout: float | None = None, on_progress: OnProgress | None = None) -> Run:
        """Waits for the end.

        Args:
            timeout: seconds; None: as long as it takes.
            on_progress: called with changes, some times a second, maybe in another thread.
        Raises:
            AirflowArgoError: it isn't done in time, or it is gone.
        """

    @abstractmethod
    def logs(self, *, follow: bool = False) -> Iterator[LogLine]:
        """What its steps wrote, in the order of starting; with `follow` until it is done."""

    @abstractmethod
    def stop(self) -> None:
        """Ends it; its on-exit step runs."""

    @abstractmethod
    def terminate(self) -> None:
        """Ends it at once."""

    @abstractmethod
    def resume(self) -> None:
        """Lets it go on where it is suspended."""

    @abstractmethod
    def retry(self, *, restart_successful: str | None = None, on_progress: OnProgress | None = None) -> Run:
        """Runs what failed again, and what came after it. Returns the run that this makes.

        Args:
            restart_successful: a node selector, as `displayName=load`: these nodes too.
            on_progress: called with changes; then it returns when that run has ended.
        """

    @abstractmethod
    def delete(self) -> None:
        """Removes what is kept of it."""

    @property
    def status(self) -> str:
        """`""` (not begun), Pending, Running, Succeeded, Failed or Error."""
        return str(self.raw_status().get("phase") or "")

    @property
    def message(self) -> str:
        """Why it is so, if Argo says."""
        return str(self.raw_status().get("message") or "")

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self.status in WORKFLOW_DONE

    @property
    def succeeded(self) -> bool:
        """Whether it ended well."""
        return self.status == SUCCEEDED

    @property
    def steps(self) -> dict[str, StepRun]:
        """The author's steps by id, with what is inside of them."""
        return {step.id: step for step in self.tree}

    @property
    def tree(self) -> list[StepRun]:
        """The steps in order."""
        return steps_of(self.manifest, self.raw_status())

    @property
    def outputs(self) -> dict[str, Any]:
        """The workflow's outputs: JSON as what it is, other text as text."""
        given = (self.raw_status().get("outputs") or {}).get("parameters") or []
        return {one["name"]: _value(one.get("value") or "") for one in given}

    def check(self) -> Run:
        """The run, if it succeeded.

        Raises:
            RunFailed: it didn't; with the steps that failed.
        """
        if self.succeeded:
            return self
        failed = tuple((path, step.message) for path, step in failures(self.tree))
        raise RunFailed(self.name, self.status or "not begun", self.message, failed)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self.status or 'not begun'}>"


def failures(tree: list[StepRun], path: str = "") -> Iterator[tuple[str, StepRun]]:
    """The innermost steps that failed, each with its path."""
    for step in tree:
        here = f"{path} / {step.id}" if path else step.id
        inner = list(failures(step.children, here))
        yield from inner
        if step.state == "failed" and not inner:
            yield here, step


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text

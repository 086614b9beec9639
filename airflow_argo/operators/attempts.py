"""One try of a task and its workflow: the name that follows from the try, and which workflow of an earlier try goes on. Pure.

A try has a key that no other try of any task has. The workflow's name follows from it, so submitting twice makes one.
What an earlier try left is found by labels. It was left for one of these reasons, and told apart by what it shows:

- its worker died, or was evicted: the workflow isn't done, or has succeeded and Airflow doesn't know: adopt it;
- its worker saw it fail, or it was killed: the workflow has failed, or is being shut down: submit a new one, or with
  `retry_strategy="retry"` let Argo run again what failed of it;
- a user has cleared the task: the workflow is of an earlier `max_tries`, which Airflow raises with each clear: submit a new
  one, unless nobody has read how it ended.

What a try reads is in Airflow only when the try has ended, so a note on the workflow that its end was read says nothing to a
retry of the same `max_tries`: the worker may have died just after it wrote the note.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from airflow_argo.argo.limits import MAX_LABEL_VALUE, MAX_WORKFLOW_NAME
from airflow_argo.argo.names import is_label_value, task_slug
from airflow_argo.argo.phases import SUCCEEDED
from airflow_argo.cluster import Snapshot, Submission
from airflow_argo.cluster.manifests import suffix_of

PREFIX: Final = "airflow-argo.io/"
READ: Final = f"{PREFIX}read"
"""Annotation: the `status.finishedAt` of the end that a task has read, or `UNATTENDED`."""

MAX_TRIES: Final = f"{PREFIX}max-tries"
"""Annotation: Airflow's `max_tries` of the task instance when a try of it last took the workflow for its own."""

UNATTENDED: Final = "never"
"""The task was done when it had submitted; nobody waits for the end."""

RetryStrategy: TypeAlias = Literal["resubmit", "retry"]


@dataclass(frozen=True, slots=True)
class TaskTry:
    """One try of a task instance.

    Attributes:
        map_index: -1 if the task isn't mapped.
        id: Airflow's own for this try, where it has one (3.x): no other Airflow has the same.
        deployment: tells this Airflow from others that use the same namespaces.
        max_tries: Airflow raises it whenever the task instance is cleared; -1 is unknown.
        after: the uid of the workflow that this very try has made before, to its end: `airflow tasks test` carries out the same
            try as often as it is called.
    """

    dag_id: str
    task_id: str
    run_id: str
    map_index: int
    try_number: int
    id: str = ""
    deployment: str = ""
    max_tries: int = -1
    after: str = ""

    @classmethod
    def of(cls, context: Any, deployment: str = "") -> TaskTry:
        """The try that a task's context is for."""
        ti = context["ti"]
        return cls(
            dag_id=ti.dag_id,
            task_id=ti.task_id,
            run_id=ti.run_id,
            map_index=-1 if ti.map_index is None else ti.map_index,
            try_number=ti.try_number,
            id=str(getattr(ti, "id", "") or ""),
            deployment=deployment,
            max_tries=getattr(ti, "max_tries", -1),
        )

    @property
    def instance(self) -> str:
        """Tells the task instance, over all of its tries, from any other; fits into a label."""
        facts = (self.deployment, self.dag_id, self.run_id, self.task_id, str(self.map_index))
        return hashlib.sha256("\0".join(facts).encode()).hexdigest()[:32]

    @property
    def key(self) -> str:
        """Tells this try from any other."""
        return f"airflow:{self.instance}:{self.try_number}:{self.id}{self.after and f':{self.after}'}"

    @property
    def name(self) -> str:
        """The workflow's name: what a person recognises, and ten letters that follow from the key."""
        return named(f"{self.dag_id}-{self.task_id}", self.key)

    @property
    def labels(self) -> dict[str, str]:
        """What the workflow is found by."""
        facts = {
            "dag-id": self.dag_id,
            "task-id": self.task_id,
            "run-id": self.run_id,
            "map-index": str(self.map_index),
            "try-number": str(self.try_number),
            "task-instance": self.instance,
        }
        return {f"{PREFIX}{key}": label_value(value) for key, value in facts.items() if value != "-1"}

    @property
    def annotations(self) -> dict[str, str]:
        """The same in full, where labels can't hold it, and what tells retries from clears."""
        full = {f"{PREFIX}dag-id": self.dag_id, f"{PREFIX}task-id": self.task_id, f"{PREFIX}run-id": self.run_id}
        return {**full, MAX_TRIES: str(self.max_tries)}

    @property
    def selector(self) -> str:
        """Matches the workflows of all tries of the task instance."""
        return f"{PREFIX}task-instance={self.instance}"


def named(text: str, key: str) -> str:
    """A workflow's name: as much of the text as fits, and letters that follow from the key."""
    suffix = suffix_of(key)
    return f"{task_slug(text).lower()[: MAX_WORKFLOW_NAME - len(suffix) - 1].strip('-') or 'task'}-{suffix}"


def label_value(text: str) -> str:
    """The text as a label's value; what loses something by that ends in a hash, as in Airflow's `make_safe_label_value`."""
    if is_label_value(text):
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:9]
    kept = re.sub(r"[^A-Za-z0-9_.-]", "", text)[: MAX_LABEL_VALUE - len(digest) - 1].strip("-_.")
    return f"{kept}-{digest}" if kept else digest


@dataclass(frozen=True, slots=True)
class Submit:
    """Submit a workflow of this try's own."""


@dataclass(frozen=True, slots=True)
class Adopt:
    """Go on with the workflow of an earlier try."""

    workflow: Snapshot


@dataclass(frozen=True, slots=True)
class RetryFailed:
    """Let Argo run again what failed of an earlier try's workflow, once it is done.

    Attributes:
        cleared: the task was cleared since that try, so that its author may have changed it.
    """

    workflow: Snapshot
    cleared: bool = False


def first_of_try(attempt: TaskTry, submit: Callable[..., Submission]) -> Submission:
    """What is submitted in a try under its name and key; under others, if the try was carried out to its end before.

    Airflow never does that to a try, but for `airflow tasks test`: there the author wants to see what the task does now.
    """
    submission = submit(name=attempt.name, key=attempt.key)
    while submission.adopted and is_read(submission.workflow):
        attempt = replace(attempt, after=submission.workflow.uid)
        submission = submit(name=attempt.name, key=attempt.key)
    return submission


def next_step(
    earlier: Iterable[Snapshot], strategy: RetryStrategy, *, max_tries: int = -1, notes: bool = True
) -> Submit | Adopt | RetryFailed:
    """What a try does, given the workflows that tries of its task instance have left.

    Args:
        earlier: those workflows, in any order.
        strategy: what is done about a failure.
        max_tries: of this try.
        notes: whether notes can be put on workflows. Without them a clear takes a success for read.
    """
    latest = max(earlier, key=_age, default=None)
    if latest is None or latest.manifest["metadata"].get("deletionTimestamp"):
        return Submit()
    cleared = _is_of_earlier_clear(latest, max_tries)
    settled = cleared and (is_read(latest) or (latest.done and not notes))
    if latest.phase == SUCCEEDED or not (latest.done or is_stopped(latest)):
        return Submit() if settled else Adopt(latest)
    return RetryFailed(latest, cleared) if strategy == "retry" else Submit()


def _is_of_earlier_clear(workflow: Snapshot, max_tries: int) -> bool:
    """Whether the task was cleared since a try took the workflow for its own; taken for true where nobody knows."""
    noted = (workflow.manifest["metadata"].get("annotations") or {}).get(MAX_TRIES)
    return max_tries < 0 or noted != str(max_tries)


def began_at(workflow: Snapshot) -> float | None:
    """When it began to run (again), else was made: seconds since 1970 by the cluster's clock; None if it doesn't say."""
    status, meta = workflow.manifest.get("status") or {}, workflow.manifest["metadata"]
    text = str(status.get("startedAt") or meta.get("creationTimestamp") or "")
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None


def is_stopped(workflow: Snapshot) -> bool:
    """Whether somebody has told it to end."""
    return bool((workflow.manifest.get("spec") or {}).get("shutdown"))


def is_read(workflow: Snapshot) -> bool:
    """Whether a task has read this end of the workflow (after a retry it ends anew), or never meant to."""
    finished = (workflow.manifest.get("status") or {}).get("finishedAt")
    note = (workflow.manifest["metadata"].get("annotations") or {}).get(READ)
    return note == UNATTENDED or (bool(finished) and note == finished)


def read_note(workflow: Snapshot) -> dict[str, str]:
    """The annotations that say that the workflow's end was read."""
    return {READ: str((workflow.manifest.get("status") or {}).get("finishedAt") or "")}


def _age(workflow: Snapshot) -> tuple[int, str]:
    meta = workflow.manifest["metadata"]
    number = (meta.get("labels") or {}).get(f"{PREFIX}try-number", "0")
    return (int(number) if number.isdigit() else 0, str(meta.get("creationTimestamp") or ""))

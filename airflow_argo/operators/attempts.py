"""One try of a task and its workflow: the name that follows from the try, and which workflow of an earlier try goes on. Pure.

A try has a key that no other try of any task has. The workflow's name follows from it, so submitting twice makes one.
What an earlier try left is found by labels. It was left for one of these reasons, and told apart by what it shows:

- its worker died, or was evicted, while the workflow went on: the workflow isn't done, or nobody has read its end: adopt it;
- its worker saw it end, or it was killed: the workflow has a note that its end was read, or is being shut down: submit a new
  one, or with `retry_strategy="retry"` let Argo run again what failed of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from airflow_argo.argo.limits import MAX_LABEL_VALUE, MAX_WORKFLOW_NAME
from airflow_argo.argo.names import LABEL_VALUE, task_slug
from airflow_argo.argo.phases import SUCCEEDED
from airflow_argo.cluster import Snapshot
from airflow_argo.cluster.manifests import suffix_of

PREFIX: Final = "airflow-argo.io/"
READ: Final = f"{PREFIX}read"
"""Annotation: the `status.finishedAt` of the end that a task has read, or `UNATTENDED`."""

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
    """

    dag_id: str
    task_id: str
    run_id: str
    map_index: int
    try_number: int
    id: str = ""
    deployment: str = ""

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
        )

    @property
    def instance(self) -> str:
        """Tells the task instance, over all of its tries, from any other; fits into a label."""
        facts = (self.deployment, self.dag_id, self.run_id, self.task_id, str(self.map_index))
        return hashlib.sha256("\0".join(facts).encode()).hexdigest()[:32]

    @property
    def key(self) -> str:
        """Tells this try from any other."""
        return f"airflow:{self.instance}:{self.try_number}:{self.id}"

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
        """The same in full, where labels can't hold it."""
        return {f"{PREFIX}dag-id": self.dag_id, f"{PREFIX}task-id": self.task_id, f"{PREFIX}run-id": self.run_id}

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
    if len(text) <= MAX_LABEL_VALUE and LABEL_VALUE.match(text):
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
    """Let Argo run again what failed of an earlier try's workflow, once it is done."""

    workflow: Snapshot


def next_step(earlier: Iterable[Snapshot], strategy: RetryStrategy, *, notes: bool = True) -> Submit | Adopt | RetryFailed:
    """What a try does, given the workflows that tries of its task instance have left.

    Without `notes` nobody can say that an end was read; a workflow that Succeeded is then taken for read, so that a task that
    was cleared runs anew, though a task whose worker died in the moment of success does too.
    """
    latest = max(earlier, key=_age, default=None)
    if latest is None or latest.manifest["metadata"].get("deletionTimestamp"):
        return Submit()
    if not (latest.done or is_stopped(latest)):
        return Submit() if is_read(latest) else Adopt(latest)
    if latest.phase == SUCCEEDED:
        return Submit() if is_read(latest) or not notes else Adopt(latest)
    return RetryFailed(latest) if strategy == "retry" else Submit()


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

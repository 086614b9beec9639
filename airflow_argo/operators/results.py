"""What a task takes from a workflow that has ended: typed outputs, the states of its steps, and why it failed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from airflow_argo.argo.phases import FAILED_OR_ERROR
from airflow_argo.cluster import NodesUnreadableError, Snapshot

if TYPE_CHECKING:
    from logging import Logger

    from airflow_argo.model.values import Type
    from airflow_argo.runners.tree import StepRun

OutputFormat: TypeAlias = Literal["json", "text"]
_MOST_FAILURES: Final = 20


def typed_outputs(texts: Mapping[str, str], types: Mapping[str, Type], format: OutputFormat) -> dict[str, Any]:
    """The workflow's global output parameters as values.

    Args:
        texts: as Argo has them: all are text.
        types: where they are known, since the workflow is ours.
        format: of the others: "json": what is JSON is read as such (`3`, `[1, 2]`, `true`), anything else stays text.
    """
    return {name: _typed(text, types.get(name), format) for name, text in texts.items()}


def _typed(text: Any, type_: Type | None, format: OutputFormat) -> Any:
    from airflow_argo.model.values import Type  # here: DAG files don't need the model

    if type_ is Type.TEXT or (type_ is None and format == "text") or not isinstance(text, str):
        return text
    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        return text


def _finite(word: str) -> float:
    """A number that Airflow can store: NaN, Infinity and 1e400 aren't."""
    if math.isfinite(number := float(word)):
        return number
    raise ValueError(word)


def steps(workflow: Snapshot) -> list[StepRun]:
    """The workflow's steps as its author wrote them; [] if the nodes can't be read."""
    from airflow_argo.runners.tree import steps_of

    try:
        return steps_of(workflow.manifest, {"nodes": dict(workflow.nodes)})
    except NodesUnreadableError:
        return []


def returned(found: Iterable[StepRun], log: Logger) -> dict[str, Any]:
    """Step id → what it returned; those that returned nothing, or put it into an artifact, aren't there."""
    from airflow_argo.operators.stored import pushed_value
    from airflow_argo.pod.large import NotHere

    def value_of(step: StepRun) -> Any:
        try:
            return pushed_value(step.outcome["value"]) if "value" in step.outcome else None
        except NotHere as error:
            log.warning("What '%s' returned is not among the outputs: %s", step.id, error)

    return {step.id: value for step in found if (value := value_of(step)) is not None}


def failures(workflow: Snapshot) -> Iterator[tuple[str, str, str]]:
    """Nodes of steps that failed by themselves: (node id, display name, message); the first ones in time, at most twenty."""
    from airflow_argo.runners.tree import without_helpers

    try:
        nodes = without_helpers(workflow.manifest, workflow.nodes.values())
    except NodesUnreadableError:
        return
    failed = [
        node
        for node in nodes
        if node.get("phase") in FAILED_OR_ERROR and (node.get("type") == "Pod" or not node.get("children"))
    ]
    for node in sorted(failed, key=lambda node: str(node.get("finishedAt") or ""))[:_MOST_FAILURES]:
        yield str(node.get("id")), str(node.get("displayName") or node.get("name")), str(node.get("message") or "")


def reason_of(workflow: Snapshot) -> str:
    """Why a workflow isn't Succeeded: what Argo says about all of it, or about those of its steps that failed first.

    Of a group's failure it says no more than the id of the child that failed.
    """
    failed = ", ".join([f"{name}: {message}".removesuffix(": ") for _, name, message in failures(workflow)][:3])
    if failed and workflow.message.startswith("child '"):
        return failed
    return workflow.message or failed or "see its steps"

"""How a step of a workflow has ended, in Airflow's words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from airflow_argo.argo.phases import SUCCEEDED
from airflow_argo.cluster import Snapshot
from airflow_argo.operators.results import steps
from airflow_argo.runners.tree import StepRun

_ENDED: Final = frozenset({"success", "failed", "skipped", "upstream_failed"})
_MOST_PODS: Final = 50


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """A step's end, or that it goes on.

    Attributes:
        state: success, failed, skipped or upstream_failed; "" while it goes on.
        value: what it returned.
        pods: node ids of its pods, the first ones.
    """

    workflow: str
    state: str = ""
    value: Any = None
    message: str = ""
    pods: tuple[str, ...] = ()

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return bool(self.state)

    def to_json(self) -> dict[str, Any]:
        """For a trigger's event."""
        return asdict(self)

    @classmethod
    def of_json(cls, fields: Mapping[str, Any]) -> StepOutcome:
        """From there."""
        return cls(**{**fields, "pods": tuple(fields["pods"])})


def outcome_of(workflow: Snapshot, step: str) -> StepOutcome:
    """The outcome of a step: also one that never began is over when the workflow is."""
    found = next((one for one in steps(workflow) if one.id == step), None)
    if found is not None and found.state in _ENDED:
        pods = tuple(str(one.node.get("id")) for one in found.walk() if one.is_pod)
        return StepOutcome(workflow.name, found.state, _value(found), found.message, pods[:_MOST_PODS])
    if not workflow.done:
        return StepOutcome(workflow.name)
    message = f"the workflow is {workflow.phase}, and the step never ended: {workflow.message}".rstrip(": ")
    return StepOutcome(workflow.name, "failed" if workflow.phase != SUCCEEDED or found is None else "skipped", message=message)


def _value(step: StepRun) -> Any:
    """What it returned; of a mapped one a list of what its instances returned, those aside that returned nothing."""
    if step.value is not None or not any(child.id.startswith("[") for child in step.children):
        return step.value
    return [child.value for child in step.children if child.value is not None]

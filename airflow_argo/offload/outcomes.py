"""How a step of a workflow has ended, in Airflow's words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from airflow_argo.argo.phases import SUCCEEDED
from airflow_argo.cluster import Snapshot
from airflow_argo.operators.results import steps
from airflow_argo.runners.tree import StepRun

UNMAPPED: Final = -1
"""The map index of a task that isn't mapped."""

FOLLOW: Final = "follow"
"""What a task that decides about others pushes for the workflow. Source: translator.branches."""

_ENDED: Final = frozenset({"success", "failed", "skipped", "upstream_failed"})
_MOST_PODS: Final = 50


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """A step's end, or that it goes on.

    Attributes:
        state: success, failed, skipped or upstream_failed; "" while it goes on.
        pushed: XCom key → value.
        decided: what it decided about those after it; None if nothing.
        pods: node ids of its pods, the first ones.
        tries: what became of each try, if there were several.
        ended: tells this end from that after another retry.
        node: the id of its node.
        name: what the author calls an instance, by its map_index_template.
        events: what it said of the events of its outlets, as Airflow tells its server.
    """

    workflow: str
    state: str = ""
    pushed: Mapping[str, Any] = field(default_factory=dict)
    decided: Any = None
    message: str = ""
    pods: tuple[str, ...] = ()
    tries: tuple[str, ...] = ()
    ended: str = ""
    node: str = ""
    name: str = ""
    events: tuple[Mapping[str, Any], ...] = ()

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return bool(self.state)

    def to_json(self) -> dict[str, Any]:
        """For a trigger's event: values are encoded, since they may be no JSON."""
        from airflow_argo.pod.values import encoded

        pushed = {key: encoded(value) for key, value in self.pushed.items()}
        return {**asdict(replace(self, pushed={})), "pushed": pushed}

    @classmethod
    def of_json(cls, fields: Mapping[str, Any]) -> StepOutcome:
        """From there."""
        from airflow_argo.operators.stored import pushed_value

        pushed = {key: pushed_value(value) for key, value in fields["pushed"].items()}
        listed = {name: tuple(fields.get(name) or ()) for name in ("pods", "tries", "events")}
        return cls(**{**fields, **listed, "pushed": pushed})


def outcome_of(workflow: Snapshot, step: str, index: int = UNMAPPED) -> StepOutcome:
    """The outcome of a step: also one that never began is over when the workflow is.

    Args:
        index: of an instance of it.
    """
    found = _instance(_steps_by_id(_State(workflow)).get(step), index)
    if found is not None and found.state in _ENDED:
        return _outcome(workflow.name, found)
    if not workflow.done:
        return StepOutcome(workflow.name)
    message = f"the workflow is {workflow.phase}, and the step never ended: {workflow.message}".rstrip(": ")
    state = "failed" if workflow.phase != SUCCEEDED or found is None else "skipped"
    finished = str((workflow.manifest.get("status") or {}).get("finishedAt") or "")
    return StepOutcome(workflow.name, state, message=message, ended=finished)


class _State:
    """A workflow as a key: the same object of the same watch, for all who wait for its steps."""

    __slots__ = ("workflow",)

    def __init__(self, workflow: Snapshot) -> None:
        self.workflow = workflow

    def __hash__(self) -> int:
        return id(self.workflow.manifest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _State) and self.workflow.manifest is other.workflow.manifest


@lru_cache(maxsize=2)  # of the states of a moment: each is told to all waits before the next one
def _steps_by_id(state: _State) -> Mapping[str, StepRun]:
    """The steps, made of the nodes once for all waits: a triggerer may have hundreds for one workflow."""
    return {one.id: one for one in reversed(steps(state.workflow))}


def _instance(step: StepRun | None, index: int) -> StepRun | None:
    """The instance of a step. Of one that never began as a whole, its end is that of each instance."""
    if step is None or index == UNMAPPED:
        return step
    items = [child for child in step.children if child.id.startswith("[")]
    if not items:
        return step if step.state in _ENDED - {"success"} else None
    item = next((child for child in items if child.id == f"[{index}]"), None)
    if item is None:
        return None
    inner = [child for child in item.children if not child.id.startswith("try ")]
    return inner[0] if inner else item


def _outcome(workflow: str, step: StepRun) -> StepOutcome:
    pods = tuple(str(one.node.get("id")) for one in step.walk() if one.is_pod)
    attempts = [child for child in step.children if child.id.startswith("try ")]
    pushed = dict(_pushed(step))
    return StepOutcome(
        workflow,
        step.state,
        pushed={key: value for key, value in pushed.items() if key != FOLLOW},
        decided=pushed.get(FOLLOW),
        message=step.message or next((one.message for one in reversed(attempts) if one.message), ""),
        pods=pods[:_MOST_PODS],
        tries=tuple(f"{one.id}: {one.state} {one.message}".rstrip() for one in attempts) if len(attempts) > 1 else (),
        ended=str(step.node.get("finishedAt") or ""),
        node=str(step.node.get("id") or ""),
        name=step.name,
        events=_events(step),
    )


def _events(step: StepRun) -> tuple[Mapping[str, Any], ...]:
    from airflow_argo.pod.values import decoded

    told = step.outcome.get("events")
    return () if told is None else tuple(decoded(told))


def _pushed(step: StepRun) -> Iterator[tuple[str, Any]]:
    """XCom key → value: of a step with instances, what they returned as a list."""
    from airflow_argo.operators.stored import pushed_value

    items = [child for child in step.children if child.id.startswith("[")]
    if items:
        yield "return_value", [pushed_value(one.outcome["value"]) for one in items if "value" in one.outcome]
        return
    outcome = step.outcome
    if "value" in outcome:
        yield "return_value", pushed_value(outcome["value"])
    for key, value in (outcome.get("pushed") or {}).items():
        yield key, pushed_value(value)

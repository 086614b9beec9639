"""A part of a DAG as a workflow of its own: what is known of the tasks around it by then.

The part is submitted when all tasks before it have ended. How they ended is written into the workflow: for each of them stands
a step without a pod that ends alike, so that the rules of the part's tasks see what they would see. What they pushed is a
constant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from airflow_argo.model.conditions import FALSE, AllOf, AnyOf, Condition, Every, Not, Rule, Some, State, Whole
from airflow_argo.model.graph import Step
from airflow_argo.model.jobs import NoOp
from airflow_argo.pod.values import TYPE, Json, to_json
from airflow_argo.translator.airflow_names import rule_name_of
from airflow_argo.translator.trigger_rules import RULES

BEFORE: Final = "before"
"""The step that those stand after that failed before: it succeeds, and they want it failed."""

_WORST_FIRST: Final = (State.FAILED, State.UPSTREAM_FAILED, State.SKIPPED, State.SUCCESS)


@dataclass(frozen=True, slots=True)
class InletEvents:
    """The events of a task's inlets, as Airflow's server has them in JSON, oldest first.

    Attributes:
        of_aliases: name of an alias → the events that came by it.
        left: how many more there are, all of them older.
    """

    of_assets: tuple[Any, ...] = ()
    of_aliases: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    left: int = 0


@dataclass(frozen=True, slots=True)
class Outside:
    """The tasks around a part of a DAG.

    Attributes:
        own: ids of the part's tasks.
        states: id of a task before one of the part's → the end states of its instances.
        skipped: ids of the part's tasks that a task outside has decided to skip.
        mapped: ids of tasks outside that have instances.
        xcom: (task id, key, whether what instances pushed is a list) → what it pushed; None if nothing.
        instances: (task id, key) → what each instance of a mapped one pushed, at its index; None for one that pushed nothing.
        carried: names of what tasks ask of asset events, or say to them (see `asset_events`), that Airflow gives and takes.
        triggering: the events that have made the run, as Airflow's server has them in JSON.
        inlet: id of a task of the part that asks for events of its inlets → what there is, see `InletEvents`.
        is_nothing: the workflow is the whole DAG's: no Airflow reads in its status what tasks pushed.
    """

    own: frozenset[str]
    states: Mapping[str, tuple[State, ...]] = field(default_factory=dict)
    skipped: frozenset[str] = frozenset()
    mapped: frozenset[str] = frozenset()
    xcom: Callable[[str, str, bool], Any] = lambda _task_id, _key, _listed: None
    instances: Callable[[str, str], list[Any]] = lambda _task_id, _key: []
    carried: frozenset[str] = frozenset()
    triggering: tuple[Any, ...] = ()
    inlet: Mapping[str, InletEvents] = field(default_factory=dict)
    is_nothing: bool = False

    def given(self, task_id: str, key: str, *, listed: bool = False, sparse: bool = False) -> Json:
        """What a task outside pushed, in JSON with marks.

        Args:
            listed: what instances pushed is a list, however many they are.
            sparse: it is a list with an element for each of them, so that pulls find the instance that they name.
        """
        if not sparse or task_id not in self.mapped:
            return to_json(self.xcom(task_id, key, listed or sparse))
        return [{TYPE: "absent", "of": None} if one is None else to_json(one) for one in self.instances(task_id, key)]

    def stand_ins(self, upstream: Iterable[str], rule: str) -> list[str]:
        """The ids of the steps that a task's rule judges for its upstream tasks: the part's own, and what stands for others."""
        found: list[str] = []
        for task_id in upstream:
            if task_id in self.own:
                found.append(task_id)
            else:
                found += self._ids(task_id, rule)
        return found

    def _ids(self, task_id: str, rule: str) -> list[str]:
        states = self.distinct(task_id)
        if rule == "one_done" and State.FAILED in states:
            return [BEFORE, *(_id(task_id, state, states) for state in states if state is not State.FAILED)]  # it is done
        return [_id(task_id, state, states) for state in states]

    def distinct(self, task_id: str) -> list[State]:
        """The end states among a task's instances, the worst first; rules ask for no more."""
        return [state for state in _WORST_FIRST if state in self.states.get(task_id, (State.SUCCESS,))]

    def steps(self) -> Iterator[Step]:
        """The steps that stand for tasks outside."""
        found = {task_id: self.distinct(task_id) for task_id in self.states}
        if any(state in (State.FAILED, State.UPSTREAM_FAILED) for states in found.values() for state in states):
            yield Step(BEFORE, NoOp(), counts=False)
        for task_id, states in found.items():
            for state in states:
                yield _stand_in(_id(task_id, state, states), state)


def _id(task_id: str, state: State, states: list[State]) -> str:
    return task_id if state is states[0] else f"{task_id} ({state.value})"


def _stand_in(step: str, state: State) -> Step:
    match state:
        case State.SUCCESS:
            return Step(step, NoOp(), counts=False)
        case State.SKIPPED:
            return Step(step, NoOp(), when=FALSE, counts=False)
        case _:
            never = Rule(needs=Every(BEFORE, frozenset({State.FAILED})))
            return Step(step, NoOp(), after=(BEFORE,), rule=never, counts=False)


def known_ends(tasks: Iterable[Any], outside: Outside) -> dict[str, tuple[State, ...] | None]:
    """How each of the part's tasks ends, given how those outside have ended; None: it may run, and end in any way.

    Args:
        tasks: the part's, each after those upstream of it.
    """
    ended: dict[str, tuple[State, ...] | None] = dict(outside.states)
    for task in tasks:
        ended[task.task_id] = _end_without_running(task, outside, ended)
    return {task_id: ended[task_id] for task_id in outside.own}


def _end_without_running(task: Any, outside: Outside, ended: Mapping[str, Any]) -> tuple[State, ...] | None:
    if task.task_id in outside.skipped:
        return (State.SKIPPED,)
    rule_name = rule_name_of(task)
    upstream = sorted(task.upstream_task_ids)
    if not upstream or rule_name not in RULES:
        return None
    rule = RULES[rule_name](upstream)
    if _holds(rule.needs, ended) is False:
        return (State.UPSTREAM_FAILED,)
    return (State.SKIPPED,) if _holds(rule.needs, ended) and _holds(rule.wants, ended) is False else None


def _holds(condition: Condition, ended: Mapping[str, Any]) -> bool | None:
    """Whether a condition holds; None if that isn't known yet."""
    match condition:
        case AllOf(of=parts):
            found = [_holds(part, ended) for part in parts]
            return False if False in found else None if None in found else True
        case AnyOf(of=parts):
            found = [_holds(part, ended) for part in parts]
            return True if True in found else None if None in found else False
        case Not(of=part):
            inner = _holds(part, ended)
            return None if inner is None else not inner
        case Every(step=step, states=states) | Whole(step=step, states=states):
            known = ended.get(step)
            return None if known is None else all(state in states for state in known)
        case Some(step=step, states=states):
            known = ended.get(step)
            return None if known is None else any(state in states for state in known)
        case _:
            return None

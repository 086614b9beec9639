"""How steps ended, as expr-lang code and as Argo's `depends`.

success = Succeeded, failed = Failed or Error, upstream_failed = Omitted, skipped = Skipped. A job that may end its step as
skipped while it runs is Succeeded for Argo, and says "skipped" in its outcome; a loop that reports is Succeeded, and says how
each item ended. `depends` knows phases only, so a rule that has to know more there looks at a *proxy*: a task without a pod
whose phase is the state (see `Proxy`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache

from airflow_argo.argo.phases import ERROR, FAILED, OMITTED, SKIPPED, SUCCEEDED
from airflow_argo.compiler.code import a_list, quote
from airflow_argo.compiler.scope import OUTCOME, OUTCOMES, Scope
from airflow_argo.model.conditions import ANY_STATE, AllOf, AnyOf, Condition, Every, Same, Some, State, Whole
from airflow_argo.model.graph import Body, ForLoop, Step
from airflow_argo.model.jobs import Container, PythonCall, may_skip

PHASES = {
    State.SUCCESS: (SUCCEEDED,),
    State.FAILED: (FAILED, ERROR),
    State.UPSTREAM_FAILED: (OMITTED,),
    State.SKIPPED: (SKIPPED,),
}
RESULTS = {
    State.SUCCESS: ("Succeeded",),
    State.FAILED: ("Failed", "Errored"),
    State.UPSTREAM_FAILED: ("Omitted",),
    State.SKIPPED: ("Skipped",),
}
_SUCCESS_OR_SKIPPED = frozenset({State.SUCCESS, State.SKIPPED})


class Proxy(str, Enum):
    """What a proxy's phase says of the items of a loop that reports, or of a job that may skip.

    WORST: Failed if any failed, else Succeeded if any succeeded, else Skipped. BEST: Succeeded if any succeeded, else Skipped
    if all were skipped, else Failed. SOME: Succeeded if any succeeded or was skipped, else Failed. SKIPS: Skipped if any was
    skipped, else Succeeded.
    """

    WORST = "worst"
    BEST = "best"
    SOME = "some"
    SKIPS = "skips"


@dataclass(frozen=True, slots=True)
class Judged:
    """What `depends` looks at for a leaf of a rule: a step's task or one of its proxies, and the results that satisfy it."""

    step: str
    proxy: Proxy | None
    results: tuple[str, ...]


def reports_items(body: Body) -> bool:
    """Whether a body is a loop whose phase says nothing of how its items ended."""
    return isinstance(body, ForLoop) and body.reports


def skips_itself(body: Body) -> bool:
    """Whether a body's phase may be Succeeded though it ended skipped."""
    return isinstance(body, Container | PythonCall) and may_skip(body)


def ended(test: Every | Some | Whole, scope: Scope, task: str | None = None) -> str:
    """Code for a test of how a step of this graph ended; `task` stands for its task, if not its name."""
    task = task or scope.task(test.step)
    if test.states == ANY_STATE:
        return "true"
    body = scope.steps[test.step].body
    by_phase = _phase_in(task, test.states)
    if reports_items(body) and not isinstance(test, Whole):
        states = a_list([quote(state.value) for state in State if state in test.states])
        outcomes = f"fromJSON({task}.outputs?.parameters?.{OUTCOMES} ?? '[]')"
        quantifier = "all" if isinstance(test, Every) else "any"
        return f"({task}.status == '{SUCCEEDED}' ? {quantifier}({outcomes}, .state in {states}) : {by_phase})"
    if not _is_ambiguous(body, test.states):
        return by_phase
    skipped = f"fromJSON({task}.outputs?.parameters?.{OUTCOME} ?? '{{}}').state == 'skipped'"
    if State.SKIPPED in test.states:
        return f"({by_phase} || {task}.status == '{SUCCEEDED}' && {skipped})"
    return f"({by_phase} && !({skipped}))"


def same_item_ended(test: Same, scope: Scope) -> str:
    """Code for a test of how the item of the same index of another loop ended; as the loop did, if that ran no items."""
    task = scope.task(test.step)
    states = a_list([quote(state.value) for state in State if state in test.states])
    return f"({task}.status == '{SUCCEEDED}' ? {scope.same[test.step]}?.state in {states} : {_phase_in(task, test.states)})"


def _is_ambiguous(body: Body, states: frozenset[State]) -> bool:
    """Whether the phase Succeeded alone doesn't tell if a body ended in one of these states."""
    return skips_itself(body) and (State.SUCCESS in states) != (State.SKIPPED in states)


def judged(test: Condition, step: Step) -> Judged:
    """What `depends` looks at for a leaf of `Rule.needs`."""
    assert isinstance(test, Every | Some | Whole)
    if isinstance(test, Whole):
        return Judged(test.step, None, _results(test.states))
    if reports_items(step.body):
        return Judged(test.step, _proxy_for(test), _results(test.states))
    if _is_ambiguous(step.body, test.states):
        return Judged(test.step, Proxy.BEST, _results(test.states))
    return Judged(test.step, None, _results(test.states))


def proxies(condition: Condition, steps: Mapping[str, Step]) -> Iterator[tuple[str, Proxy]]:
    """The proxies that a rule's `needs` looks at: (step, kind)."""
    match condition:
        case AllOf(of=parts) | AnyOf(of=parts):
            for part in parts:
                yield from proxies(part, steps)
        case Every() | Some() | Whole():
            found = judged(condition, steps[condition.step])
            if found.proxy:
                yield found.step, found.proxy
        case _:
            raise AssertionError(f"a rule's needs are about how steps ended, not {condition}")


def _proxy_for(test: Every | Some) -> Proxy:
    """The proxy on which a test of a loop's items can be read off. Source: facts on Airflow's trigger rules."""
    match test:
        case Every(states=states) if states == _SUCCESS_OR_SKIPPED:
            return Proxy.WORST
        case Every(states=states) if states == {State.SKIPPED}:
            return Proxy.BEST
        case Some(states=states) if states == {State.SUCCESS}:
            return Proxy.BEST
        case Some(states=states) if states == _SUCCESS_OR_SKIPPED:
            return Proxy.SOME
        case Some(states=states) if states == {State.SKIPPED}:
            return Proxy.SKIPS
        case _:
            raise AssertionError(f"no proxy shows {test}")


@cache  # a large graph asks for the same few again and again
def _results(states: frozenset[State]) -> tuple[str, ...]:
    return tuple(result for state in State if state in states for result in RESULTS[state])


def _phase_in(task: str, states: frozenset[State]) -> str:
    phases = [phase for state in State if state in states for phase in PHASES[state]]
    if len(phases) == 1:
        return f"{task}.status == '{phases[0]}'"
    if states and len(ANY_STATE - states) == 1 and (rest := PHASES[next(iter(ANY_STATE - states))])[1:] == ():
        return f"{task}.status != '{rest[0]}'"
    return f"{task}.status in {a_list([quote(phase) for phase in phases])}"

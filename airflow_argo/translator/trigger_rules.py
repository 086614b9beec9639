"""Airflow's trigger rules as rules of the model. Source: airflow/ti_deps/deps/trigger_rule_dep.py.

A rule is judged when all upstream tasks have ended. Airflow decides some earlier, with the same end state but for one race: of
all_success, none_failed and the like beside a skip and a failure, whichever Airflow sees first decides between skipped and
upstream_failed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from airflow_argo.model.conditions import (
    NOT_RUN_TO_SUCCESS,
    SUCCESS_OR_SKIPPED,
    TRUE,
    AnyOf,
    Condition,
    Every,
    Rule,
    Some,
    State,
    all_of,
    any_of,
)

SUCCESS = frozenset({State.SUCCESS})
SKIPPED = frozenset({State.SKIPPED})
NOT_SKIPPED = frozenset(State) - SKIPPED

Upstream = Sequence[str]


def every(upstream: Upstream, states: frozenset[State]) -> Condition:
    """Each upstream task, and each instance of a mapped one, ended in one of these states."""
    return all_of(Every(task, states) for task in upstream)


def some(upstream: Upstream, states: frozenset[State]) -> Condition:
    """An upstream task, or an instance of a mapped one, ended in one of these states."""
    return any_of([Some(task, states) for task in upstream])


RULES: dict[str, Callable[[Upstream], Rule]] = {
    "all_success": lambda up: Rule(every(up, SUCCESS_OR_SKIPPED), every(up, SUCCESS)),
    "all_failed": lambda up: Rule(wants=every(up, NOT_RUN_TO_SUCCESS)),
    "all_done": lambda _: Rule(),
    "all_done_min_one_success": lambda up: Rule(some(up, SUCCESS_OR_SKIPPED), every(up, NOT_SKIPPED)),
    "all_skipped": lambda up: Rule(wants=every(up, SKIPPED)),
    "always": lambda _: Rule(),
    "none_failed": lambda up: Rule(every(up, SUCCESS_OR_SKIPPED)),
    "none_failed_min_one_success": lambda up: Rule(every(up, SUCCESS_OR_SKIPPED), some(up, SUCCESS)),
    "none_skipped": lambda up: Rule(wants=every(up, NOT_SKIPPED)),
    "one_done": lambda up: Rule(wants=some(up, SUCCESS | {State.FAILED})),
    "one_failed": lambda up: Rule(wants=some(up, NOT_RUN_TO_SUCCESS)),
    "one_success": lambda up: Rule(AnyOf((some(up, SUCCESS), every(up, SKIPPED))), some(up, SUCCESS)),
    # Names of Airflow 2
    "dummy": lambda _: Rule(),
    "none_failed_or_skipped": lambda up: Rule(every(up, SUCCESS_OR_SKIPPED), some(up, SUCCESS)),
}

ALL_DONE_SETUP_SUCCESS = "all_done_setup_success"


def rule_of(name: str, upstream: Upstream, upstream_setups: Upstream, indirect_setups: Upstream) -> Rule:
    """The rule of a task.

    Args:
        name: Airflow's trigger rule.
        upstream: ids of its direct upstream tasks.
        upstream_setups: those of them that are setups.
        indirect_setups: setups that apply to the task without being upstream of it directly; none for a teardown.
    Raises:
        KeyError: Airflow has a rule of that name, and we don't know it.
    """
    if not upstream:
        return Rule()  # whatever it is called, there is nothing to judge
    rule = _all_done_setup_success(upstream_setups) if name == ALL_DONE_SETUP_SUCCESS else RULES[name](upstream)
    if not indirect_setups:
        return rule
    needs = [every(indirect_setups, SUCCESS_OR_SKIPPED)]
    if rule.needs != TRUE:  # where a setup was skipped, Airflow skips the task before it looks at the rule
        needs.append(any_of([some(indirect_setups, SKIPPED), rule.needs]))
    return Rule(all_of(needs), all_of([rule.wants, every(indirect_setups, SUCCESS)]))


def _all_done_setup_success(setups: Upstream) -> Rule:
    if not setups:
        return Rule()
    return Rule(AnyOf((some(setups, SUCCESS), every(setups, SKIPPED))), some(setups, SUCCESS))

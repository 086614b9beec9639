"""Mapped task groups: each member becomes a loop of its own over the group's items, judged item by item.

Source: airflow.sdk MappedTaskGroup, ti_deps.deps.trigger_rule_dep. An instance of a member is judged by the instances of the
same index of the members before it, and by all instances of tasks outside of the group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_argo.model.conditions import (
    FALSE,
    SUCCESS_OR_SKIPPED,
    TRUE,
    AllOf,
    AnyOf,
    Condition,
    Every,
    Not,
    Rule,
    Same,
    Some,
    State,
    Whole,
    all_of,
    any_of,
    steps_judged,
)
from airflow_argo.translator.airflow_names import is_mapped, rule_name_of
from airflow_argo.translator.trigger_rules import ALL_DONE_SETUP_SUCCESS

if TYPE_CHECKING:
    from airflow_argo.translator.context import DagContext

SUCCESS = frozenset({State.SUCCESS})


def mapped_group_of(task: Any) -> Any | None:
    """The mapped task group that a task is in; Airflow allows one of them only."""
    return next(iter(task.iter_mapped_task_groups()), None)


def are_members(one: Any, other: Any) -> bool:
    """Whether two tasks are in the same mapped task group."""
    group, others = mapped_group_of(one), mapped_group_of(other)
    return group is not None and others is not None and group.group_id == others.group_id


def has_instances(task: Any) -> bool:
    """Whether a task may have several instances in a run."""
    return is_mapped(task) or mapped_group_of(task) is not None


def expand_input_of(task: Any) -> Any | None:
    """What a task, or the mapped group that it is in, is expanded over; None if neither is mapped."""
    if is_mapped(task):
        return task._get_specified_expand_input()  # noqa: SLF001 - Airflow has no other way
    group = mapped_group_of(task)
    return None if group is None else group._expand_input  # noqa: SLF001 - as above


def values_given(task: Any) -> list[Any]:
    """The values of a task's template fields; of a mapped one its arguments, and what it is mapped over."""
    if is_mapped(task) and (given := expand_input_of(task)) is not None:
        return [task.partial_kwargs, given.value]
    return [getattr(task, name, None) for name in task.template_fields]


def values_kept(task: Any) -> list[Any]:
    """What a task was given beside its template fields: XComs among it are read by the operator itself, as it runs."""
    given = {} if is_mapped(task) else getattr(task, "_BaseOperator__init_kwargs", {})
    return [value for name, value in given.items() if name not in task.template_fields]


def sources_of_mapping(task: Any) -> list[str]:
    """Ids of the tasks whose XComs a task, or its mapped group, is expanded over; not of those that give one element."""
    given = expand_input_of(task)
    references = () if given is None else given.iter_references()
    return sorted({operator.task_id for operator, _ in references})


def is_counted_at_start(task: Any) -> bool:
    """Whether a task has instances as soon as a run begins: it is expanded over literals only, and they have elements."""
    return has_instances(task) and not sources_of_mapping(task) and not is_never_expanded(task)


def is_never_expanded(task: Any) -> bool:
    """Whether a task is expanded over a literal without elements: it is then judged as one that isn't mapped."""
    given = expand_input_of(task)
    if given is None or sources_of_mapping(task):
        return False
    return any(len(one) == 0 for one in (given.value.values() if isinstance(given.value, Mapping) else [given.value]))


def item_rule(rule: Rule, task: Any, dag: Any) -> Rule:
    """The rule of a member for one item: of other members it judges the same item."""
    members = _members_judged(rule, task, dag)
    return replace(rule, needs=_by_item(rule.needs, members), wants=_by_item(rule.wants, members))


def _members_judged(rule: Rule, task: Any, dag: Any) -> set[str]:
    return {step for step in _steps_judged(rule) if step in dag.task_dict and are_members(task, dag.task_dict[step])}


def _steps_judged(rule: Rule) -> Iterator[str]:
    return (step for test in (rule.needs, rule.wants) for step in steps_judged(test))


def _by_item(condition: Condition, members: set[str]) -> Condition:
    match condition:
        case AllOf(of=parts):
            return AllOf(tuple(_by_item(part, members) for part in parts))
        case AnyOf(of=parts):
            return AnyOf(tuple(_by_item(part, members) for part in parts))
        case Not(of=part):
            return Not(_by_item(part, members))
        case Every(step=step, states=states) | Some(step=step, states=states) if step in members:
            return Same(step, states)
        case _:
            return condition


def rule_of_sources(task: Any, ctx: DagContext) -> Rule:
    """What an expansion asks of the tasks whose XComs it is over, whatever the trigger rule. Source: MappedTaskUpstreamDep.

    Of a source with instances it asks only that these were made.
    """
    dag, sources = ctx.dag, [one for one in sources_of_mapping(task) if one in ctx.own or one not in ctx.outside.mapped]
    tests = {source: Whole if has_instances(dag.task_dict[source]) else Every for source in sources}
    needs = all_of(test(source, SUCCESS_OR_SKIPPED) for source, test in tests.items())
    return Rule(needs, all_of(test(source, SUCCESS) for source, test in tests.items()))


_OVER_ALL = ("one_success", "one_failed", "one_done", "none_failed_min_one_success", "none_failed_or_skipped")
"""Rules that Airflow judges over all instances of other members, before a group is expanded. Source: TriggerRuleDep."""


def rule_before_expansion(rule: Rule, task: Any, ctx: DagContext) -> Rule:
    """What the rule of a member asks before its group is expanded, when Airflow judges it once for all instances.

    Most rules then judge no instance of other members, but those that were never expanded, and what is outside the group.
    """
    name = rule_name_of(task)
    if not sources_of_mapping(task):
        return Rule()
    if name in _OVER_ALL:
        return rule
    members = _members_judged(rule, task, ctx.dag)
    asks_for_success = name == "all_done_min_one_success"  # though there is none to be counted then
    is_same = len(members) < 2 or name == ALL_DONE_SETUP_SUCCESS  # all instances end as the rule would have it for the whole
    if members.issuperset(_steps_judged(rule)) and is_same and not asks_for_success:
        return Rule()
    return Rule(_as_never_expanded(rule.needs, members), _as_never_expanded(rule.wants, members))


def _as_never_expanded(condition: Condition, members: set[str]) -> Condition:
    """A condition that instances of members neither fulfil nor break."""
    match condition:
        case AllOf(of=parts):
            return all_of(_as_never_expanded(part, members) for part in parts)
        case AnyOf(of=parts):
            return any_of(_as_never_expanded(part, members) for part in parts)
        case Every(step=step, states=states) if step in members:
            return Whole(step, states | SUCCESS)
        case Some(step=step, states=states) if step in members:
            return Whole(step, states - SUCCESS) if states - SUCCESS else FALSE
        case _:
            return condition


def both(rules: Iterable[Rule]) -> Rule:
    """A rule that holds where all of some rules hold."""
    listed = list(rules)
    needs = [rule.needs for rule in listed if rule.needs != TRUE]
    return Rule(all_of(needs), all_of(rule.wants for rule in listed if rule.wants != TRUE))

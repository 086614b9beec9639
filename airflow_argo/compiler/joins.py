"""Steps that judge or follow very many others → joins between: steps without a pod that judge some of them each.

A graph that has to be cut in parts can't have a step that refers to hundreds of others, since each of those would need a
stand-in in its part. What a rule says of many steps is an "all" or an "any", so it can be said in stages with the same result.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from airflow_argo.model.conditions import (
    SUCCESS_OR_SKIPPED,
    AllOf,
    AnyOf,
    Condition,
    Every,
    Rule,
    Same,
    Some,
    State,
    Whole,
    all_of,
    steps_judged,
)
from airflow_argo.model.graph import Graph, Step
from airflow_argo.model.jobs import NoOp
from airflow_argo.model.values import Output
from airflow_argo.model.walk import found_in

MAX_JUDGED = 40
"""A step that judges more others than this gets joins."""

_SUCCESS = frozenset({State.SUCCESS})


@dataclass(slots=True)
class _Joining:
    """The joins of a graph in the making, each with the place of its step in the order of the graph."""

    places: dict[str, int]
    joins: dict[tuple[tuple[str, ...], Rule], Step] = field(default_factory=dict)

    def join(self, after: tuple[str, ...], rule: Rule) -> str:
        """The join over some steps by a rule; its id. It stands right behind the last of them."""
        known = self.joins.get((after, rule))
        if known is not None:
            return known.id
        number = len(self.joins) + 1
        while (name := f"join-{number}") in self.places:
            number += 1
        self.places[name] = max(self.places[before] for before in after)
        self.joins[after, rule] = Step(name, NoOp(), after, rule)
        return name


def with_joins(graph: Graph) -> tuple[Graph, list[str]]:
    """The graph with joins where a step, or the verdict over all leaves, has to judge very many; and the joins' ids."""
    joining = _Joining({step.id: place for place, step in enumerate(graph.steps)})
    steps = [_relieved(step, joining) if len(step.after) > MAX_JUDGED else step for step in graph.steps]
    _join_leaves(steps, joining)
    joins = list(joining.joins.values())
    ordered = sorted([*steps, *joins], key=lambda step: joining.places[step.id])  # stable: a join behind what it judges
    return replace(graph, steps=tuple(ordered)), [join.id for join in joins]


def _relieved(step: Step, joining: _Joining) -> Step:
    rule = step.rule or Rule(all_of(Every(before, SUCCESS_OR_SKIPPED) for before in step.after))
    needs, wants = _in_stages(rule.needs, joining), _in_stages(rule.wants, joining)
    read = {output.step for output in found_in(step.body, Output)} | {output.step for output in found_in(step.when, Output)}
    kinds: tuple[type[Every | Some | Whole | Same], ...] = (Every, Some, Whole, Same)
    read |= {test.step for kind in kinds for test in found_in(step.body, kind)}
    judged = dict.fromkeys([*steps_judged(needs), *steps_judged(wants)])
    waited = [before for before in step.after if before in read and before not in judged]
    unjudged = set(step.after) - {*steps_judged(rule.needs), *steps_judged(rule.wants), *read}
    waited += [
        joining.join(chunk, Rule())
        for chunk in _chunks(tuple(before for before in step.after if before in unjudged))
        if unjudged
    ]
    return replace(step, after=(*judged, *waited), rule=Rule(needs, wants))


def _in_stages(condition: Condition, joining: _Joining) -> Condition:
    """The condition with each "all" or "any" over many steps said by joins, which succeed if their share of it holds."""
    if not isinstance(condition, AllOf | AnyOf):
        return condition
    kind = type(condition)
    tests = [part for part in condition.of if isinstance(part, Every | Some)]
    rest = [_in_stages(part, joining) for part in condition.of if not isinstance(part, Every | Some)]
    while len(tests) > MAX_JUDGED:
        tests = [_joined(tests[start : start + MAX_JUDGED], kind, joining) for start in range(0, len(tests), MAX_JUDGED)]
    return kind((*tests, *rest))


def _joined(tests: list[Every | Some], kind: type[AllOf | AnyOf], joining: _Joining) -> Every | Some:
    after = tuple(dict.fromkeys(test.step for test in tests))
    return Every(joining.join(after, Rule(wants=kind(tuple(tests)))), _SUCCESS)


def _join_leaves(steps: list[Step], joining: _Joining) -> None:
    """Joins over the leaves until there are few. They end Omitted if a leaf that counts failed, which the verdict sees."""
    while True:
        known = [*steps, *joining.joins.values()]
        followed = {before for step in known for before in step.after}
        leaves = [step for step in known if step.id not in followed]
        if len(leaves) <= MAX_JUDGED:
            return
        leaves.sort(key=lambda step: joining.places[step.id])
        counting = {step.id for step in leaves if step.counts}
        for chunk in _chunks(tuple(step.id for step in leaves)):
            joining.join(chunk, Rule(all_of(Every(leaf, SUCCESS_OR_SKIPPED) for leaf in chunk if leaf in counting)))


def _chunks(ids: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(ids), MAX_JUDGED):
        yield ids[start : start + MAX_JUDGED]

"""How tasks, steps and templates may end, and in which of those cases another one still runs.

What is found here is what may be, as far as a manifest tells: a pod may do anything, a no-op only succeeds. Where it can't be
told, everything may be. Source of the rules: facts shown by tests/golden/{leaf,rules,nopod}; dag.go, steps.go.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Final

from airflow_argo.argo.depends import (
    OF_LOOPS,
    AllOf,
    AnyOf,
    DependsError,
    Ended,
    Not,
    Rule,
    TaskResult,
    expanded_name,
    parse_depends,
)
from airflow_argo.argo.durations import InvalidDuration, parse_duration
from airflow_argo.argo.expr import UnsupportedExpression
from airflow_argo.argo.govaluate import GovaluateError, should_execute
from airflow_argo.argo.tags import TemplateError, replace
from airflow_argo.lint.mentions import mentions
from airflow_argo.lint.subjects import Call, Template

SUCCEEDED, FAILED, ERRORED, SKIPPED, OMITTED = "Succeeded", "Failed", "Error", "Skipped", "Omitted"
IDLE = "Idle"
"""A loop that Succeeded, with no item that ran: not a phase of Argo's, which tells it apart by AnySucceeded alone."""
Ends = frozenset[str]

RAN: Final[Ends] = frozenset([SUCCEEDED, FAILED, ERRORED])
BAD: Final[Ends] = frozenset([FAILED, ERRORED])
_NEVER: Final[Ends] = frozenset([SKIPPED])
_PHASES: Final = {
    TaskResult.SUCCEEDED: SUCCEEDED,
    TaskResult.FAILED: FAILED,
    TaskResult.ERRORED: ERRORED,
    TaskResult.SKIPPED: SKIPPED,
    TaskResult.OMITTED: OMITTED,
}
_MOST_COMBINATIONS: Final = 125
_MOST_NESTED: Final = 40
"""Calls inside calls that are looked into."""


class States:
    """How the templates and calls of a bundle may end; each is looked at once."""

    def __init__(self) -> None:
        self._templates: dict[Template, Ends] = {}
        self._depth = 0
        self._calls: dict[Call, Ends] = {}
        self._forward: dict[tuple[Template, str, str], dict[str, Ends]] = {}

    # --- templates

    def ends_of(self, template: Template | None) -> Ends:
        """How a template may end when it is run."""
        if template is None:
            return RAN
        if template not in self._templates and self._depth < _MOST_NESTED:
            self._templates[template] = RAN  # what it is to itself, if it calls itself
            self._depth += 1
            self._templates[template] = self._ends_of(template)
            self._depth -= 1
        return self._templates.get(template, RAN)

    def _ends_of(self, template: Template) -> Ends:
        if template.kind == "suspend":
            return _suspended(template)
        if not template.is_group:
            return RAN
        ends = self._of_dag(template) if template.kind == "dag" else self._of_steps(template)
        if SUCCEEDED in ends and any(_output_fails(one) for one in template.outputs.values()):
            ends = frozenset([*ends - {SUCCEEDED}, ERRORED])
        return ends

    def _of_steps(self, template: Template) -> Ends:
        found: set[str] = {SUCCEEDED}
        for call in template.calls:
            ends = self.when_reached(call)
            tolerated = _continued(call)
            bad = ends & BAD - tolerated
            if bad:
                found |= {FAILED, ERRORED}
            if bad == ends:
                found.discard(SUCCEEDED)
        return frozenset(found)

    def _of_dag(self, template: Template) -> Ends:
        graph = template.graph
        if graph is None:
            return RAN
        ends = self.forward(template)
        found: set[str] = {SUCCEEDED}
        if any(ends[name] & BAD for name in ends):
            found |= BAD
        for target in graph.targets:
            if ends.get(target, RAN) <= BAD and not _continued(template.by_name[target]) & ends[target]:
                found.discard(SUCCEEDED)
        return frozenset(found)

    # --- calls

    def is_fatal(self, call: Call) -> bool:
        """Whether nothing makes up for it if a task or step is an Error: then so is the workflow."""
        template = call.template
        if template is None or call.owner is not None or _continued(call):
            return False
        if template.graph is not None and template.graph.downstream[call.name]:
            return False
        document = template.document
        if document.entrypoint is None or template not in document.reachable or template is document.entrypoint:
            return True
        return SUCCEEDED not in self.ends_of(document.entrypoint)

    def when_reached(self, call: Call) -> Ends:
        """How a task or step may end whose turn has come."""
        if call not in self._calls:
            self._calls[call] = self._when_reached(call)
        return self._calls[call]

    def _when_reached(self, call: Call) -> Ends:
        if _is_empty(call):
            return _NEVER
        condition = call.holder.get("when") or ""
        outcomes = _outcomes(condition)
        found: set[str] = set()
        if False in outcomes:
            found.add(IDLE if call.is_loop else SKIPPED)  # a loop asks once an item
        if None in outcomes:
            found.add(ERRORED)
        if True in outcomes:
            found |= {ERRORED} if _argument_fails(call) else self.ends_of(call.target)
            found |= {SKIPPED} if _may_be_empty(call) else set()
            found |= {ERRORED} if _may_fail_to_start(call) else set()
        return frozenset(found)

    def forward(self, template: Template, fixed: str = "", end: str = "") -> Mapping[str, Ends]:
        """How all tasks of a DAG may end, given how one of them did.

        Args:
            fixed: its name; "" for none.
        """
        key = (template, fixed, end)
        if key not in self._forward:
            self._forward[key] = self._walk(template, fixed, end)
        return self._forward[key]

    def _walk(self, template: Template, fixed: str, end: str) -> dict[str, Ends]:
        graph = template.graph
        assert graph is not None
        found: dict[str, Ends] = {}
        for name in graph.topological():
            if name == fixed:
                found[name] = frozenset([end])
                continue
            found[name] = self._of_task(template, name, found)
        return found

    def _of_task(self, template: Template, name: str, upstream: Mapping[str, Ends]) -> Ends:
        may_run, may_not = starts(template, name, upstream)
        call = template.by_name[name]
        ends = self.when_reached(call) if may_run else frozenset()
        if may_run and SKIPPED in ends and len(ends) > 1 and not _may_hold(call, upstream):
            ends = _NEVER
        return ends | {OMITTED} if may_not else ends

    def hazards(self, consumer: Call, producer: Call, *, before_when: bool) -> Ends:
        """The ends of a task or step after which another one still runs.

        Args:
            consumer: comes after it.
            before_when: all that the consumer's `when` lets through counts, since it is the `when` that needs something.
        """
        if consumer.owner is not None or consumer.template is None:
            return frozenset()
        if consumer.head == "steps":
            reached = self.when_reached(producer) - (BAD - _continued(producer))
            return reached - _NEVER if not before_when and _same_condition(consumer, producer) else reached
        template = consumer.template
        graph = template.graph
        if graph is None:
            return frozenset()
        possible = self.forward(template)[producer.name]
        if not before_when and _same_condition(consumer, producer):
            possible -= _NEVER
        return frozenset(end for end in possible if self._still_runs(consumer, producer.name, end, before_when=before_when))

    def _still_runs(self, consumer: Call, producer: str, end: str, *, before_when: bool) -> bool:
        template = consumer.template
        assert template is not None
        assert template.graph is not None
        if end == SUCCEEDED:
            return True  # nothing is absent then, so that nobody asks
        if producer in template.graph.upstream[consumer.name]:
            ends = {name: self.forward(template)[name] for name in template.graph.upstream[consumer.name]}
            if not starts(template, consumer.name, {**ends, producer: frozenset([end])})[0]:
                return False
        upstream = self.forward(template, producer, end)
        if not starts(template, consumer.name, upstream)[0]:
            return False
        return before_when or _may_hold(consumer, upstream)


# --- one thing at a time


def _suspended(template: Template) -> Ends:
    duration = (template.body.get("suspend") or {}).get("duration")
    if duration is None or duration == "":
        return frozenset([SUCCEEDED, FAILED])
    if "{{" in duration:
        return frozenset([SUCCEEDED, ERRORED])
    try:
        parse_duration(duration)
    except InvalidDuration:
        return frozenset([ERRORED])
    return frozenset([SUCCEEDED])


def _output_fails(output: Mapping[str, object]) -> bool:
    source = output.get("valueFrom")
    if not isinstance(source, dict) or source.get("default") is not None or not source.get("expression"):
        return False
    found = mentions(source["expression"], expression=True)
    return any(one.unreadable or one.unknown or one.fails for one in found.expressions)


def _argument_fails(call: Call) -> bool:
    """Whether an argument can't be evaluated, whatever happens."""
    texts = [str(one.get("value") or "") for one in call.arguments()]
    found = (mentions(text) for text in (*texts, call.holder.get("withParam") or "") if "{{=" in text)
    return any(one.unreadable or one.unknown or one.fails for mention in found for one in mention.expressions)


def _may_fail_to_start(call: Call) -> bool:
    """Whether some values can't be used where they are needed: in a condition, as items, or in an expression."""
    texts = [str(one.get("value") or "") for one in call.arguments()]
    items = str(call.holder.get("withParam") or "")
    needs_more_than_text = "{{" in f"{call.holder.get('when') or ''}{items}"
    return needs_more_than_text or any("{{=" in text for text in texts) or (bool(items) and not _is_list(items))


def _is_list(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except ValueError:
        return False


def _same_condition(consumer: Call, producer: Call) -> bool:
    """Whether two tasks run or are skipped together."""
    condition = consumer.holder.get("when")
    return bool(condition) and condition == producer.holder.get("when") and not (consumer.is_loop or producer.is_loop)


def _is_empty(call: Call) -> bool:
    """Whether a loop has no items, whatever happens."""
    return str(call.holder.get("withParam") or "").strip() == "[]"


def _may_be_empty(call: Call) -> bool:
    items = call.holder.get("withParam")
    if items:
        try:
            return not json.loads(items)
        except ValueError:
            return True
    sequence = call.holder.get("withSequence")
    return sequence is not None and ("{{" in str(sequence) or str(sequence.get("count")) == "0")


def _continued(call: Call) -> Ends:
    """The bad ends that a `continueOn` puts up with."""
    given = call.holder.get("continueOn") or {}
    return frozenset(end for name, end in (("failed", FAILED), ("error", ERRORED)) if given.get(name))


@lru_cache(maxsize=16384)
def _outcomes(condition: str) -> frozenset[bool | None]:
    """What a `when` may give; None is an error."""
    if not condition:
        return frozenset([True])
    if "{{" in condition:
        found = mentions(condition)
        if found.is_open or any(one.unreadable or one.unknown or one.fails for one in found.expressions):
            return frozenset([None])
        return frozenset([True, False])
    try:
        return frozenset([should_execute(condition)])
    except GovaluateError:
        return frozenset([None])


def starts(template: Template, name: str, upstream: Mapping[str, Ends]) -> tuple[bool, bool]:
    """Whether a task's `depends` may hold, and whether it may not, given how those before it may end."""
    rule = _rule(template, name)
    if rule is None:
        return True, True
    return _may(rule, upstream, template)


def _rule(template: Template, name: str) -> Rule | None:
    graph = template.graph
    assert graph is not None
    text = graph.logic.get(name)
    if text is None:
        return AllOf(tuple(_accepts(other) for other in graph.upstream[name]))
    if not text:
        return AllOf(())
    try:
        return parse_depends(text)
    except DependsError:
        return None


@lru_cache(maxsize=16384)
def _accepts(name: str) -> Rule:
    rule = parse_depends(expanded_name(name))
    assert rule is not None
    return rule


def _may(rule: Rule, upstream: Mapping[str, Ends], template: Template) -> tuple[bool, bool]:
    """Whether a rule can hold and whether it can fail; tasks are taken as independent of one another."""
    match rule:
        case Ended(task=task, result=result):
            return _may_have(result, upstream.get(task, RAN))
        case Not(part=part):
            can, cannot = _may(part, upstream, template)
            return cannot, can
        case AllOf(parts=parts):
            found = [_may(part, upstream, template) for part in parts]
            return all(can for can, _ in found), any(cannot for _, cannot in found)
        case AnyOf(parts=parts):
            about = _one_task(parts)
            if about is not None:
                name, phases = about
                ends = _phases(upstream.get(name, RAN))
                return bool(ends & phases), bool(ends - phases)
            found = [_may(part, upstream, template) for part in parts]
            return any(can for can, _ in found), all(cannot for _, cannot in found)


def _one_task(parts: Sequence[Rule]) -> tuple[str, Ends] | None:
    """The task that all parts are about, and the ends of it that they name; None if it isn't as simple as that."""
    ended = [part for part in parts if isinstance(part, Ended) and part.result not in OF_LOOPS]
    if len(ended) < len(parts) or len({part.task for part in ended}) != 1:
        return None
    return ended[0].task, frozenset(_PHASES[part.result] for part in ended if part.result in _PHASES)


def _may_have(result: TaskResult, ends: Ends) -> tuple[bool, bool]:
    if result is TaskResult.DAEMONED:
        return False, True
    if result is TaskResult.ANY_SUCCEEDED:
        return SUCCEEDED in ends, bool(ends - {SUCCEEDED})  # a bad end counts as one of all items
    if result is TaskResult.ALL_FAILED:
        return bool(ends & BAD), True
    phase, phases = _PHASES[result], _phases(ends)
    return phase in phases, bool(phases - {phase})


def _phases(ends: Ends) -> Ends:
    """The phases that Argo gives to ends."""
    return frozenset(SUCCEEDED if end == IDLE else end for end in ends)


def _may_hold(call: Call, upstream: Mapping[str, Ends]) -> bool:
    """Whether a `when` may let a task's arguments be read, as far as it is about how others ended.

    One that can't be evaluated does: those of a loop are read first.
    """
    condition = call.holder.get("when") or ""
    if "{{" not in condition:
        return _outcomes(condition) != frozenset([False])
    references = mentions(condition).references
    if not references or any(one.output != "status" or one.dynamic for one in references):
        return True
    names = sorted({one.node for one in references if one.node is not None})
    choices = [sorted(_phases(upstream.get(name, frozenset()))) for name in names]
    count = 1
    for choice in choices:
        count *= len(choice)
    if not 0 < count <= _MOST_COMBINATIONS:
        return True
    return any(_holds(condition, dict(zip(names, ends, strict=True))) for ends in product(*choices))


def _holds(condition: str, ends: Mapping[str, str]) -> bool:
    return _evaluated(condition, tuple(sorted(ends.items())))


@lru_cache(maxsize=16384)
def _evaluated(condition: str, ends: tuple[tuple[str, str], ...]) -> bool:
    try:
        text = json.loads(replace(json.dumps(condition), {f"tasks.{name}.status": end for name, end in ends}))
        return "{{" in text or should_execute(text)
    except (GovaluateError, TemplateError, UnsupportedExpression):
        return True

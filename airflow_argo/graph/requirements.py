"""What must be so for a task to run, told apart: of which task what end, of several tasks together what, and what values.

`depends` and `when` are read together, since a reader of a picture doesn't care which of them keeps a task from running.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from airflow_argo.argo.depends import OF_LOOPS, AllOf, AnyOf, Ended, Not, Rule, TaskResult, TaskResults, holds

End = TaskResult
"""One of the four ends that tasks have: succeeded, failed, skipped, omitted."""

_RESULTS: Mapping[End, TaskResults] = {
    TaskResult.SUCCEEDED: TaskResults(succeeded=True),
    TaskResult.FAILED: TaskResults(failed=True, errored=True),
    TaskResult.SKIPPED: TaskResults(skipped=True),
    TaskResult.OMITTED: TaskResults(omitted=True),
}
ANY_END = frozenset(_RESULTS)
_S, _F, _K, _O = _RESULTS

_WORDS: Mapping[frozenset[End], str] = {
    ANY_END: "done",
    frozenset((_S,)): "",
    frozenset((_S, _K)): "",
    frozenset((_F,)): "failed",
    frozenset((_F, _O)): "failed",
    frozenset((_K,)): "skipped",
    frozenset((_O,)): "omitted",
    frozenset((_S, _F)): "ran",
    frozenset((_S, _F, _K)): "not omitted",
    frozenset((_S, _F, _O)): "not skipped",
    frozenset((_S, _K, _O)): "not failed",
    frozenset((_F, _K, _O)): "not succeeded",
}
"""How an edge calls the ends that its task accepts; nothing for what everybody expects."""

_RESULT_WORDS = {
    TaskResult.ANY_SUCCEEDED: "succeeded for any item",
    TaskResult.ALL_FAILED: "failed for all items",
    TaskResult.ERRORED: "failed",
}


@dataclass(slots=True)
class Requirement:
    """What a task needs of those before it.

    Attributes:
        ends: task → the ends of it that are accepted; any if it isn't there.
        together: what must be so of several tasks, or of the items of a loop.
    """

    ends: dict[str, frozenset[End]] = field(default_factory=dict)
    together: list[Rule] = field(default_factory=list)

    @classmethod
    def of(cls, rule: Rule) -> Requirement:
        """A rule, taken apart."""
        found = cls()
        for part in conjuncts(without_waits(rule)):
            names = tasks_in(part)
            if len(names) != 1 or _is_about_items(part):
                found.together += [part] if names else []
                continue
            (name,) = names
            found.ends[name] = found.ends.get(name, ANY_END) & accepted(part, name)
        return found

    def on_edge(self, task: str) -> str:
        """What the edge from a task says: "" if that must just be done well, or skipped."""
        return ends_in_words(self.ends.get(task, ANY_END))

    def together_in_words(self, label: Callable[[str], str]) -> list[str]:
        """What must be so of several tasks: `any succeeded`, or the rule itself."""
        return [_any_of(part) or in_words(part, label) for part in self.together]


def conjuncts(rule: Rule) -> Iterator[Rule]:
    """What must all be so."""
    todo = [rule]
    while todo:
        part = todo.pop()
        if isinstance(part, AllOf):
            todo += reversed(part.parts)
        else:
            yield part


def tasks_in(rule: Rule) -> dict[str, None]:
    """The tasks that a rule is about, in order."""
    return {end.task: None for end in ends_in(rule)}


def ends_in(rule: Rule) -> Iterator[Ended]:
    """The tests that a rule is made of."""
    match rule:
        case Ended():
            yield rule
        case Not(part=part):
            yield from ends_in(part)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from ends_in(part)


def accepted(rule: Rule, task: str) -> frozenset[End]:
    """The ends of a task with which a rule about that task alone holds."""
    return frozenset(end for end, results in _RESULTS.items() if holds(rule, {task: results}.__getitem__))


def ends_in_words(ends: frozenset[End]) -> str:
    """`failed`, `done`; "" for success."""
    words = _WORDS.get(ends)
    return " or ".join(end.value.lower() for end in _RESULTS if end in ends) or "never" if words is None else words


def in_words(rule: Rule, label: Callable[[str], str], *, inner: bool = False) -> str:
    """A rule as text: `a failed or b skipped`."""
    names = tasks_in(rule)
    if len(names) == 1 and not _is_about_items(rule):
        (name,) = names
        return f"{label(name)} {ends_in_words(accepted(rule, name)) or 'succeeded'}"
    match rule:
        case Ended(task=task, result=result):
            return f"{label(task)} {_RESULT_WORDS.get(result, result.value.lower())}"
        case Not(part=part):
            return f"not {in_words(part, label, inner=True)}"
        case AllOf() | AnyOf():
            parts = _by_task(rule)
            word = " and " if isinstance(rule, AllOf) else " or "
            text = word.join(dict.fromkeys(in_words(part, label, inner=True) for part in parts))
            return f"({text})" if inner and len(parts) > 1 else text


def substituted(rule: Rule, replace: Callable[[Ended], Rule]) -> Rule:
    """The rule with each of its tests replaced."""
    match rule:
        case Ended():
            return replace(rule)
        case Not(part=part):
            return Not(substituted(part, replace))
        case AllOf(parts=parts):
            return AllOf(tuple(substituted(part, replace) for part in parts))
        case AnyOf(parts=parts):
            return AnyOf(tuple(substituted(part, replace) for part in parts))


def without_waits(rule: Rule) -> Rule:
    """The rule without parts that hold however a task ended: they only say that it waits for that task."""
    return AllOf(tuple(part for part in conjuncts(rule) if not _is_wait(part)))


def _is_wait(part: Rule) -> bool:
    names = tasks_in(part)
    return len(names) == 1 and not _is_about_items(part) and accepted(part, next(iter(names))) == ANY_END


def _is_about_items(rule: Rule) -> bool:
    return any(end.result in OF_LOOPS or end.result is TaskResult.DAEMONED for end in ends_in(rule)) and not any(
        end.result is TaskResult.SUCCEEDED for end in ends_in(rule)
    )


def _any_of(rule: Rule) -> str:
    """`any succeeded`, if a rule asks the same of each of its tasks, and one will do; else ""."""
    parts = _by_task(rule) if isinstance(rule, AnyOf) else []
    ends: set[frozenset[End]] = set()
    for part in parts:
        names = tasks_in(part)
        if len(names) != 1 or _is_about_items(part):
            return ""
        ends.add(accepted(part, next(iter(names))))
    return f"any {ends_in_words(ends.pop()) or 'succeeded'}" if len(ends) == 1 else ""


def _by_task(rule: AllOf | AnyOf) -> list[Rule]:
    """The parts of a rule, and of parts of the same kind; those that are about one task only put together."""
    found: dict[str | int, list[Rule]] = {}
    for number, part in enumerate(_flat(rule)):
        names = tasks_in(part)
        found.setdefault(next(iter(names)) if len(names) == 1 else number, []).append(part)
    return [parts[0] if len(parts) == 1 else type(rule)(tuple(parts)) for parts in found.values()]


def _flat(rule: AllOf | AnyOf) -> Iterator[Rule]:
    for part in rule.parts:
        if isinstance(part, AllOf | AnyOf) and type(part) is type(rule):
            yield from _flat(part)
        else:
            yield part

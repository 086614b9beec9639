"""Conditions on values and on how steps ended, and the rules that decide whether a step runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

from airflow_argo.model.values import Output, Value, sources_of


class State(str, Enum):
    """How a step ended: the four states that Airflow has for it."""

    SUCCESS = "success"
    FAILED = "failed"
    UPSTREAM_FAILED = "upstream_failed"
    SKIPPED = "skipped"


ANY_STATE = frozenset(State)
SUCCESS_OR_SKIPPED = frozenset({State.SUCCESS, State.SKIPPED})
NOT_RUN_TO_SUCCESS = frozenset({State.FAILED, State.UPSTREAM_FAILED})


@dataclass(frozen=True, slots=True)
class Every:
    """A step ended in one of these states; of a loop that reports its items' states: every item did."""

    step: str
    states: frozenset[State]


@dataclass(frozen=True, slots=True)
class Some:
    """A step ended in one of these states; of a loop that reports its items' states: at least one item did."""

    step: str
    states: frozenset[State]


@dataclass(frozen=True, slots=True)
class Whole:
    """A step ended in one of these states; of a loop that reports its items' states, success is that it ran them at all."""

    step: str
    states: frozenset[State]


@dataclass(frozen=True, slots=True)
class Same:
    """Judged for an item of a loop: the item of the same index, of another loop over as many, ended in one of these states."""

    step: str
    states: frozenset[State]


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values compared as what they are: numbers as numbers, text as text."""

    left: Value
    op: Literal["==", "!=", "<", "<=", ">", ">="]
    right: Value


@dataclass(frozen=True, slots=True)
class IsIn:
    """A value is an element of a list."""

    item: Value
    of: Value


@dataclass(frozen=True, slots=True)
class Truth:
    """A bool value is true."""

    of: Value


@dataclass(frozen=True, slots=True)
class Exists:
    """A value was produced."""

    value: Output


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    of: Condition


@dataclass(frozen=True, slots=True)
class AllOf:
    """All conditions hold; true if there are none."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one condition holds; false if there are none."""

    of: tuple[Condition, ...]


Condition: TypeAlias = Every | Some | Whole | Same | Compare | IsIn | Truth | Exists | Not | AllOf | AnyOf

TRUE = AllOf(())
FALSE = AnyOf(())


@dataclass(frozen=True, slots=True)
class Rule:
    """Whether a step runs, by how the steps before it ended. It is judged when all of them have ended.

    Attributes:
        needs: where it is false, the step ends upstream_failed. Made of Every, Some, Whole, AllOf and AnyOf only; of any
            conditions where it judges the items of a loop.
        wants: where it is false, the step ends skipped.
    """

    needs: Condition = TRUE
    wants: Condition = TRUE


def all_of(conditions: Iterable[Condition]) -> Condition:
    """All of some conditions, each once, without nesting and without those that say nothing."""
    flat: dict[Condition, None] = {}
    for condition in conditions:
        flat |= dict.fromkeys(condition.of if isinstance(condition, AllOf) else (condition,))
    return next(iter(flat)) if len(flat) == 1 else AllOf(tuple(flat))


def any_of(conditions: Iterable[Condition]) -> Condition:
    """At least one of some conditions, each once, without nesting."""
    flat: dict[Condition, None] = {}
    for condition in conditions:
        flat |= dict.fromkeys(condition.of if isinstance(condition, AnyOf) else (condition,))
    return next(iter(flat)) if len(flat) == 1 else AnyOf(tuple(flat))


def leaves_of(condition: Condition) -> Iterator[Condition]:
    """The conditions at the bottom of one, in the order of reading."""
    match condition:
        case AllOf(of=inner) | AnyOf(of=inner):
            for part in inner:
                yield from leaves_of(part)
        case Not(of=part):
            yield from leaves_of(part)
        case _:
            yield condition


def steps_judged(condition: Condition) -> Iterator[str]:
    """The ids of the steps whose end states a condition depends on."""
    for leaf in leaves_of(condition):
        if isinstance(leaf, Every | Some | Whole | Same):
            yield leaf.step


def values_read(condition: Condition) -> Iterator[Value]:
    """The values that a condition reads, at the bottom."""
    for leaf in leaves_of(condition):
        match leaf:
            case Compare(left=left, right=right):
                yield from sources_of(left)
                yield from sources_of(right)
            case IsIn(item=item, of=of):
                yield from sources_of(item)
                yield from sources_of(of)
            case Truth(of=of):
                yield from sources_of(of)
            case Exists(value=value):
                yield value
            case _:
                pass

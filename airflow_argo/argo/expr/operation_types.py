"""Which operands an operator accepts, as far as their types are known, and what it makes of them.

Each rule takes the types of both sides and gives that of the result, None if they can't fit. Source: expr-lang,
checker/checker.go, binaryNode.
"""

from __future__ import annotations

from collections.abc import Callable

from airflow_argo.argo.expr.natures import (
    BOOL,
    BYTES,
    DURATION,
    FLOAT,
    INT,
    STRING,
    TIME,
    UNKNOWN,
    Nature,
    array_of,
)

Check = Callable[[Nature], bool]


class OperandsRefused(Exception):
    """The operands can't fit; ``str()`` is the whole message."""


def _is_number(nature: Nature) -> bool:
    return nature.is_number


def _is_string(nature: Nature) -> bool:
    return nature.is_string


def _is_time(nature: Nature) -> bool:
    return nature.is_time


def _is_duration(nature: Nature) -> bool:
    return nature.is_duration


def _is_integer(nature: Nature) -> bool:
    return nature.is_integer


def _is_bool(nature: Nature) -> bool:
    return nature.is_bool


def _alike(*checks: Check) -> Callable[[Nature, Nature], bool]:
    """Both sides pass the same check, or one does and the other is unknown, or both are unknown."""

    def fits(left: Nature, right: Nature) -> bool:
        if left.is_unknown or right.is_unknown:
            known = [side for side in (left, right) if not side.is_unknown]
            return all(any(check(side) for check in checks) for side in known)
        return any(check(left) and check(right) for check in checks)

    return fits


def _equality(left: Nature, right: Nature) -> Nature | None:
    return BOOL if left.comparable_to(right) else None


def _always(result: Nature, fits: Callable[[Nature, Nature], bool]) -> Callable[[Nature, Nature], Nature | None]:
    return lambda left, right: result if fits(left, right) else None


def _arithmetic(known: dict[tuple[Nature, Nature], Nature], *checks: Check) -> Callable[[Nature, Nature], Nature | None]:
    """Numbers make a number; other known pairs what the table says; with an unknown side the result is unknown."""

    def rule(left: Nature, right: Nature) -> Nature | None:
        if left.is_number and right.is_number:
            return INT if left.is_integer and right.is_integer else FLOAT
        if (left, right) in known:
            return known[left, right]
        if not left.is_unknown and not right.is_unknown:
            return None
        return UNKNOWN if _alike(_is_number, *checks)(left, right) else None

    return rule


def _multiplication(left: Nature, right: Nature) -> Nature | None:
    if DURATION in (left, right) and all(side.is_number or side.is_duration for side in (left, right)):
        return DURATION
    return _arithmetic({}, _is_duration)(left, right)


def _membership(left: Nature, right: Nature) -> Nature | None:
    if (left.is_string or left.is_unknown) and right.kind == "struct":
        return BOOL
    if right.is_map:
        if not left.is_unknown and not left.assignable_to(right.key()):
            raise OperandsRefused(f"cannot use {left} as type {right.key()} in map key")
        return BOOL
    if right.is_array:
        if not left.comparable_to(right.element()):
            raise OperandsRefused(f"cannot use {left} as type {right.element()} in array")
        return BOOL
    return BOOL if right.is_unknown or (left.is_unknown and right.is_string) else None


def _matching(left: Nature, right: Nature) -> Nature | None:
    if left == BYTES and right.is_string:
        return BOOL
    return BOOL if _alike(_is_string)(left, right) else None


def _coalescing(left: Nature, right: Nature) -> Nature | None:
    if left.nil or right.nil:
        return left if right.nil else right
    return left if right.assignable_to(left) else UNKNOWN


RULES: dict[str, Callable[[Nature, Nature], Nature | None]] = {
    **dict.fromkeys(("==", "!="), _equality),
    **dict.fromkeys(("or", "||", "and", "&&"), _always(BOOL, _alike(_is_bool))),
    **dict.fromkeys(("<", ">", "<=", ">="), _always(BOOL, _alike(_is_number, _is_string, _is_time, _is_duration))),
    "+": _arithmetic(
        {
            (STRING, STRING): STRING,
            (TIME, DURATION): TIME,
            (DURATION, TIME): TIME,
            (DURATION, DURATION): DURATION,
        },
        _is_string,
        _is_time,
        _is_duration,
    ),
    "-": _arithmetic({(TIME, TIME): DURATION, (TIME, DURATION): TIME, (DURATION, DURATION): DURATION}, _is_time, _is_duration),
    "*": _multiplication,
    **dict.fromkeys(("/", "**", "^"), _always(FLOAT, _alike(_is_number))),
    "%": _always(INT, _alike(_is_integer)),
    "..": _always(array_of(INT), _alike(_is_integer)),
    "in": _membership,
    "matches": _matching,
    **dict.fromkeys(("contains", "startsWith", "endsWith"), _always(BOOL, _alike(_is_string))),
    "??": _coalescing,
}
"""The rules by operator; may raise OperandsRefused."""

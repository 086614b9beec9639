"""From stages to a value. Source: govaluate, evaluationStage.go and EvaluableExpression.go."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from airflow_argo.argo.expr.operators import float_power, float_quotient, go_bytes
from airflow_argo.argo.golang.regexp import RegexpError, compile_regexp
from airflow_argo.argo.golang.strconv import truncate_to_int64, wrap_int64
from airflow_argo.argo.golang.values import format_value
from airflow_argo.argo.govaluate.errors import GovaluateError
from airflow_argo.argo.govaluate.stages import ACCESS, LITERAL, NOOP, Pattern, Stage

_NOT_EVALUATED: Final = -1
"""What stands for an operand that a short circuit left out."""

Check = Callable[[Any], bool]


def evaluate_stage(stage: Stage) -> Any:
    """The value of a tree: float, str, bool, list, or None where a ternary has no other branch.

    Left operands nest as deep as a chain of operators is long: they are taken in a loop.

    Raises:
        GovaluateError: an operand is of the wrong type.
    """
    chain = [stage]
    while chain[-1].left is not None:
        chain.append(chain[-1].left)
    value: Any = None
    for link in reversed(chain):
        value = _apply(link, value)
    return value


def _apply(stage: Stage, left: Any) -> Any:
    symbol = stage.symbol
    if symbol == LITERAL:
        return stage.value
    if (symbol == "&&" and left is False) or (symbol == "||" and left is True) or (symbol == "??" and left is not None):
        return left
    skipped = (symbol == "?" and left is False) or (symbol == ":" and left is not None)
    right: Any = _NOT_EVALUATED if skipped else None
    if not skipped and stage.right is not None:
        right = evaluate_stage(stage.right)
    if symbol == ACCESS:
        raise GovaluateError(f"No parameter '{stage.value[0]}' found.")
    _check_types(stage, left, right)
    return _OPERATIONS[symbol](left, right)


def _check_types(stage: Stage, left: Any, right: Any) -> None:
    both = _BOTH.get(stage.symbol)
    if both is not None:
        if not both(left, right):
            raise _complaint(stage, left)
        return
    for check, value in zip(_SIDES.get(stage.symbol, (None, None)), (left, right), strict=True):
        if check is not None and not check(value):
            raise _complaint(stage, value)


def _complaint(stage: Stage, value: Any) -> GovaluateError:
    shown = str(value) if isinstance(value, Pattern) else format_value(value)
    return GovaluateError(stage.complaint.format(shown, stage.symbol.removeprefix("u")))


# --- types


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, float)


def _is_pattern(value: Any) -> bool:
    return isinstance(value, (str, Pattern))


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _both_orderable(left: Any, right: Any) -> bool:
    return (_is_number(left) and _is_number(right)) or (_is_text(left) and _is_text(right))


def _addable(left: Any, right: Any) -> bool:
    return (_is_number(left) and _is_number(right)) or _is_text(left) or _is_text(right)


_BOTH: dict[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys((">", "<", ">=", "<="), _both_orderable),
    "+": _addable,
}

_SIDES: dict[str, tuple[Check | None, Check | None]] = {
    **dict.fromkeys(("=~", "!~"), (_is_text, _is_pattern)),
    **dict.fromkeys(("&&", "||"), (_is_bool, _is_bool)),
    "in": (None, _is_list),
    **dict.fromkeys(("<<", ">>", "|", "&", "^", "-", "*", "/", "%", "**"), (_is_number, _is_number)),
    **dict.fromkeys(("u-", "u~"), (None, _is_number)),
    "u!": (None, _is_bool),
    "?": (_is_bool, None),
}


# --- operations


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(_equal(one, other) for one, other in zip(left, right, strict=True))
    return type(left) is type(right) and bool(left == right)


def _matches(left: str, right: Any) -> bool:
    pattern = str(right)
    try:
        return compile_regexp(pattern).search(left) is not None
    except RegexpError as error:
        raise GovaluateError(f"Unable to compile regexp pattern '{pattern}': {error}") from None


def _among(left: Any, right: list[Any]) -> bool:
    for value in right:
        if isinstance(left, list) and isinstance(value, list):
            raise GovaluateError("runtime error: comparing uncomparable type []interface {}")
        if _equal(left, value):
            return True
    return False


def _listed(left: Any, right: Any) -> list[Any]:
    return [*left, right] if isinstance(left, list) else [left, right]


def _sum(left: Any, right: Any) -> Any:
    if _is_text(left) or _is_text(right):
        return format_value(left) + format_value(right)
    return left + right


def _remainder(left: float, right: float) -> float:
    try:
        return math.fmod(left, right)
    except ValueError:
        return math.nan


def _bits(operation: Callable[[int, int], int]) -> Callable[[float, float], float]:
    return lambda left, right: float(wrap_int64(operation(truncate_to_int64(left), truncate_to_int64(right))))


def _unsigned(number: float) -> int:
    """Go's uint64(x) on amd64."""
    if 2.0**63 <= number < 2.0**64:
        return int(number)
    return truncate_to_int64(number) % 2**64


def _shifted_left(left: float, right: float) -> float:
    places = _unsigned(right)
    return float((_unsigned(left) << places) % 2**64) if places < 64 else 0.0


def _shifted_right(left: float, right: float) -> float:
    return float(_unsigned(left) >> min(_unsigned(right), 64))


def _key(value: Any) -> Any:
    return go_bytes(value) if isinstance(value, str) else value


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    NOOP: lambda _, right: right,
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    ">": lambda left, right: _key(left) > _key(right),
    "<": lambda left, right: _key(left) < _key(right),
    ">=": lambda left, right: _key(left) >= _key(right),
    "<=": lambda left, right: _key(left) <= _key(right),
    "=~": _matches,
    "!~": lambda left, right: not _matches(left, right),
    "in": _among,
    ",": _listed,
    "&&": lambda left, right: left and right,
    "||": lambda left, right: left or right,
    "+": _sum,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": float_quotient,
    "%": _remainder,
    "**": float_power,
    "|": _bits(lambda left, right: left | right),
    "&": _bits(lambda left, right: left & right),
    "^": _bits(lambda left, right: left ^ right),
    "<<": _shifted_left,
    ">>": _shifted_right,
    "u-": lambda _, right: -right,
    "u!": lambda _, right: not right,
    "u~": lambda _, right: float(~truncate_to_int64(right)),
    "?": lambda left, right: right if left else None,
    ":": lambda left, right: right if left is None else left,
    "??": lambda left, right: right if left is None else left,
}

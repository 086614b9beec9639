"""Built-in functions on numbers, and what asks for a value's type."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from airflow_argo.argo.expr.builtins.function import (
    NUMBER_KINDS,
    ArgumentsRefused,
    Function,
    Validator,
    kind,
    one_of,
    shown,
)
from airflow_argo.argo.expr.operators import compare, go_bytes
from airflow_argo.argo.golang.duration import Duration
from airflow_argo.argo.golang.moment import Month, Weekday
from airflow_argo.argo.golang.signatures import ANY
from airflow_argo.argo.golang.strconv import (
    NumberSyntaxError,
    parse_float,
    parse_int,
    truncate_to_int64,
    wrap_int64,
)
from airflow_argo.argo.golang.values import (
    GoFunction,
    Panic,
    UInt8,
    format_value,
    is_integer,
    is_number,
    type_name,
)


def to_int(value: Any) -> int:
    """`int(x)`: of a number or of a text that is one; also `asInt`."""
    if type(value) is float:
        return truncate_to_int64(value)
    if is_integer(value) or isinstance(value, (Duration, Month, Weekday)):
        return int(value)
    if isinstance(value, str):
        try:
            return parse_int(value, "Atoi")
        except NumberSyntaxError:
            raise Panic(f"invalid operation: int({value})") from None
    if value is None:
        raise Panic("reflect: call of reflect.Value.Type on zero Value")
    raise Panic(f"invalid operation: int({type_name(value)})")


def to_float(value: Any) -> float:
    """`float(x)`: of a number or of a text that is one; also `asFloat`."""
    if is_number(value):
        return float(value)
    if isinstance(value, str):
        try:
            return parse_float(value)
        except NumberSyntaxError:
            raise Panic(f"invalid operation: float({value})") from None
    raise Panic(f"invalid operation: float({type_name(value)})")


def type_of(value: object) -> str:
    """`type(x)`: one of expr-lang's names, or that of a type of Go's time package."""
    name = type_name(value)
    if name.startswith(("time.", "*time.")):
        return name.lstrip("*")
    if isinstance(value, GoFunction):
        return "func"
    if isinstance(value, (list, bytes)):
        return "array"
    if isinstance(value, Mapping):
        return "map"
    return {"<nil>": "nil", "int64": "int", "uint8": "uint", "float64": "float"}.get(name, name)


def length(value: Any) -> int:
    """`len(x)`: of a text in characters."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(go_bytes(value).decode("utf-8", "replace"))
    if isinstance(value, (list, bytes, Mapping)):
        return len(value)
    raise Panic(f"invalid argument for len (type {type_name(value)})")


def _abs(value: Any) -> object:
    if not is_number(value):
        raise Panic(f"invalid argument for abs (type {type_name(value)})")
    return value if value >= 0 else type(value)(-value if type(value) is float else wrap_int64(-int(value)))


def _rounding(name: str, rounding: Callable[[float], float]) -> Callable[[Any], float]:
    def run(value: Any) -> float:
        if not is_number(value):
            raise Panic(f"invalid argument for {name} (type {type_name(value)})")
        number = float(value)
        return number if not math.isfinite(number) else math.copysign(rounding(number), number)

    return run


def _half_away(number: float) -> float:
    whole = math.trunc(number)
    return float(whole + (abs(number - whole) >= 0.5) * (1 if number > 0 else -1))


def _is_real(value: object) -> bool:
    """A number by its kind: reflection also takes durations, months and weekdays for numbers."""
    return is_number(value) or isinstance(value, (Duration, Month, Weekday))


def _extreme(name: str, operator: str) -> Callable[..., object]:
    """`min` and `max` over numbers and lists of numbers, nested or not."""

    def better(found: object, candidate: object) -> object:
        return candidate if found is None or compare(operator, found, candidate) else found

    def run(*arguments: Any) -> object:
        found: object = None
        for argument in arguments:
            if isinstance(argument, (list, bytes)):
                for item in _numbers_within(name, argument):
                    found = better(found, item)
            elif _is_real(argument):
                found = better(found, argument)
            elif len(arguments) == 1:
                return argument
            else:
                raise Panic(f"invalid argument for {name} (type {type_name(argument)})")
        return found

    return run


def _numbers_within(name: str, items: list[Any] | bytes) -> Iterator[object]:
    for item in items if isinstance(items, list) else map(UInt8, items):
        if isinstance(item, (list, bytes)):
            yield from _numbers_within(name, item)
        elif is_number(item):
            yield item
        else:
            raise Panic(f"invalid argument for {name} (type {type_name(item)})")


def _reals(name: str, arguments: Any) -> Iterator[float]:
    for argument in arguments:
        if isinstance(argument, (list, bytes)):
            yield from _reals(name, argument)
        elif _is_real(argument):
            yield float(argument)
        else:
            raise Panic(f"invalid argument for {name} (type {type_name(argument)})")


def _mean(*arguments: Any) -> float:
    total, count = 0.0, 0
    for number in _reals("mean", arguments):
        total += number
        count += 1
    return total / count if count else 0.0


def _median(*arguments: Any) -> float:
    numbers = sorted(_reals("median", arguments), key=lambda number: (not math.isnan(number), number))
    if not numbers:
        return 0.0
    middle = len(numbers) // 2
    return numbers[middle] if len(numbers) % 2 else (numbers[middle - 1] + numbers[middle]) / 2


def _aggregate(name: str) -> Validator:
    def validate(types: list[str | None]) -> str:
        if not types:
            raise ArgumentsRefused(f"not enough arguments to call {name}")
        for given in types:
            if kind(given) in ("interface", "array", "slice"):
                return ANY
            if kind(given) not in NUMBER_KINDS:
                raise ArgumentsRefused(f"invalid argument for {name} (type {shown(given)})")
        return types[0] or ANY

    return validate


def _bits(name: str, operation: Callable[[int, int], int]) -> Function:
    def run(left: Any, right: Any) -> int:
        for side in (left, right):
            if not is_integer(side):
                raise Panic(f"cannot use {type_name(side)} as argument (type int) to call {name}")
        return wrap_int64(operation(int(left), int(right)))

    return Function(name, run, ("func(int, int) int",))


def _shift(operation: Callable[[int, int], int]) -> Callable[[int, int], int]:
    def run(number: int, places: int) -> int:
        if places < 0:
            raise Panic(f"invalid operation: negative shift count {places} (type int)")
        return operation(number, min(places, 64))

    return run


def _bitnot(value: Any) -> int:
    if not is_integer(value):
        raise Panic(f"cannot use {type_name(value)} as argument (type int) to call bitnot")
    return ~int(value)


_ANY_NUMBER = NUMBER_KINDS | {"interface"}
_NUMERIC = _ANY_NUMBER | {"string"}
_SIZED = frozenset(("array", "map", "slice", "string", "interface"))

FUNCTIONS = (
    Function("len", length, validate=one_of(_SIZED, "int", "invalid argument for len (type {})")),
    Function("type", type_of, ("func(interface {}) string",)),
    Function("abs", _abs, validate=one_of(_ANY_NUMBER, None, "invalid argument for abs (type {})")),
    *(
        Function(
            name,
            _rounding(name, rounding),
            validate=one_of(_ANY_NUMBER, "float64", f"invalid argument for {name} (type {{}})"),
        )
        for name, rounding in (("ceil", math.ceil), ("floor", math.floor), ("round", _half_away))
    ),
    Function("int", to_int, validate=one_of(_NUMERIC, "int", "invalid argument for int (type {})")),
    Function("float", to_float, validate=one_of(_NUMERIC, "float64", "invalid argument for float (type {})")),
    Function("string", format_value, ("func(interface {}) string",)),
    Function("max", _extreme("max", "<"), validate=_aggregate("max")),
    Function("min", _extreme("min", ">"), validate=_aggregate("min")),
    Function("mean", _mean, validate=_aggregate("mean")),
    Function("median", _median, validate=_aggregate("median")),
    _bits("bitand", lambda left, right: left & right),
    _bits("bitor", lambda left, right: left | right),
    _bits("bitxor", lambda left, right: left ^ right),
    _bits("bitnand", lambda left, right: left & ~right),
    _bits("bitshl", _shift(lambda number, places: number << places)),
    _bits("bitshr", _shift(lambda number, places: number >> places)),
    _bits("bitushr", _shift(lambda number, places: (number % 2**64) >> places)),
    Function("bitnot", _bitnot, ("func(int) int",)),
)

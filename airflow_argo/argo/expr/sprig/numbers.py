"""sprig's functions on numbers."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from airflow_argo.argo.expr.operators import float_quotient
from airflow_argo.argo.expr.sprig.convert import to_integer, to_real
from airflow_argo.argo.golang.strconv import INT64_MAX, INT64_MIN, wrap_int64
from airflow_argo.argo.golang.values import GoFunction, Int64, IntSlice, Panic, format_value

_EXACT = Context(prec=4000)
_PLACES = Decimal(1).scaleb(-16)
"""To how many places a decimal division is rounded."""


def _int64(number: int) -> Int64:
    return Int64(wrap_int64(number))


def _total(*values: Any) -> Int64:
    return _int64(sum(to_integer(value) for value in values))


def _product(first: Any, *rest: Any) -> Int64:
    return _int64(math.prod((to_integer(first), *map(to_integer, rest))))


def _divided(left: Any, right: Any) -> tuple[int, int]:
    """Quotient and rest, towards zero."""
    dividend, divisor = to_integer(left), to_integer(right)
    if divisor == 0:
        raise Panic("runtime error: integer divide by zero")
    quotient = abs(dividend) // abs(divisor) * (1 if (dividend < 0) == (divisor < 0) else -1)
    return quotient, dividend - quotient * divisor


def _decimal(value: Any) -> Decimal:
    number = to_real(value)
    if not math.isfinite(number):
        raise Panic(f"Cannot create a Decimal from {format_value(number)}")
    return Decimal(repr(number))


def _decimals(operation: Callable[[Decimal, Decimal], Decimal]) -> Callable[..., float]:
    def run(first: Any, *rest: Any) -> float:
        result = _decimal(first)
        for value in rest:
            result = operation(result, _decimal(value))
        return float(result)

    return run


def _divide(left: Decimal, right: Decimal) -> Decimal:
    if right == 0:
        raise Panic("decimal division by 0")
    return _EXACT.divide(left, right).quantize(_PLACES, ROUND_HALF_UP, _EXACT)


_add_decimals = _decimals(_EXACT.add)


def _until(count: int) -> IntSlice:
    return _until_step(0, count, -1 if count < 0 else 1)


def _until_step(start: int, stop: int, step: int) -> IntSlice:
    if (stop < start) != (step < 0) or step == 0:
        return IntSlice()
    return IntSlice(range(start, stop, step))


def _seq(*params: int) -> str:
    """Like the shell's seq: `end`, `start end`, or `start step end`."""
    if len(params) == 3:
        start, step, end = params
        if end < start and step > 0:
            return ""
    elif 1 <= len(params) <= 2:
        start, end = (1, params[0]) if len(params) == 1 else params
        step = -1 if end < start else 1
    else:
        return ""
    return " ".join(map(str, _until_step(start, end + (-1 if end < start else 1), step)))


def _round(value: Any, places: int, *options: float) -> float:
    """Rounded to so many places; up from `options[0]`, .5 otherwise."""
    power = 10.0**places
    shifted = power * to_real(value)
    if not math.isfinite(shifted):
        return float_quotient(shifted, power)
    fraction = math.modf(shifted)[0]
    rounded = math.ceil(shifted) if fraction >= (options[0] if options else 0.5) else math.floor(shifted)
    return float_quotient(float(rounded), power)


def _whole(rounding: Callable[[float], float]) -> Callable[[Any], float]:
    def run(value: Any) -> float:
        number = to_real(value)
        return float(rounding(number)) if math.isfinite(number) else number

    return run


def _to_decimal(value: Any) -> Int64:
    """An octal number, 0 if it is none."""
    try:
        number = int(format_value(value), 8)
    except ValueError:
        return Int64(0)
    return Int64(number if INT64_MIN <= number <= INT64_MAX else 0)


def _rand_int(least: int, limit: int) -> int:
    if limit <= least:
        raise Panic("invalid argument to Intn")
    return least + secrets.randbelow(limit - least)


def _extreme(choose: Callable[[Any], Any], read: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda first, *rest: choose([read(value) for value in (first, *rest)])


def _float_extreme(choose: Callable[[Any], float]) -> Callable[..., float]:
    def run(first: Any, *rest: Any) -> float:
        numbers = [to_real(value) for value in (first, *rest)]
        return math.nan if any(map(math.isnan, numbers)) else choose(numbers)

    return run


_MANY = "func(interface {}, ...interface {}) "
_TWO = "func(interface {}, interface {}) int64"

FUNCTIONS = (
    GoFunction("int64", "func(interface {}) int64", lambda value: Int64(to_integer(value))),
    GoFunction("int", "func(interface {}) int", to_integer),
    GoFunction("float64", "func(interface {}) float64", to_real),
    GoFunction("seq", "func(...int) string", _seq),
    GoFunction("toDecimal", "func(interface {}) int64", _to_decimal),
    GoFunction("until", "func(int) []int", _until),
    GoFunction("untilStep", "func(int, int, int) []int", _until_step),
    GoFunction("add1", "func(interface {}) int64", lambda value: _total(value, 1)),
    GoFunction("add", "func(...interface {}) int64", _total),
    GoFunction("sub", _TWO, lambda left, right: _int64(to_integer(left) - to_integer(right))),
    GoFunction("div", _TWO, lambda left, right: _int64(_divided(left, right)[0])),
    GoFunction("mod", _TWO, lambda left, right: _int64(_divided(left, right)[1])),
    GoFunction("mul", _MANY + "int64", _product),
    GoFunction("randInt", "func(int, int) int", _rand_int),
    GoFunction("add1f", "func(interface {}) float64", lambda value: _add_decimals(value, 1)),
    GoFunction("addf", "func(...interface {}) float64", lambda *values: _add_decimals(0.0, *values)),
    GoFunction("subf", _MANY + "float64", _decimals(_EXACT.subtract)),
    GoFunction("divf", _MANY + "float64", _decimals(_divide)),
    GoFunction("mulf", _MANY + "float64", _decimals(_EXACT.multiply)),
    *(
        GoFunction(name, _MANY + "int64", _extreme(lambda numbers: Int64(max(numbers)), to_integer))
        for name in ("biggest", "max")
    ),
    GoFunction("min", _MANY + "int64", _extreme(lambda numbers: Int64(min(numbers)), to_integer)),
    GoFunction("maxf", _MANY + "float64", _float_extreme(max)),
    GoFunction("minf", _MANY + "float64", _float_extreme(min)),
    GoFunction("ceil", "func(interface {}) float64", _whole(math.ceil)),
    GoFunction("floor", "func(interface {}) float64", _whole(math.floor)),
    GoFunction("round", "func(interface {}, int, ...float64) float64", _round),
)

"""What operators do with values at run time. Source: expr-lang, vm/runtime."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from airflow_argo.argo.expr.methods import bound_method
from airflow_argo.argo.golang.duration import Duration, wrapped
from airflow_argo.argo.golang.moment import Time
from airflow_argo.argo.golang.strconv import truncate_to_int64, wrap_int64
from airflow_argo.argo.golang.values import (
    AnyMap,
    GoFunction,
    IntSlice,
    NilSlice,
    NilStringSlice,
    Panic,
    StringMap,
    StringSlice,
    Struct,
    UInt8,
    format_value,
    is_integer,
    is_nil,
    is_number,
    type_name,
)


def go_bytes(text: str) -> bytes:
    """The UTF-8 of a text: Go's strings are bytes."""
    return text.encode("utf-8", "surrogateescape")


def go_text(data: bytes) -> str:
    """The text of bytes; such as are no UTF-8 are kept as lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


# --- comparing


def equal(left: object, right: object) -> bool:
    """`==`: numbers by value whatever their types, lists item by item, everything else only within one type."""
    if is_number(left) and is_number(right):
        one, other = _alike(left, right)
        return bool(one == other)
    if isinstance(left, list) and isinstance(right, list):
        return _equal_lists(left, right)
    if is_nil(left) or is_nil(right):
        return is_nil(left) and is_nil(right)
    return deep_equal(left, right)


_COMPARED_BY_ITEM = (list, NilSlice, StringSlice, NilStringSlice, IntSlice)


def _equal_lists(left: list[Any], right: list[Any]) -> bool:
    if type_name(left) != type_name(right) and "[]interface {}" not in (type_name(left), type_name(right)):
        return False
    if any(type(side) not in _COMPARED_BY_ITEM for side in (left, right)):
        return deep_equal(left, right)
    return len(left) == len(right) and all(equal(one, other) for one, other in zip(left, right, strict=True))


def deep_equal(left: object, right: object) -> bool:
    """Go's reflect.DeepEqual: the same types all the way down, so that 1 and 1.0 differ."""
    if type_name(left) != type_name(right):
        return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(deep_equal(one, other) for one, other in zip(left, right, strict=True))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return len(left) == len(right) and all(key in right and deep_equal(left[key], right[key]) for key in left)
    return not isinstance(left, GoFunction) and left == right


_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}


def compare(operator: str, left: Any, right: Any) -> bool:
    """`<`, `>`, `<=`, `>=` on two numbers, texts (by bytes), times or durations."""
    if is_number(left) and is_number(right):
        return _ORDERS[operator](*_alike(left, right))
    if type(left) is str and type(right) is str:
        return _ORDERS[operator](go_bytes(left), go_bytes(right))
    if type(left) is type(right) and type(left) in (Time, Duration):
        return _ORDERS[operator](left, right)
    raise mismatch(operator, left, right)


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Two numbers as Go compares them: an integer beside a float64 loses what a float64 can't hold."""
    return (float(left), float(right)) if float in (type(left), type(right)) else (left, right)


def mismatch(operator: str, left: object, right: object) -> Panic:
    """The error of an operator whose operands don't fit."""
    return Panic(f"invalid operation: {type_name(left)} {operator} {type_name(right)}")


# --- arithmetic


def add(left: Any, right: Any) -> object:
    """`+` on numbers, texts, durations, or a time and a duration."""
    if is_number(left) and is_number(right):
        return _arithmetic(left, right, lambda one, other: one + other)
    kinds = (type(left), type(right))
    if kinds == (str, str):
        return left + right
    if kinds == (Time, Duration):
        return left.plus(right)
    if kinds == (Duration, Time):
        return right.plus(left)
    if kinds == (Duration, Duration):
        return wrapped(int(left) + int(right))
    raise mismatch("+", left, right)


def subtract(left: Any, right: Any) -> object:
    """`-` on numbers, times (a duration), durations, or a time and a duration."""
    if is_number(left) and is_number(right):
        return _arithmetic(left, right, lambda one, other: one - other)
    kinds = (type(left), type(right))
    if kinds == (Time, Time):
        return left.minus(right)
    if kinds == (Time, Duration):
        return left.plus(-int(right))
    if kinds == (Duration, Duration):
        return wrapped(int(left) - int(right))
    raise mismatch("-", left, right)


def multiply(left: Any, right: Any) -> object:
    """`*` on numbers; with a duration the result is one, except that a float64 makes a float64."""
    if is_number(left) and is_number(right):
        return _arithmetic(left, right, lambda one, other: one * other)
    if all(is_number(side) or type(side) is Duration for side in (left, right)):
        if float in (type(left), type(right)):
            return float(left) * float(right)
        return wrapped(int(left) * int(right))
    raise mismatch("*", left, right)


def _arithmetic(left: Any, right: Any, operation: Callable[[Any, Any], Any]) -> int | float:
    if type(left) is float or type(right) is float:
        return float(operation(float(left), float(right)))
    return wrap_int64(operation(int(left), int(right)))


def divide(left: Any, right: Any) -> float:
    """`/`: always a float64; by zero an infinity, or not a number."""
    if not (is_number(left) and is_number(right)):
        raise mismatch("/", left, right)
    return float_quotient(float(left), float(right))


def float_quotient(left: float, right: float) -> float:
    """IEEE division, which Python refuses for zero."""
    if right != 0:
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def modulo(left: Any, right: Any) -> int:
    """`%` on integers; the sign is that of the left side."""
    if not (is_integer(left) and is_integer(right)):
        raise mismatch("%", left, right)
    if right == 0:
        raise Panic("runtime error: integer divide by zero")
    return int(math.copysign(1, left)) * (abs(int(left)) % abs(int(right)))


def power(left: Any, right: Any) -> float:
    """`**`: always a float64."""
    return float_power(to_float(left), to_float(right))


def float_power(base: float, exponent: float) -> float:
    """Go's math.Pow, which multiplies where C's takes logarithms, and so may differ from it in the last digit."""
    whole = abs(exponent)
    if not (math.isfinite(base) and math.isfinite(exponent)) or base == 0 or whole == 0.5 or whole >= 2.0**63:
        return _special_power(base, exponent)
    fraction, whole = math.modf(whole)
    if fraction and base < 0:
        return math.nan
    mantissa, scale = 1.0, 0
    if fraction > 0.5:
        fraction, whole = fraction - 1, whole + 1
    if fraction:
        mantissa = math.exp(fraction * math.log(base))
    factor, factor_scale = math.frexp(base)
    bits = int(whole)
    while bits:
        if abs(factor_scale) > 1 << 12:
            scale += factor_scale
            break
        if bits & 1:
            mantissa, scale = mantissa * factor, scale + factor_scale
        factor, factor_scale = factor * factor, factor_scale * 2
        if factor < 0.5:
            factor, factor_scale = factor * 2, factor_scale - 1
        bits >>= 1
    if exponent < 0:
        mantissa, scale = 1 / mantissa, -scale
    try:
        return math.ldexp(mantissa, scale)
    except OverflowError:
        return math.copysign(math.inf, mantissa)


def _special_power(base: float, exponent: float) -> float:
    """Infinities, zeros, square roots and huge exponents."""
    if exponent == 0 or base == 1:
        return 1.0
    try:
        if abs(exponent) == 0.5 and base > 0:
            return math.sqrt(base) if exponent > 0 else 1 / math.sqrt(base)
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf
    except ValueError:  # zero to a negative power, or a root of a negative number
        if base != 0:
            return math.nan
        odd = exponent == math.trunc(exponent) and exponent % 2 == 1
        return math.copysign(math.inf, base) if odd else math.inf


def negate(value: Any) -> int | float:
    """`-` before a number."""
    if type(value) is float:
        return -value
    if type(value) is UInt8:
        return UInt8(-value % 256)
    if is_integer(value):
        negative: int = type(value)(wrap_int64(-int(value)))
        return negative
    raise Panic(f"invalid operation: - {type_name(value)}")


# --- conversions


def to_int(value: Any) -> int:
    """An int of any number, as for an index; nothing else."""
    if type(value) is float:
        return truncate_to_int64(value)
    if is_integer(value):
        return int(value)
    raise Panic(f"invalid operation: int({type_name(value)})")


def to_float(value: Any) -> float:
    """A float64 of any number; nothing else."""
    if is_number(value):
        return float(value)
    raise Panic(f"invalid operation: float({type_name(value)})")


def as_bool(value: object) -> bool:
    """The value, which must be a bool."""
    if isinstance(value, bool):
        return value
    raise Panic(f"interface conversion: interface {{}} is {_dynamic_type(value)}, not bool")


def as_text(value: object) -> str:
    """The value, which must be a string."""
    if isinstance(value, str):
        return value
    raise Panic(f"interface conversion: interface {{}} is {_dynamic_type(value)}, not string")


def _dynamic_type(value: object) -> str:
    return "nil" if value is None else type_name(value)


# --- reaching into values


def fetch(value: Any, key: Any) -> Any:
    """`value[key]` or `value.key`: an item from either end, a map's entry (nil if none), a method."""
    if value is None:
        raise Panic(f"cannot fetch {format_value(key)} from <nil>")
    if isinstance(key, str) and (method := bound_method(value, key)) is not None:
        return method
    if isinstance(value, Mapping):
        return _entry(value, key)
    if isinstance(value, (list, str, bytes)):
        return _item(value, key)
    if isinstance(value, Struct) and isinstance(key, str) and key in value.fields:
        return value.fields[key]
    raise Panic(f"cannot fetch {format_value(key)} from {type_name(value)}")


def _item(value: list[Any] | str | bytes, key: object) -> Any:
    index = to_int(key)
    items = go_bytes(value) if isinstance(value, str) else value
    position = index + len(items) if index < 0 else index
    if not 0 <= position < len(items):
        raise Panic(f"index out of range: {position} (array length is {len(items)})")
    return UInt8(items[position]) if isinstance(items, bytes) else items[position]


def _entry(value: Mapping[Any, Any], key: object) -> Any:
    found = look_up(value, key)
    if found is not None:
        return found
    return "" if isinstance(value, StringMap) else None


def look_up(value: Mapping[Any, Any], key: object) -> Any:
    """A map's entry, or nil; a key of another type than the map's panics in Go's way."""
    if isinstance(value, AnyMap):
        return value.get(key)
    return value.get(_text_key(key))


def _text_key(key: object) -> str:
    if key is None:
        return ""
    if isinstance(key, str):
        return key
    raise Panic(f"reflect.Value.MapIndex: value of type {type_name(key)} is not assignable to type string")


def contains(needle: object, haystack: Any) -> bool:
    """`needle in haystack`: an item of a list, a key of a map; nothing is in nil."""
    if haystack is None:
        return False
    if isinstance(haystack, list):
        return any(equal(item, needle) for item in haystack)
    if isinstance(haystack, bytes):
        return is_number(needle) and needle in list(haystack)
    if isinstance(haystack, AnyMap):
        return needle in haystack
    if isinstance(haystack, Mapping):
        return _text_key(needle) in haystack
    raise Panic(f'operator "in" not defined on {type_name(haystack)}')


def cut(value: Any, start: object, stop: object) -> Any:
    """`value[start:stop]`: of a text by bytes; positions beyond the ends are the ends."""
    items = go_bytes(value) if isinstance(value, str) else value
    if not isinstance(items, (list, bytes)):
        raise Panic(f"cannot slice {format_value(start)}")
    first, last = (_position(to_int(end), len(items)) for end in (start, stop))
    part = items[min(first, last) : last]
    if isinstance(value, str):
        assert isinstance(part, bytes)
        return go_text(part)
    return part if type(part) is type(value) else type(value)(part)


def _position(index: int, length: int) -> int:
    return min(max(index + length if index < 0 else index, 0), length)


def length(value: Any) -> int:
    """Go's len: of a text in bytes (the built-in `len` counts characters)."""
    if isinstance(value, str):
        return len(go_bytes(value))
    if isinstance(value, (list, bytes, Mapping)):
        return len(value)
    raise Panic(f"invalid argument for len (type {type_name(value)})")


def integer_range(first: object, last: object) -> range:
    """`first..last`, both included."""
    return range(to_int(first), to_int(last) + 1)

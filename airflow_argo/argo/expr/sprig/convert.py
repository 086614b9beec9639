"""How sprig's functions read their arguments. Source: sprig v3.3.0, and github.com/spf13/cast v1.10.0."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from airflow_argo.argo.golang.duration import Duration
from airflow_argo.argo.golang.moment import Month, Time, Weekday
from airflow_argo.argo.golang.signatures import kind_of
from airflow_argo.argo.golang.strconv import (
    NumberSyntaxError,
    parse_float,
    parse_prefixed_int,
    truncate_to_int64,
)
from airflow_argo.argo.golang.values import Panic, StringSlice, UInt8, format_value, is_number, type_name

_WITH_FRACTION = re.compile(r"([-+]?\d*)(?:\.\d*)?", re.ASCII)


def to_integer(value: Any) -> int:
    """Whatever can be read as an integer, 0 otherwise; a text may have a prefix (0x) or a fraction, which is dropped."""
    if isinstance(value, str):
        return _integer_in(value)
    if isinstance(value, float):
        return truncate_to_int64(value)
    if isinstance(value, bool) or is_number(value) or isinstance(value, (Duration, Month, Weekday)):
        return int(value)
    return 0


def _integer_in(text: str) -> int:
    if "." in text and (match := _WITH_FRACTION.fullmatch(text)):
        text = match[1] + "0" if match[1] in ("", "-", "+") else match[1]
    try:
        return parse_prefixed_int(text)
    except NumberSyntaxError:
        return 0


def to_real(value: Any) -> float:
    """Whatever can be read as a float64, 0 otherwise."""
    if isinstance(value, str):
        try:
            return parse_float(value)
        except NumberSyntaxError:
            return 0.0
    if isinstance(value, (bool, float)) or is_number(value) or isinstance(value, (Duration, Month, Weekday)):
        return float(value)
    return 0.0


def to_text(value: Any) -> str:
    """Any value as text (strval)."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else format_value(value)


def to_texts(value: Any) -> StringSlice:
    """A list as texts, without its nils; anything else as the only one (strslice)."""
    if isinstance(value, StringSlice):
        return value
    if value is None:
        return StringSlice()
    if isinstance(value, list):
        return StringSlice(to_text(item) for item in value if item is not None)
    return StringSlice([to_text(value)])


def items(value: Any, refusal: str) -> list[Any]:
    """The items of a list.

    Args:
        value: the list.
        refusal: the message for anything else; `{}` is its kind.
    """
    if isinstance(value, list):
        return value
    if isinstance(value, bytes):
        return [UInt8(byte) for byte in value]
    if value is None:
        raise Panic("runtime error: invalid memory address or nil pointer dereference")
    raise Panic(refusal.format(kind_of(type_name(value))))


def is_empty(value: Any) -> bool:
    """Nil, false, 0, "", or a list or map without anything; a time never is."""
    if value is None:
        return True
    if isinstance(value, Time):
        return False
    if isinstance(value, (str, bytes, list, Mapping)):
        return len(value) == 0
    return isinstance(value, (bool, int, float)) and value == 0


def part(text: str, start: int, stop: int) -> str:
    """`text[start:stop]` by bytes.

    Raises:
        Panic: a bound lies outside.
    """
    data = text.encode("utf-8", "surrogateescape")
    if not 0 <= stop <= len(data):
        shown = f"[:{stop}] with length {len(data)}" if stop >= 0 else f"[:{stop}]"
        raise Panic(f"runtime error: slice bounds out of range {shown}")
    if not 0 <= start <= stop:
        raise Panic(f"runtime error: slice bounds out of range [{start}:{stop if start >= 0 else ''}]")
    return data[start:stop].decode("utf-8", "surrogateescape")


def byte_length(text: str) -> int:
    """Go's len of a text."""
    return len(text.encode("utf-8", "surrogateescape"))

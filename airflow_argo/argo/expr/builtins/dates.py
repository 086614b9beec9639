"""Built-in functions on times and durations."""

from __future__ import annotations

from typing import Any

from airflow_argo.argo.expr.builtins.function import ArgumentsRefused, Function
from airflow_argo.argo.expr.operators import as_text
from airflow_argo.argo.golang.duration import parse_duration
from airflow_argo.argo.golang.layout import RFC822, RFC850, RFC1123, RFC3339, parse_time
from airflow_argo.argo.golang.moment import Time
from airflow_argo.argo.golang.values import Panic
from airflow_argo.argo.golang.zones import Location, load_location

_LAYOUTS = ("2006-01-02", "15:04:05", "2006-01-02 15:04:05", RFC3339, RFC822, RFC850, RFC1123)
"""How a date may be written for which no layout is given, tried in this order."""

_LOCATION = "*time.Location"


def _now(*arguments: Any) -> Time:
    if not arguments:
        return Time.now()
    if len(arguments) == 1 and isinstance(arguments[0], Location):
        return Time.now().into(arguments[0])
    raise Panic(f"invalid number of arguments (expected 0, got {len(arguments)})")


def _date(*arguments: Any) -> Time:
    """`date([zone,] text [, layout [, zone name]])`."""
    zone = arguments[0] if isinstance(arguments[0], Location) else None
    rest = arguments[1:] if zone is not None else arguments
    if not rest:
        raise Panic("runtime error: index out of range [0] with length 0")
    text = as_text(rest[0])
    if len(rest) == 2:
        return parse_time(as_text(rest[1]), text, zone)
    if len(rest) == 3:
        layout = as_text(rest[1])
        return parse_time(layout, text, load_location(as_text(rest[2])))
    found = (_parsed(layout, text, zone) for layout in _LAYOUTS)
    time = next((time for time in found if time is not None), None)
    if time is None:
        raise Panic(f"invalid date {text}")
    return time


def _parsed(layout: str, text: str, zone: Location | None) -> Time | None:
    try:
        return parse_time(layout, text, zone)
    except Panic:
        return None


def _validate_now(types: list[str | None]) -> str:
    if not types or types == [_LOCATION]:
        return "time.Time"
    raise ArgumentsRefused(f"invalid number of arguments (expected 0, got {len(types)})")


def _validate_date(types: list[str | None]) -> str:
    if not types:
        raise ArgumentsRefused("invalid number of arguments (expected at least 1, got 0)")
    rest = types[1:] if types[0] == _LOCATION else types
    if len(rest) > 3:
        raise ArgumentsRefused(f"invalid number of arguments (expected at most 3, got {len(rest)})")
    return "time.Time"


FUNCTIONS = (
    Function("now", _now, validate=_validate_now),
    Function("duration", lambda text: parse_duration(as_text(text)), ("func(string) (time.Duration, error)",)),
    Function("date", _date, validate=_validate_date),
    Function("timezone", lambda name: load_location(as_text(name)), ("func(string) (*time.Location, error)",)),
)

"""sprig's functions on times."""

from __future__ import annotations

from typing import Any

from airflow_argo.argo.golang.duration import SECOND, format_duration, parse_duration, rounded, wrapped
from airflow_argo.argo.golang.layout import format_time, parse_time
from airflow_argo.argo.golang.moment import Time
from airflow_argo.argo.golang.strconv import NumberSyntaxError, parse_int
from airflow_argo.argo.golang.values import GoFunction, Int64, Panic
from airflow_argo.argo.golang.zones import UTC, load_location

_ZERO = Time.date((1, 1, 1), (0, 0, 0, 0), UTC)
_UNITS = (("y", 365 * 86_400), ("mo", 30 * 86_400), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))


def _moment(value: Any) -> Time:
    """A time, or seconds since 1970; now for anything else."""
    if isinstance(value, Time):
        return value
    if type(value) in (int, Int64):
        return Time(int(value))
    return Time.now()


def _date_in_zone(layout: str, value: Any, zone: str) -> str:
    try:
        location = load_location(zone)
    except Panic:
        location = UTC
    return format_time(_moment(value).into(location), layout)


def _date(layout: str, value: Any) -> str:
    return _date_in_zone(layout, value, "Local")


def _ago(value: Any) -> str:
    return format_duration(rounded(Time.now().minus(_moment(value)), SECOND))


def _duration(value: Any) -> str:
    """Seconds as a duration: of a text or an int64; anything else is none."""
    seconds = int(value) if type(value) is Int64 else 0
    if isinstance(value, str):
        try:
            seconds = parse_int(value)
        except NumberSyntaxError:
            seconds = 0
    return format_duration(wrapped(seconds * SECOND))


def _duration_round(value: Any) -> str:
    """A duration in its largest unit: "2h"."""
    span = 0
    if isinstance(value, str):
        try:
            span = parse_duration(value)
        except Panic:
            span = 0
    elif type(value) is Int64:
        span = int(value)
    elif isinstance(value, Time):
        span = Time.now().minus(value)
    for unit, seconds in _UNITS:
        if abs(span) > seconds * SECOND:
            return f"{abs(span) // (seconds * SECOND)}{unit}"
    return "0s"


def _modified(change: str, time: Time) -> Time:
    try:
        return time.plus(parse_duration(change))
    except Panic:
        return time


def _to_date(layout: str, text: str) -> Time:
    try:
        return parse_time(layout, text)
    except Panic:
        return _ZERO


_LAYOUT_DATE = "func(string, interface {}) string"
_MODIFY = "func(string, time.Time) time.Time"
_PARSE = "func(string, string) time.Time"

FUNCTIONS = (
    GoFunction("ago", "func(interface {}) string", _ago),
    GoFunction("date", _LAYOUT_DATE, _date),
    *(GoFunction(name, "func(string, interface {}, string) string", _date_in_zone) for name in ("dateInZone", "date_in_zone")),
    *(GoFunction(name, _MODIFY, _modified) for name in ("dateModify", "date_modify")),
    *(
        GoFunction(name, _MODIFY, lambda change, time: time.plus(parse_duration(change)))
        for name in ("mustDateModify", "must_date_modify")
    ),
    GoFunction("duration", "func(interface {}) string", _duration),
    GoFunction("durationRound", "func(interface {}) string", _duration_round),
    GoFunction("htmlDate", "func(interface {}) string", lambda value: _date("2006-01-02", value)),
    GoFunction(
        "htmlDateInZone",
        "func(interface {}, string) string",
        lambda value, zone: _date_in_zone("2006-01-02", value, zone),
    ),
    GoFunction("now", "func() time.Time", Time.now),
    GoFunction("toDate", _PARSE, _to_date),
    GoFunction("mustToDate", _PARSE, parse_time),
    GoFunction("unixEpoch", "func(time.Time) string", lambda time: str(time.unix)),
)

"""The methods that times, durations, months, weekdays and zones have in an expression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from airflow_argo.argo.golang import duration as durations
from airflow_argo.argo.golang.duration import MICROSECOND, MILLISECOND, Duration, format_duration
from airflow_argo.argo.golang.layout import format_time
from airflow_argo.argo.golang.moment import Month
from airflow_argo.argo.golang.strconv import INT64_MAX, INT64_MIN
from airflow_argo.argo.golang.values import GoFunction, Int64, type_name
from airflow_argo.argo.golang.zones import UTC


@dataclass(frozen=True, slots=True)
class Method:
    """A method: its Go signature without the receiver, and what it does."""

    signature: str
    run: Callable[..., object]


_TIME_METHODS: dict[str, Method] = {
    "Add": Method("func(time.Duration) time.Time", lambda time, by: time.plus(by)),
    "AddDate": Method("func(int, int, int) time.Time", lambda time, years, months, days: time.plus_date(years, months, days)),
    "After": Method("func(time.Time) bool", lambda time, other: time > other),
    "Before": Method("func(time.Time) bool", lambda time, other: time < other),
    "Clock": Method("func() (int, int, int)", lambda time: time.wall_clock()[0]),
    "Compare": Method("func(time.Time) int", lambda time, other: (time > other) - (time < other)),
    "Date": Method("func() (int, time.Month, int)", lambda time: time.civil()[0]),
    "Day": Method("func() int", lambda time: time.civil()[2]),
    "Equal": Method("func(time.Time) bool", lambda time, other: time == other),
    "Format": Method("func(string) string", format_time),
    "Hour": Method("func() int", lambda time: time.wall_clock()[0]),
    "ISOWeek": Method("func() (int, int)", lambda time: time.iso_week()[0]),
    "In": Method("func(*time.Location) time.Time", lambda time, zone: time.into(zone)),
    "IsDST": Method("func() bool", lambda time: time.is_dst()),
    "IsZero": Method("func() bool", lambda time: time.is_zero()),
    "Local": Method("func() time.Time", lambda time: time.into(UTC)),
    "Location": Method("func() *time.Location", lambda time: time.zone),
    "Minute": Method("func() int", lambda time: time.wall_clock()[1]),
    "Month": Method("func() time.Month", lambda time: Month(time.civil()[1])),
    "Nanosecond": Method("func() int", lambda time: time.nanosecond),
    "Round": Method("func(time.Duration) time.Time", lambda time, step: time.rounded(step)),
    "Second": Method("func() int", lambda time: time.wall_clock()[2]),
    "String": Method("func() string", str),
    "Sub": Method("func(time.Time) time.Duration", lambda time, other: time.minus(other)),
    "Truncate": Method("func(time.Duration) time.Time", lambda time, step: time.truncated(step)),
    "UTC": Method("func() time.Time", lambda time: time.into(UTC)),
    "Unix": Method("func() int64", lambda time: Int64(time.unix)),
    "UnixMicro": Method("func() int64", lambda time: Int64(time.unix_in(MICROSECOND))),
    "UnixMilli": Method("func() int64", lambda time: Int64(time.unix_in(MILLISECOND))),
    "UnixNano": Method("func() int64", lambda time: Int64(time.unix_in(1))),
    "Weekday": Method("func() time.Weekday", lambda time: time.weekday()),
    "Year": Method("func() int", lambda time: time.civil()[0]),
    "YearDay": Method("func() int", lambda time: time.year_day()),
    "Zone": Method("func() (string, int)", lambda time: time.zone_name()),
}

_DURATION_METHODS: dict[str, Method] = {
    "Abs": Method("func() time.Duration", lambda span: Duration(INT64_MAX if span == INT64_MIN else abs(int(span)))),
    "Hours": Method("func() float64", durations.hours),
    "Microseconds": Method("func() int64", lambda span: Int64(_whole(span, MICROSECOND))),
    "Milliseconds": Method("func() int64", lambda span: Int64(_whole(span, MILLISECOND))),
    "Minutes": Method("func() float64", durations.minutes),
    "Nanoseconds": Method("func() int64", Int64),
    "Round": Method("func(time.Duration) time.Duration", durations.rounded),
    "Seconds": Method("func() float64", durations.seconds),
    "String": Method("func() string", format_duration),
    "Truncate": Method("func(time.Duration) time.Duration", durations.truncated),
}

_ONLY_STRING = {"String": Method("func() string", str)}

METHODS: dict[str, dict[str, Method]] = {
    "time.Time": _TIME_METHODS,
    "time.Duration": _DURATION_METHODS,
    "time.Month": _ONLY_STRING,
    "time.Weekday": _ONLY_STRING,
    "*time.Location": _ONLY_STRING,
}
"""Methods by Go type and name."""


def _whole(span: Duration, unit: int) -> int:
    return abs(int(span)) // unit * (-1 if span < 0 else 1)


def bound_method(value: object, name: str) -> GoFunction | None:
    """The method of a value as a function; None if its type has no such method."""
    methods = METHODS.get(type_name(value))
    method = methods.get(name) if methods else None
    if method is None:
        return None
    run = method.run

    def call(*arguments: Any) -> object:
        return run(value, *arguments)

    return GoFunction(name, method.signature, call)

"""Data intervals as Argo's expressions find them: code for the ends of the interval that belongs to a moment.

A tick of cron is found by steps back from the moment: over a minute, an hour or a day that has none. `reduce` carries the time
on: `#acc` is where it is. (Not `let`: see `code.given`.)
"""

from __future__ import annotations

from collections.abc import Sequence

from airflow_argo.compiler.code import given, quote
from airflow_argo.model.intervals import Intervals, Span, Ticks

_CLOCK = "2006-01-02T15:04:05"
"""Go's layout of what a clock shows."""

_WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_NO_ZONE = frozenset({"UTC", "Etc/UTC"})


def interval_start_of(moment: str, intervals: Intervals | None) -> str:
    """Code for the start of the interval that belongs to a moment, itself code for a time."""
    match intervals:
        case None:
            return moment
        case Span():
            return _before(moment, intervals)
        case Ticks():
            return _tick(moment, intervals, ends=2)


def interval_end_of(moment: str, intervals: Intervals | None) -> str:
    """Code for its end."""
    return _tick(moment, intervals, ends=1) if isinstance(intervals, Ticks) else moment


def _before(moment: str, span: Span) -> str:
    """A day that a shorter month doesn't have is that month's last."""
    if span.months:
        first = f"#.AddDate(0, 0, 1 - #.Day()).AddDate(0, {-span.months}, 0)"
        day = f"min(#.Day(), {first}.AddDate(0, 1, -1).Day()) - 1"
        moment = given(f"{moment}.In(timezone('UTC'))", f"{first}.AddDate(0, 0, {day})")
    if not span.seconds:
        return moment
    text = f"{span.seconds:f}".rstrip("0").rstrip(".")
    return f"{moment}.Add(duration('{text.removeprefix('-') if span.seconds < 0 else f'-{text}'}s'))"


def _tick(moment: str, ticks: Ticks, *, ends: int) -> str:
    """The last tick at a moment or before it; with two `ends`, the tick before that. See Ticks.interval."""
    if ticks.timezone in _NO_ZONE:
        return _stepped(f"{moment}.In(timezone('UTC'))", ticks, ends)
    zone = f"timezone({quote(ticks.timezone)})"
    if ticks.every_hour and ticks.every_day:
        return _stepped(f"{moment}.In({zone})", ticks, ends)
    shown = _stepped(f"date({moment}.In({zone}).Format('{_CLOCK}'), '{_CLOCK}')", ticks, ends)
    return given(f"{shown}.Format('{_CLOCK}')", _at(zone, ticks.timezone))


def _at(zone: str, name: str) -> str:
    """Code for the time at which the clock of a zone shows `#`, the later one if there are two.

    Go takes either, and for what the clock leaves out a time before or after that.
    """
    found = f"date(#, '{_CLOCK}', {quote(name)})"
    later = f"{found}.Add(duration('1h'))"
    return f"({later}.In({zone}).Format('{_CLOCK}') == # || {found}.Format('{_CLOCK}') < # ? {later} : {found})"


def _stepped(time: str, ticks: Ticks, ends: int) -> str:
    minute, hour, day = "duration('1m')", "duration('1h')", "duration('24h')"
    back = ".Add(duration('-1ns'))"
    code = f"#acc.Truncate({minute})"
    if len(ticks.minutes) < 60:
        code = f"{_one_of('#acc.Minute()', ticks.minutes)} ? {code} : {code}{back}"
    if not ticks.every_hour:
        code = f"{_one_of('#acc.Hour()', ticks.hours)} ? ({code}) : #acc.Truncate({hour}){back}"
    if not ticks.every_day:
        code = f"{_has_day(ticks)} ? ({code}) : #acc.Truncate({day}){back}"
    found = f"reduce(1..{ticks.steps + 1}, {code}, {time})"
    return found if ends == 1 else _stepped(f"{found}{back}", ticks, ends - 1)


def _has_day(ticks: Ticks) -> str:
    days, weekdays = len(ticks.days) < 31, len(ticks.weekdays) < 7
    by_number = _one_of("#acc.Day()", ticks.days)
    by_name = f"#acc.Format('Mon') in [{', '.join(quote(_WEEKDAYS[day]) for day in ticks.weekdays)}]"
    tests = [test for test, needed in ((by_number, days), (by_name, weekdays)) if needed]
    if ticks.either_day and days and weekdays:
        tests = [f"({by_number} || {by_name})"]
    elif ticks.either_day:
        tests = []
    if len(ticks.months) < 12:
        tests.append(f"#acc.Format('1') in [{', '.join(quote(str(month)) for month in ticks.months)}]")
    return " && ".join(tests) or "true"


def _one_of(code: str, numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"{code} == {numbers[0]}"
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{code} in {numbers[0]}..{numbers[-1]}"
    return f"{code} in [{', '.join(map(str, numbers))}]"

"""Cron expressions of Airflow's timetables, and the same as Argo has them.

Airflow's are croniter's. Argo reads some otherwise, or not at all: 7 for Sunday, ranges that wrap around, a `1-31` that is all
days and so no restriction. Such fields are spelled out.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from airflow_argo.translator.argo_cron import ArgoCron, NotCron
from airflow_argo.translator.moments import LastDay, NearestWorkday, NthWeekdays, Test

_FULL = (60, 24, 31, 12, 7)


def timetable_kind(timetable: Any) -> str:
    """The name of the class of a timetable of Airflow's own; of an author's that changes what that does, its full name."""
    kind = next(base for base in type(timetable).__mro__ if is_airflows(base) or _does_more(base))
    return str(kind.__name__) if is_airflows(kind) else f"{kind.__module__.split('.')[-1]}.{kind.__name__}"


def _does_more(kind: type) -> bool:
    """Whether a subclass of a timetable does more than to choose its arguments."""
    return any(not name.startswith("__") and name not in _NOT_ABOUT_RUNS for name in vars(kind))


_NOT_ABOUT_RUNS = frozenset({"description", "summary", "serialize", "deserialize", "_abc_impl", "_is_protocol"})


def is_airflows(kind: type) -> bool:
    """Whether a class is Airflow's own, and none of its examples'."""
    return kind.__module__.startswith("airflow.") and ".example_dags." not in kind.__module__


def timetable_attribute(timetable: Any, name: str) -> Any:
    """Airflow 2 has it as a private attribute."""
    return getattr(timetable, name) if hasattr(timetable, name) else getattr(timetable, f"_{name}")


def cron_and_zone(timetable: Any) -> tuple[str, str]:
    """The expression of a timetable, and its zone's name.

    Raises:
        NotCron: its zone is an offset that no zone has for its own.
    """
    zone = timetable_attribute(timetable, "timezone")
    return str(timetable_attribute(timetable, "expression")), _named(str(getattr(zone, "name", zone)))


def _named(zone: str) -> str:
    """A zone's name; of an offset of whole hours, such as `+02:00`, that of the zone which always has it."""
    offset = re.fullmatch(r"(?:UTC)?([+-])(\d\d):(\d\d)", zone)
    if offset is None:
        return zone
    if offset[3] != "00" or int(offset[2]) > _MOST_HOURS[offset[1]]:
        raise NotCron(f"Argo knows zones by their names, and '{zone}' has none")
    return f"Etc/GMT{'-' if offset[1] == '+' else '+'}{int(offset[2])}"  # signs as POSIX has them


_MOST_HOURS = {"+": 14, "-": 12}


@lru_cache(maxsize=1024)
def as_argo_has_it(cron: str) -> str:
    """The expression, spelled out where Argo doesn't read it as Airflow does.

    Raises:
        NotCron: Argo can't say it.
    """
    found, days = cron_and_days(cron, "UTC")
    if days is not None:
        raise NotCron(f"Argo can't say '{cron}'")
    return found


@lru_cache(maxsize=1024)
def cron_and_days(cron: str, zone: str) -> tuple[str, Test | None]:
    """The expression, spelled out where Argo doesn't read it as Airflow does; and the days that count, if it can't say them.

    Raises:
        NotCron: Argo can't say it either way.
    """
    numbers, nth = _expanded(cron)
    if nth:
        weekdays = [
            (day, None if number == "l" else int(number)) for day in sorted(nth) for number in sorted(nth[day], key=str)
        ]
        return _spelled(numbers), NthWeekdays(zone, tuple(weekdays))
    if (day := _nearest_to(cron)) is not None:
        test = NearestWorkday(zone, day)
        return _spelled([*numbers[:2], test.candidates(), *numbers[3:]]), test
    if "l" in numbers[2]:
        days = sorted(int(number) for number in numbers[2] if number != "l")
        return _spelled([*numbers[:2], sorted({*days, 28, 29, 30, 31}), *numbers[3:]]), LastDay(zone, tuple(days))
    return cron if _reads_so(cron, numbers) else _spelled(numbers), None


def _reads_so(cron: str, numbers: list[list[Any]]) -> bool:
    """Whether Argo reads the expression as it is meant."""
    try:
        return _means(ArgoCron.parse(cron), numbers)
    except NotCron:
        return False


def _means(parsed: ArgoCron, numbers: list[list[Any]]) -> bool:
    """Whether Argo's reading is croniter's: where days of the month and of the week are given, one of them is enough."""
    ours = (parsed.minutes, parsed.hours, parsed.days, parsed.months, parsed.weekdays)
    theirs = [_as_set(field, position) for position, field in enumerate(numbers)]
    either = numbers[2] != ["*"] and numbers[4] != ["*"]
    return list(ours) == theirs and (either is not parsed.any_day or (len(parsed.days) == 31 and len(parsed.weekdays) == 7))


def _as_set(field: list[Any], position: int) -> frozenset[int]:
    first = 1 if position in (2, 3) else 0
    return frozenset(range(first, first + _FULL[position])) if field == ["*"] else frozenset(_numbers(field, position))


def _numbers(field: list[Any], position: int) -> set[int]:
    return {number % 7 if position == 4 else number for number in field}


def _expanded(cron: str) -> tuple[list[list[Any]], dict[int, set[Any]]]:
    """The numbers of each field, `*` for all and `l` for the last day; and weekday → which of a month's, 'l' for the last."""
    from croniter import croniter  # type: ignore[import-untyped]  # it has no types

    try:
        numbers, nth = croniter.expand(cron)
    except ValueError as error:
        raise NotCron(f"'{cron}' is no cron expression: {error}") from None
    fields, seconds = [list(field) for field in numbers[:5]], numbers[5:]
    of_days = (nth, "l" in fields[2] or _nearest_to(cron) is not None)
    if seconds not in ([], [[0]]):
        raise NotCron(f"'{cron}' has runs within a minute, and Argo starts them at full minutes")
    if any(of_days) and (all(of_days) or (fields[2] != ["*"] and fields[4] != ["*"])):
        raise NotCron(f"Argo can't say '{cron}'")
    return fields, nth


def _nearest_to(cron: str) -> int | None:
    """The day of a month whose nearest workday is meant: 15 of `0 0 15W * *`; an older croniter refuses such an expression."""
    from croniter import croniter

    return next(iter(getattr(croniter(cron), "nearest_weekday", ())), None)


def _spelled(fields: list[list[Any]]) -> str:
    """The expression with all numbers written."""
    return " ".join(_spelled_out(field, position) for position, field in enumerate(fields))


def _spelled_out(field: list[Any], position: int) -> str:
    return "*" if field == ["*"] else ",".join(map(str, sorted(_numbers(field, position))))

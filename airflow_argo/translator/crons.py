"""Cron expressions of Airflow's timetables, and the same as Argo has them.

Airflow's are croniter's. Argo reads some otherwise, or not at all: 7 for Sunday, ranges that wrap around, a `1-31` that is all
days and so no restriction. Such fields are spelled out.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from airflow_argo.translator.argo_cron import ArgoCron, NotCron

_FULL = (60, 24, 31, 12, 7)


def timetable_kind(timetable: Any) -> str:
    """The name of the class of a timetable of Airflow's own; of an author's, its full name."""
    kind = type(timetable)
    is_airflows = kind.__module__.startswith("airflow.") and ".example_dags." not in kind.__module__
    return str(kind.__name__) if is_airflows else f"{kind.__module__.split('.')[-1]}.{kind.__name__}"


def timetable_attribute(timetable: Any, name: str) -> Any:
    """Airflow 2 has it as a private attribute."""
    return getattr(timetable, name) if hasattr(timetable, name) else getattr(timetable, f"_{name}")


def cron_and_zone(timetable: Any) -> tuple[str, str]:
    """The expression of a timetable, and its zone's name."""
    zone = timetable_attribute(timetable, "timezone")
    return str(timetable_attribute(timetable, "expression")), str(getattr(zone, "name", zone))


@lru_cache(maxsize=1024)
def as_argo_has_it(cron: str) -> str:
    """The expression, spelled out where Argo doesn't read it as Airflow does.

    Raises:
        NotCron: Argo can't say it.
    """
    numbers = None if len(cron.split()) != 5 else _expanded(cron)
    try:
        parsed = ArgoCron.parse(cron)
    except NotCron:
        if numbers is None:
            raise
    else:
        if numbers is None or _means(parsed, numbers):
            return cron
    return " ".join(_spelled_out(field, position) for position, field in enumerate(numbers))


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


def _expanded(cron: str) -> list[list[Any]]:
    from croniter import croniter  # type: ignore[import-untyped]  # it has no types

    try:
        numbers, special = croniter.expand(cron)
    except ValueError as error:
        raise NotCron(f"'{cron}' is no cron expression: {error}") from None
    if special or any(not isinstance(one, int) and one != "*" for field in numbers for one in field):
        raise NotCron(f"Argo can't say '{cron}'")
    return [list(field) for field in numbers]


def _spelled_out(field: list[Any], position: int) -> str:
    return "*" if field == ["*"] else ",".join(map(str, sorted(_numbers(field, position))))

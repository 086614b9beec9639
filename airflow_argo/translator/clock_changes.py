"""What becomes of runs where a zone's clock changes.

Argo starts a run at each moment at which the clock shows a time of the cron expression: twice in the hour that it shows twice,
never in the one that it leaves out. Airflow starts one run each time: the second time in the hour that there is twice, and an
hour later in the one that is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from heapq import merge
from itertools import pairwise, takewhile
from typing import Any
from zoneinfo import ZoneInfo

from airflow_argo.model.intervals import Ticks
from airflow_argo.translator.argo_cron import ArgoCron
from airflow_argo.translator.intervals import intervals_of
from airflow_argo.translator.moments import OncePerHour, Test
from airflow_argo.translator.times import runs_of_timetable

_COMPARED_DAYS = 800
"""So long a time has two changes of the clock each way."""

_DAY = timedelta(days=1)


def as_airflow_runs(
    crons: tuple[str, ...], zone: str, days: tuple[Test, ...], timetable: Any
) -> tuple[tuple[str, ...], tuple[Test, ...], datetime | None]:
    """The expressions, with more of them and a test if it takes these to run as Airflow does where the clock changes.

    Args:
        days: tests that hold for each run.
    Returns:
        (expressions, tests, the next change of the clock around which runs differ from Airflow's all the same).
    """
    parsed = [ArgoCron.parse(cron) for cron in crons]
    different = _next_difference(crons, zone, days, timetable)
    if different is None or any(len(cron.hours) == 24 for cron in parsed):
        return crons, days, different
    ticks = set().union(*(cron.hours for cron in parsed))
    later = {hour + 1 for hour in _hours_left_out(zone) if hour in ticks and hour + 1 not in ticks and hour < 23}
    more = [
        _with_hours(cron, hours)
        for cron, one in zip(crons, parsed, strict=True)
        if (hours := sorted(later & {hour + 1 for hour in one.hours}))
    ]
    made = (*crons, *more)
    tests = (*days, OncePerHour(zone, tuple(sorted(later))))
    return (made, tests, None) if _next_difference(made, zone, tests, timetable) is None else (crons, days, different)


def _next_difference(crons: tuple[str, ...], zone: str, tests: Sequence[Test], timetable: Any) -> datetime | None:
    """The next change of the clock around which runs start, or are for, other times than Airflow's."""
    intervals = intervals_of(timetable)
    for change in _changes(zone):
        start, end = change - _DAY, change + 2 * _DAY
        here = takewhile(lambda moment: moment < end, runs_of_crons(crons, zone, start))  # noqa: B023 - used at once
        ours = [(moment, moment) for moment in here if all(test.allows(moment) for test in tests)]
        if isinstance(intervals, Ticks):
            ours = [(moment, intervals.interval(moment)[0]) for moment, _ in ours]
        since = intervals.interval(start)[0] if isinstance(intervals, Ticks) else start
        there = takewhile(lambda info: info.run_after < end, runs_of_timetable(timetable, since))  # noqa: B023 - as above
        theirs = [
            (info.run_after, info.data_interval.start if isinstance(intervals, Ticks) else info.run_after)
            for info in there
            if info.run_after > start
        ]
        if ours != theirs:
            return change
    return None


def runs_of_crons(crons: tuple[str, ...], zone: str, after: datetime) -> Iterator[datetime]:
    """The moments after one that some cron expressions have, each once."""
    last = None
    for moment in merge(*(ArgoCron.parse(cron).runs(after, zone) for cron in crons)):
        if moment != last:
            yield moment
        last = moment


@lru_cache(maxsize=64)
def _changes(zone: str) -> tuple[datetime, ...]:
    """The days, from midnight in UTC, on which the clock of a zone changes, in the two years to come."""
    place = ZoneInfo(zone)
    today = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today + days * _DAY for days in range(_COMPARED_DAYS)]
    return tuple(day for day in days if (day + _DAY).astimezone(place).utcoffset() != day.astimezone(place).utcoffset())


def _hours_left_out(zone: str) -> set[int]:
    """The hours that the clock leaves out where it is set forward."""
    place, found = ZoneInfo(zone), set()
    for day in _changes(zone):
        shown = [(day + timedelta(hours=number)).astimezone(place).hour for number in range(25)]
        found |= {(before + 1) % 24 for before, after in pairwise(shown) if (after - before) % 24 == 2}
    return found


def _with_hours(cron: str, hours: Sequence[int]) -> str:
    minute, _, rest = cron.split(" ", 2)
    return f"{minute} {','.join(map(str, hours))} {rest}"

"""How the data interval of a run follows from a moment: when the run is due, or the date that it is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The interval is a time of fixed length that ends at the moment; `months` are counted by the calendar, in UTC."""

    months: int = 0
    seconds: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """The interval is the last one between two ticks of a clock, the cron way: it ends at the moment, or at the tick before.

    Attributes:
        minutes, hours, days, months, weekdays: the numbers that match, ascending; a week's first day is Sunday, 0.
        either_day: a day matches by its number or by its weekday; else by both.
        timezone: an IANA name.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    either_day: bool = False
    timezone: str = "UTC"

    @property
    def every_hour(self) -> bool:
        """Whether each hour has a tick."""
        return len(self.hours) == 24

    @property
    def every_day(self) -> bool:
        """Whether each day has a tick."""
        full = len(self.days) == 31, len(self.weekdays) == 7
        return len(self.months) == 12 and (any(full) if self.either_day else all(full))

    @property
    def steps(self) -> int:
        """How many steps lead back to a tick at most: by minutes in an hour, by hours in a day, then by days."""
        hours = 0 if self.every_hour else 23
        return _longest_gap(self) + hours + (0 if len(self.minutes) == 60 else 59)

    def matches(self, clock: datetime) -> bool:
        """Whether a time on the zone's clock is a tick."""
        return clock.minute in self.minutes and clock.hour in self.hours and self.has_day(clock)

    def has_day(self, clock: datetime) -> bool:
        """Whether a day has ticks."""
        by_number, by_name = clock.day in self.days, clock.isoweekday() % 7 in self.weekdays
        return clock.month in self.months and ((by_number or by_name) if self.either_day else (by_number and by_name))

    def interval(self, moment: datetime) -> tuple[datetime, datetime]:
        """The interval that ends at a moment, or at the last tick before it, in UTC.

        What the clock shows twice is meant the second time, and what it leaves out is meant an hour later.
        """
        place = ZoneInfo(self.timezone)
        moment = datetime.fromtimestamp(moment.timestamp() // 60 * 60, place)
        clock = moment.replace(tzinfo=None)
        end = self._last_on_clock(clock)
        start = self._last_on_clock(end - timedelta(minutes=1))
        if self.every_hour and self.every_day:  # ticks are counted in time that has passed, whatever the clock does meanwhile
            now = moment.astimezone(timezone.utc)
            return now - (clock - start), now - (clock - end)
        return _at(start, place), _at(end, place)

    def _last_on_clock(self, clock: datetime) -> datetime:
        for _ in range(self.steps + 1):
            if not self.has_day(clock):
                clock = clock.replace(hour=0, minute=0) - timedelta(minutes=1)
            elif clock.hour not in self.hours:
                clock = clock.replace(minute=0) - timedelta(minutes=1)
            elif clock.minute not in self.minutes:
                clock -= timedelta(minutes=1)
            else:
                break
        return clock


@lru_cache(maxsize=64)
def _longest_gap(ticks: Ticks) -> int:
    """How many days are between two with ticks at most; over years two of whose leap days are eight years apart."""
    first, longest, since = datetime(1896, 1, 1), 1, 1  # noqa: DTZ001 - a day of the calendar
    for number in range(366 * 20):
        since = 1 if ticks.has_day(first + timedelta(days=number)) else since + 1
        longest = max(longest, since)
    return longest


def _at(clock: datetime, place: ZoneInfo) -> datetime:
    return max(clock.replace(tzinfo=place, fold=fold).astimezone(timezone.utc) for fold in (0, 1))


Intervals: TypeAlias = Span | Ticks

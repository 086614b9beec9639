"""When Argo starts runs of a cron expression, for comparing that with Airflow. Source: github.com/robfig/cron v3, spec.go.

Argo starts a run at each minute whose time on the clock of the zone matches: twice where the clock is set back, and not at all
where it is set forward over that time. (In zones whose clocks change by less than an hour it may miss the second.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

_MONTHS = {
    name: number
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)  # noqa: SIM905
}
_DAYS = {name: number for number, name in enumerate("sun mon tue wed thu fri sat".split())}  # noqa: SIM905
_BOUNDS: tuple[tuple[int, int, dict[str, int]], ...] = ((0, 59, {}), (0, 23, {}), (1, 31, {}), (1, 12, _MONTHS), (0, 6, _DAYS))
YEARS = 5
"""Where nothing matches for so long, nothing ever does."""


class NotCron(ValueError):
    """Argo doesn't take the text for a cron expression."""


@dataclass(frozen=True, slots=True)
class ArgoCron:
    """A cron expression as Argo reads it: the numbers of each field.

    Attributes:
        any_day: day of the month or day of the week is a star, so that both must match; else one is enough.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool

    @classmethod
    def parse(cls, text: str) -> ArgoCron:
        """The expression of five fields.

        Raises:
            NotCron: it has other fields, or one that Argo doesn't understand: L, #, a range that wraps around, 7 for Sunday.
        """
        fields = text.split()
        if len(fields) != len(_BOUNDS):
            raise NotCron(f"'{text}' doesn't have five fields")
        minutes, hours, days, months, weekdays = (
            _numbers(field, low, high, names) for field, (low, high, names) in zip(fields, _BOUNDS, strict=True)
        )
        stars = any(part in ("*", "?", "*/1", "?/1") for field in (fields[2], fields[4]) for part in field.split(","))
        return cls(minutes, hours, days, months, weekdays, stars)

    def runs(self, after: datetime, zone: str) -> Iterator[datetime]:
        """The moments after one, in UTC."""
        place = ZoneInfo(zone)
        today = after.astimezone(place).date() - timedelta(days=1)
        last = today + timedelta(days=366 * YEARS)
        while today < last:
            found = [moment for moment in self._on(today, place) if moment > after] if self._matches(today) else []
            for moment in sorted(found):
                yield moment
                last = today + timedelta(days=366 * YEARS)
            today += timedelta(days=1)

    def _matches(self, day: date) -> bool:
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and ((of_month and of_week) if self.any_day else (of_month or of_week))

    def _on(self, day: date, place: ZoneInfo) -> set[datetime]:
        found = set()
        for hour in self.hours:
            for minute in self.minutes:
                for fold in (0, 1):
                    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=place, fold=fold)
                    moment = local.astimezone(timezone.utc)
                    if moment.astimezone(place).replace(tzinfo=None) == local.replace(tzinfo=None):
                        found.add(moment)
        return found


def _numbers(field: str, low: int, high: int, names: dict[str, int]) -> frozenset[int]:
    return frozenset(number for part in field.split(",") for number in _of_part(part, low, high, names))


def _of_part(part: str, low: int, high: int, names: dict[str, int]) -> range:
    matched = re.fullmatch(r"(\*|\?|(\w+)(?:-(\w+))?)(?:/(\d+))?", part)
    if matched is None:
        raise NotCron(f"Argo doesn't understand '{part}' in a cron expression")
    everything, first, last, step = matched[1] in "*?", matched[2], matched[3], int(matched[4] or 1)
    start = low if everything else _number(first, names)
    end = high if everything or (matched[4] and last is None) else _number(last or first, names)
    if start < low or end > high or start > end or step == 0:
        raise NotCron(f"Argo takes '{part}' in a cron expression for out of range")
    return range(start, end + 1, step)


def _number(text: str, names: dict[str, int]) -> int:
    if text.lower() in names:
        return names[text.lower()]
    if not text.isdigit():
        raise NotCron(f"Argo doesn't understand '{text}' in a cron expression")
    return int(text)

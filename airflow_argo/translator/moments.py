"""Which moments of a CronWorkflow's schedules count: tests for its `when`, where cron alone can't say when Airflow runs.

Argo evaluates `when` at the moment that a run is due, which `now()` tells. Source: workflow/cron/operator.go, evalWhen.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TypeAlias
from zoneinfo import ZoneInfo

_MINUTE = "2006-01-02T15:04"
"""Go's layout for what tells minutes apart."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Each so many of the units since 1970 counts.

    Attributes:
        unit: seconds.
    """

    unit: int
    period: int
    phase: int

    @property
    def code(self) -> str:
        """The test in Argo's terms."""
        return f"int(now().Unix() / {self.unit}) % {self.period} == {self.phase}"

    def allows(self, moment: datetime) -> bool:
        """Whether a moment counts."""
        return int(moment.timestamp()) // self.unit % self.period == self.phase


@dataclass(frozen=True, slots=True)
class CountedMonths:
    """Each so many of the months since the year 0 counts, in UTC."""

    period: int
    phase: int

    @property
    def code(self) -> str:
        """The test in Argo's terms."""
        utc = "now().In(timezone('UTC'))"
        return f"({utc}.Year() * 12 + int({utc}.Format('1'))) % {self.period} == {self.phase}"

    def allows(self, moment: datetime) -> bool:
        """Whether a moment counts."""
        utc = moment.astimezone(timezone.utc)
        return (utc.year * 12 + utc.month) % self.period == self.phase


@dataclass(frozen=True, slots=True)
class Listed:
    """These minutes count, of those that the schedules have."""

    minutes: tuple[datetime, ...]

    @property
    def code(self) -> str:
        """The test in Argo's terms."""
        listed = ", ".join(f"'{minute:%Y-%m-%dT%H:%M}'" for minute in self.minutes)
        return f"now().In(timezone('UTC')).Format('{_MINUTE}') in [{listed}]"

    def allows(self, moment: datetime) -> bool:
        """Whether a moment counts."""
        return moment.astimezone(timezone.utc).replace(second=0, microsecond=0) in self.minutes


@dataclass(frozen=True, slots=True)
class Between:
    """What is due from one moment on counts, or until another, that one included."""

    first: datetime | None = None
    last: datetime | None = None

    @property
    def code(self) -> str:
        """The test in Argo's terms."""
        after = [f"now().Unix() >= {int(self.first.timestamp())}"] if self.first else []
        return " && ".join([*after, *([f"now().Unix() < {int(self.last.timestamp()) + 60}"] if self.last else [])])

    def allows(self, moment: datetime) -> bool:
        """Whether a moment counts."""
        return (not self.first or moment >= self.first) and (not self.last or moment <= self.last)


@dataclass(frozen=True, slots=True)
class OncePerHour:
    """What a zone's clock shows twice counts the second time; hours in `after_gap` only where the hour before is left out.

    Airflow runs so what is due in such an hour. Source: airflow's timezone.make_aware, whose `fold` is 1.
    """

    zone: str
    after_gap: tuple[int, ...] = ()

    @property
    def code(self) -> str:
        """The test in Argo's terms."""
        zone = f"timezone('{self.zone}')"
        hour, layout = f"now().In({zone})", "Format('15')"
        first = f"{hour}.{layout} != now().Add(duration('1h')).In({zone}).{layout}"
        if not self.after_gap:
            return first
        listed = ", ".join(f"'{number:02}'" for number in self.after_gap)
        crossed = f"({hour}.Hour() - now().Add(duration('-1h')).In({zone}).Hour() + 24) % 24 == 2"
        return f"{first} && (!({hour}.{layout} in [{listed}]) || {crossed})"

    def allows(self, moment: datetime) -> bool:
        """Whether a moment counts."""
        place, hour = ZoneInfo(self.zone), timedelta(hours=1)
        shown = moment.astimezone(place).hour
        before, after = ((moment.astimezone(timezone.utc) + step).astimezone(place).hour for step in (-hour, hour))
        return shown != after and (shown not in self.after_gap or (shown - before) % 24 == 2)


@dataclass(frozen=True, slots=True)
class NthWeekdays:
    """These weekdays of a month count, in a zone: pairs of weekday, 0 is Sunday, and which of the month's; None: the last."""

    zone: str
    days: tuple[tuple[int, int | None], ...]

    @property
    def code(self) -> str:
        """The test in Argo's terms."""
        local = f"now().In(timezone('{self.zone}'))"
        last = f"{local}.AddDate(0, 0, 7).Format('1') != {local}.Format('1')"
        found = [
            f"{local}.Format('Mon') == '{_WEEKDAYS[day]}' && "
            + (last if number is None else f"int(({local}.Day() - 1) / 7) == {number - 1}")
            for day, number in self.days
        ]
        return f"({' || '.join(found)})"

    def allows(self, moment: datetime) -> bool:
        """Whether a moment counts."""
        local = moment.astimezone(ZoneInfo(self.zone))
        is_last = (local + timedelta(days=7)).month != local.month
        return any(
            local.isoweekday() % 7 == day and (is_last if number is None else (local.day - 1) // 7 == number - 1)
            for day, number in self.days
        )


@dataclass(frozen=True, slots=True)
class LastDay:
    """The last day of a month counts, in a zone, and these."""

    zone: str
    days: tuple[int, ...] = ()

    @property
    def code(self) -> str:
        """The test in Argo's terms."""
        local = f"now().In(timezone('{self.zone}'))"
        return f"({local}.AddDate(0, 0, 1).Format('1') != {local}.Format('1') || {local}.Day() in {list(self.days)})"

    def allows(self, moment: datetime) -> bool:
        """Whether a moment counts."""
        local = moment.astimezone(ZoneInfo(self.zone))
        return (local + timedelta(days=1)).month != local.month or local.day in self.days


@dataclass(frozen=True, slots=True)
class NearestWorkday:
    """The workday of a month that is nearest to this day of it counts, in a zone. Source: croniter, _get_nearest_weekday."""

    zone: str
    day: int

    @property
    def code(self) -> str:
        """The test in Argo's terms: a Friday may stand for the Saturday after it, a Monday for the Sunday before it."""
        local = f"now().In(timezone('{self.zone}'))"
        day, weekday, last = f"{local}.Day()", f"{local}.Format('Mon')", f"{local}.AddDate(0, 1, -{local}.Day()).Day()"
        meant = str(self.day) if self.day <= _SHORTEST else f"({last} < {self.day} ? {last} : {self.day})"
        friday = f"{day} == {meant} - 1" + (f" || {day} == {meant} - 2 && {meant} == {last}" if self.day >= _SHORTEST else "")
        monday = f"{day} == {meant} + 1" + (f" || {day} == {self.day} + 2" if self.day == 1 else "")
        itself = f"{day} == {meant} && !({weekday} in ['Sat', 'Sun'])"
        return f"({itself} || {weekday} == 'Fri' && ({friday}) || {weekday} == 'Mon' && ({monday}))"

    def allows(self, moment: datetime) -> bool:
        """Whether a moment counts."""
        local = moment.astimezone(ZoneInfo(self.zone))
        last = calendar.monthrange(local.year, local.month)[1]
        day = min(self.day, last)
        weekday = local.replace(day=day).isoweekday()
        if weekday == calendar.SATURDAY + 1:
            return local.day == (day - 1 if day > 1 else 3)
        if weekday == calendar.SUNDAY + 1:
            return local.day == (day + 1 if day < last else day - 2)
        return local.day == day

    def candidates(self) -> list[int]:
        """The days of a month that may be it."""
        return list(range(max(1, min(self.day, _SHORTEST) - 2), min(31, self.day + 2) + 1))


_SHORTEST = 28
"""Days that each month has."""


_WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")

Test: TypeAlias = Counted | CountedMonths | NthWeekdays | NearestWorkday | LastDay | Listed | Between | OncePerHour


def when(tests: Sequence[Test]) -> str | None:
    """The CronWorkflow's `when`; None if every moment counts."""
    return f"{{{{= {' && '.join(test.code for test in tests)} }}}}" if tests else None

"""Go's time.Time: a moment to the nanosecond, in a zone, in any year."""

from __future__ import annotations

import time as clock
from dataclasses import dataclass, replace
from functools import total_ordering

from airflow_argo.argo.golang.duration import SECOND, Duration
from airflow_argo.argo.golang.strconv import INT64_MAX, INT64_MIN, wrap_int64
from airflow_argo.argo.golang.values import Panic, UnsupportedJsonValue, register_type
from airflow_argo.argo.golang.zones import LOCAL, UTC, Location

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
DAY = 86_400
_YEAR_1 = -62_135_596_800
"""0001-01-01T00:00:00Z, Go's zero time, in seconds since 1970."""


class Month(int):
    """time.Month: prints as its name, is a number in JSON."""

    def __str__(self) -> str:
        return MONTHS[self - 1] if 1 <= self <= 12 else f"%!Month({int(self)})"


class Weekday(int):
    """time.Weekday, Sunday is 0: prints as its name, is a number in JSON."""

    def __str__(self) -> str:
        return WEEKDAYS[self] if 0 <= self <= 6 else f"%!Weekday({int(self)})"


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a date in the Gregorian calendar; month and day may overflow (32 January is 1 February)."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    shifted = year - (month <= 2)  # a year that ends in February has its leap day at the end
    era, year_of_era = divmod(shifted, 400)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146_097 + day_of_era - 719_468 + day - 1


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Year, month, day of a number of days since 1970-01-01."""
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    month = shifted_month + (3 if shifted_month < 10 else -9)
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted_month + 2) // 5 + 1


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Time:
    """A moment.

    Attributes:
        unix: whole seconds since 1970, UTC.
        nanosecond: 0 … 999,999,999.
        zone: in which it is shown.
    """

    unix: int
    nanosecond: int = 0
    zone: Location = UTC

    @classmethod
    def now(cls) -> Time:
        """The moment now, in the local zone."""
        return cls.from_nanoseconds(clock.time_ns(), LOCAL)

    @classmethod
    def from_nanoseconds(cls, nanoseconds: int, zone: Location = UTC) -> Time:
        """From nanoseconds since 1970."""
        return cls(*divmod(nanoseconds, SECOND), zone)

    @classmethod
    def date(cls, date: tuple[int, int, int], clock_time: tuple[int, int, int, int], zone: Location) -> Time:
        """From (year, month, day) and (hour, minute, second, nanosecond) as a wall clock in the zone shows them (time.Date).

        Fields may overflow. A time that the zone skips or has twice is taken with one of the two offsets, as Go does.
        """
        hour, minute, second, nanosecond = clock_time
        carry, nanosecond = divmod(nanosecond, SECOND)
        local = days_from_civil(*date) * DAY + hour * 3600 + minute * 60 + second + carry
        offset = zone.at(local)[0]
        if offset:
            again = zone.at(local - offset)[0]
            if again != offset and zone.at(local - again)[0] != again:
                again = offset if zone.at(local - offset)[0] == offset else again
            offset = again
        return cls(local - offset, nanosecond, zone)

    # --- comparing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and (self.unix, self.nanosecond) == (other.unix, other.nanosecond)

    def __hash__(self) -> int:
        return hash((self.unix, self.nanosecond))

    def __lt__(self, other: Time) -> bool:
        return (self.unix, self.nanosecond) < (other.unix, other.nanosecond)

    # --- parts

    def offset(self) -> int:
        """Seconds east of UTC."""
        return self.zone.at(self.unix)[0]

    def zone_name(self) -> str:
        """The zone's abbreviation."""
        return self.zone.at(self.unix)[1]

    def is_dst(self) -> bool:
        """Whether it is summer time."""
        return self.zone.at(self.unix)[2]

    def _days_and_seconds(self) -> tuple[int, int]:
        return divmod(self.unix + self.offset(), DAY)

    def civil(self) -> tuple[int, int, int]:
        """Year, month, day."""
        return civil_from_days(self._days_and_seconds()[0])

    def wall_clock(self) -> tuple[int, int, int]:
        """Hour, minute, second."""
        minutes, second = divmod(self._days_and_seconds()[1], 60)
        return (*divmod(minutes, 60), second)

    def weekday(self) -> Weekday:
        """The day of the week."""
        return Weekday((self._days_and_seconds()[0] + 4) % 7)

    def year_day(self) -> int:
        """The day of the year, from 1."""
        days = self._days_and_seconds()[0]
        return days - days_from_civil(civil_from_days(days)[0], 1, 1) + 1

    def iso_week(self) -> tuple[int, int]:
        """Year and week by ISO 8601."""
        days = self._days_and_seconds()[0]
        thursday = days - (days + 3) % 7 + 3
        year = civil_from_days(thursday)[0]
        return year, (thursday - days_from_civil(year, 1, 1)) // 7 + 1

    def is_zero(self) -> bool:
        """Whether it is Go's zero time, the first moment of year 1."""
        return self.unix == _YEAR_1 and self.nanosecond == 0

    def total_nanoseconds(self) -> int:
        """Nanoseconds since 1970, of any size."""
        return self.unix * SECOND + self.nanosecond

    # --- arithmetic

    def plus(self, duration: int) -> Time:
        """The moment that much later."""
        return Time.from_nanoseconds(self.total_nanoseconds() + int(duration), self.zone)

    def minus(self, other: Time) -> Duration:
        """How much later it is; at most some 292 years, as a Duration holds."""
        return Duration(min(max(self.total_nanoseconds() - other.total_nanoseconds(), INT64_MIN), INT64_MAX))

    def plus_date(self, years: int, months: int, days: int) -> Time:
        """On the calendar, keeping the wall clock; 31 April is 1 May (Time.AddDate)."""
        year, month, day = self.civil()
        return Time.date((year + years, month + months, day + days), (*self.wall_clock(), self.nanosecond), self.zone)

    def into(self, zone: object) -> Time:
        """The same moment, in another zone."""
        if not isinstance(zone, Location):
            raise Panic("time: missing Location in call to Time.In")
        return replace(self, zone=zone)

    def truncated(self, step: int) -> Time:
        """Down to a multiple of `step` since year 1, UTC; unchanged if that isn't positive."""
        return self if step <= 0 else self.plus(-self._since_year_1_modulo(step))

    def rounded(self, step: int) -> Time:
        """To the nearest multiple of `step` since year 1, halves up; unchanged if that isn't positive."""
        if step <= 0:
            return self
        rest = self._since_year_1_modulo(step)
        return self.plus(-rest if rest * 2 < step else step - rest)

    def _since_year_1_modulo(self, step: int) -> int:
        return (self.total_nanoseconds() - _YEAR_1 * SECOND) % int(step)

    def unix_in(self, unit: int) -> int:
        """Since 1970, in units of so many nanoseconds, as 64 bits hold it."""
        return wrap_int64(self.total_nanoseconds() // unit)

    # --- text

    def __str__(self) -> str:
        from airflow_argo.argo.golang.layout import format_time

        return format_time(self, "2006-01-02 15:04:05.999999999 -0700 MST")

    def to_go_json(self) -> str:
        """RFC 3339 in quotes.

        Raises:
            UnsupportedJsonValue: the year has more than four digits.
        """
        from airflow_argo.argo.golang.layout import RFC3339_NANO, format_time

        if not 0 <= self.civil()[0] <= 9999:
            raise UnsupportedJsonValue(
                "json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: year outside of range [0,9999]"
            )
        return f'"{format_time(self, RFC3339_NANO)}"'


register_type(Month, "time.Month")
register_type(Weekday, "time.Weekday")
register_type(Time, "time.Time")

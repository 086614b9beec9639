"""Times as text by Go's layouts, which show how a certain moment would be written: `2006-01-02T15:04:05Z07:00`.

Source: Go's time/format.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NoReturn

from airflow_argo.argo.golang.moment import MONTHS, WEEKDAYS, Time
from airflow_argo.argo.golang.strconv import quote
from airflow_argo.argo.golang.values import Panic
from airflow_argo.argo.golang.zones import UTC, Location

ANSIC: Final = "Mon Jan _2 15:04:05 2006"
UNIX_DATE: Final = "Mon Jan _2 15:04:05 MST 2006"
RUBY_DATE: Final = "Mon Jan 02 15:04:05 -0700 2006"
RFC822: Final = "02 Jan 06 15:04 MST"
RFC850: Final = "Monday, 02-Jan-06 15:04:05 MST"
RFC1123: Final = "Mon, 02 Jan 2006 15:04:05 MST"
RFC3339: Final = "2006-01-02T15:04:05Z07:00"
RFC3339_NANO: Final = "2006-01-02T15:04:05.999999999Z07:00"
KITCHEN: Final = "3:04PM"

_CHUNK = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|_2(?!006)|__2|3|4|5|PM|pm"
    r"|-070000|-07:00:00|-0700|-07:00|-07|Z070000|Z07:00:00|Z0700|Z07:00|Z07|[.,](?:0+|9+)(?![0-9])"
)
_OFFSET = re.compile(r"([+-])(\d\d)(:?)(\d\d)?(?::?(\d\d))?")


@lru_cache(maxsize=256)
def chunks(layout: str) -> tuple[tuple[str, str], ...]:
    """The layout as pairs of literal text and the element that follows it; the last element is ""."""
    found: list[tuple[str, str]] = []
    position = 0
    for match in _CHUNK.finditer(layout):
        found.append((layout[position : match.start()], match.group()))
        position = match.end()
    return (*found, (layout[position:], ""))


# --- formatting


def format_time(time: Time, layout: str) -> str:
    """The time as the layout shows it; what is no element of a layout is copied."""
    return "".join(literal + (_formatted(time, element) if element else "") for literal, element in chunks(layout))


def _formatted(time: Time, element: str) -> str:
    if element[0] in ".," and len(element) > 1:
        return _fraction(time.nanosecond, element)
    if element[0] in "-Z":
        return _offset(time.offset(), element)
    return _FORMATS[element](time)


def _padded(number: int, width: int) -> str:
    return f"{'-' if number < 0 else ''}{str(abs(number)).zfill(width)}"


def _twelve(time: Time) -> int:
    return time.wall_clock()[0] % 12 or 12


_FORMATS: dict[str, Callable[[Time], str]] = {
    "January": lambda time: MONTHS[time.civil()[1] - 1],
    "Jan": lambda time: MONTHS[time.civil()[1] - 1][:3],
    "1": lambda time: str(time.civil()[1]),
    "01": lambda time: _padded(time.civil()[1], 2),
    "Monday": lambda time: str(time.weekday()),
    "Mon": lambda time: str(time.weekday())[:3],
    "2": lambda time: str(time.civil()[2]),
    "_2": lambda time: str(time.civil()[2]).rjust(2),
    "02": lambda time: _padded(time.civil()[2], 2),
    "__2": lambda time: str(time.year_day()).rjust(3),
    "002": lambda time: _padded(time.year_day(), 3),
    "15": lambda time: _padded(time.wall_clock()[0], 2),
    "3": lambda time: str(_twelve(time)),
    "03": lambda time: _padded(_twelve(time), 2),
    "4": lambda time: str(time.wall_clock()[1]),
    "04": lambda time: _padded(time.wall_clock()[1], 2),
    "5": lambda time: str(time.wall_clock()[2]),
    "05": lambda time: _padded(time.wall_clock()[2], 2),
    "2006": lambda time: _padded(time.civil()[0], 4),
    "06": lambda time: _padded(abs(time.civil()[0]) % 100, 2),
    "PM": lambda time: "PM" if time.wall_clock()[0] >= 12 else "AM",
    "pm": lambda time: "pm" if time.wall_clock()[0] >= 12 else "am",
    "MST": lambda time: time.zone_name() or _offset(time.offset(), "-0700"),
}


def _fraction(nanosecond: int, element: str) -> str:
    digits = str(nanosecond).zfill(9)[: len(element) - 1].ljust(len(element) - 1, "0")
    if element[1] == "9":
        digits = digits.rstrip("0")
        return element[0] + digits if digits else ""
    return element[0] + digits


def _offset(offset: int, element: str) -> str:
    if offset == 0 and element[0] == "Z":
        return "Z"
    minutes, seconds = divmod(abs(offset), 60)
    colon = ":" if ":" in element else ""
    text = f"{'-' if offset <= -60 else '+'}{minutes // 60:02d}"  # the sign is that of the minutes
    if len(element) > 3:
        text += f"{colon}{minutes % 60:02d}"
    if len(element) in (7, 9):
        text += f"{colon}{seconds:02d}"
    return text


# --- parsing


def parse_time(layout: str, text: str, zone: Location | None = None) -> Time:
    """Read a time that is written as the layout shows.

    Args:
        layout: how the text is written.
        text: the time.
        zone: of a text that says none, UTC otherwise; also where an abbreviation is looked up (time.ParseInLocation).
    Raises:
        Panic: with Go's message.
    """
    return _TimeParser(layout, text, zone or UTC).parse()


class _BadChunk(Exception):
    """The text doesn't fit an element."""


@dataclass(slots=True)
class _Fields:
    year: int = 0
    month: int = -1
    day: int = -1
    year_day: int = -1
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanosecond: int = 0
    half: str = ""
    zone: Location | None = None
    offset: int | None = None
    abbreviation: str = ""


class _TimeParser:
    def __init__(self, layout: str, text: str, zone: Location) -> None:
        self.layout, self.text, self.default_zone = layout, text, zone
        self.rest = text
        self.fields = _Fields()

    def parse(self) -> Time:
        elements = chunks(self.layout)
        for position, (literal, element) in enumerate(elements):
            self._skip(literal)
            if not element:
                break
            hold = self.rest
            following = elements[position + 1][1] if not elements[position + 1][0] else ""
            try:
                self._read(element, following)
            except _BadChunk:
                self.rest = hold
                self._cannot_parse(element)
        if self.rest:
            self._fail(f": extra text: {quote(self.rest)}")
        return self._time()

    # --- errors

    def _fail(self, message: str) -> NoReturn:
        raise Panic(f"parsing time {quote(self.text)}{message}")

    def _cannot_parse(self, element: str) -> NoReturn:
        self._fail(f" as {quote(self.layout)}: cannot parse {quote(self.rest)} as {quote(element)}")

    def _check(self, ok: bool, what: str) -> None:
        if not ok:
            self._fail(f": {what} out of range")

    # --- reading

    def _skip(self, literal: str) -> None:
        """Literal text; a space in it stands for any number of spaces, even none at the end."""
        original = literal
        while literal:
            if literal[0] == " ":
                if self.rest and self.rest[0] != " ":
                    self._cannot_parse(literal)
                literal, self.rest = literal.lstrip(" "), self.rest.lstrip(" ")
            elif self.rest[:1] != literal[0]:
                self._cannot_parse(original)
            else:
                literal, self.rest = literal[1:], self.rest[1:]

    def _take(self, pattern: str) -> str:
        match = re.match(pattern, self.rest)
        if not match:
            raise _BadChunk
        self.rest = self.rest[match.end() :]
        return match.group()

    def _number(self, *, fixed: bool) -> int:
        return int(self._take(r"[0-9]{2}" if fixed else r"[0-9]{1,2}"))

    def _name(self, names: tuple[str, ...], length: int | None = None) -> int:
        for position, name in enumerate(names):
            wanted = name[:length]
            if self.rest[: len(wanted)].lower() == wanted.lower():
                self.rest = self.rest[len(wanted) :]
                return position
        raise _BadChunk

    def _read(self, element: str, following: str) -> None:
        if element[0] in "-Z":
            self.read_offset(element)
        elif element[0] in ".,":
            self.read_fraction(element)
        elif element in _DATE_READERS:
            _DATE_READERS[element](self, element)
        else:
            self.read_clock(element, following)

    def read_year(self, element: str) -> None:
        if element == "2006":
            self.fields.year = int(self._take(r"[0-9]{4}"))
            return
        short = int(self._take(r"[0-9]{2}"))
        self.fields.year = short + (1900 if short >= 69 else 2000)

    def read_month(self, element: str) -> None:
        if element.startswith("Jan"):
            self.fields.month = self._name(MONTHS, None if element == "January" else 3) + 1
            return
        self.fields.month = self._number(fixed=element == "01")
        self._check(1 <= self.fields.month <= 12, "month")

    def read_weekday(self, element: str) -> None:
        self._name(WEEKDAYS, None if element == "Monday" else 3)

    def read_day(self, element: str) -> None:
        if element == "_2":
            self.rest = self.rest.removeprefix(" ")
        self.fields.day = self._number(fixed=element == "02")

    def read_year_day(self, element: str) -> None:
        if element == "__2":
            self.rest = self.rest.removeprefix(" ").removeprefix(" ")
        self.fields.year_day = int(self._take(r"[0-9]{3}" if element == "002" else r"[0-9]{1,3}"))

    def read_half(self, element: str) -> None:
        self.fields.half = self._take("AM|PM" if element == "PM" else "am|pm").lower()

    def read_clock(self, element: str, following: str) -> None:
        fields = self.fields
        number = self._number(fixed=element in ("03", "04", "05"))
        if element in ("15", "3", "03"):
            fields.hour = number
            self._check(number < 24 if element == "15" else number <= 12, "hour")
        elif element in ("4", "04"):
            fields.minute = number
            self._check(number < 60, "minute")
        else:
            fields.second = number
            self._check(number < 60, "second")
            if re.match(r"[.,][0-9]", self.rest) and not (following and following[0] in ".,"):
                self.read_fraction(".9")

    def read_fraction(self, element: str) -> None:
        """`.000` wants just so many digits; `.999` takes any number, or none."""
        if element[1] == "9":
            match = re.match(r"[.,][0-9]+", self.rest)
            digits = match.group() if match else ""
            self.rest = self.rest[len(digits) :]
        else:
            digits = self._take(rf"[.,][0-9]{{{len(element) - 1}}}")
        if digits:
            self.fields.nanosecond = int(digits[1:10].ljust(9, "0"))

    def read_offset(self, element: str) -> None:
        if element[0] == "Z" and self.rest[:1] == "Z":
            self.rest = self.rest[1:]
            self.fields.zone = UTC
            return
        pattern = r"[+-]" + re.sub(r"\d\d", "[0-9][0-9]", element[1:])
        numbers = self._take(pattern)
        hour, minute, second = (int(part) for part in [*re.findall(r"\d\d", numbers), "00", "00"][:3])
        self._check(hour <= 24, "time zone offset hour")
        self._check(minute <= 60, "time zone offset minute")
        self._check(second <= 60, "time zone offset second")
        offset = (hour * 60 + minute) * 60 + second
        self.fields.offset = -offset if numbers[0] == "-" else offset

    def read_abbreviation(self, _: str) -> None:
        if self.rest.startswith("UTC"):
            self.rest = self.rest[3:]
            self.fields.zone = UTC
            return
        self.fields.abbreviation = self._take(
            r"ChST|MeST|GMT(?:[+-](?:[01]?[0-9]|2[0-3])(?![0-9]))?|[+-](?:[01]?[0-9]|2[0-3])(?![0-9])"
            r"|(?:[A-Z]{4}T|[A-Z]{3}T|WITA|[A-Z]{3})(?![A-Z])"
        )

    # --- the moment

    def _time(self) -> Time:
        fields = self.fields
        if fields.half == "pm" and fields.hour < 12:
            fields.hour += 12
        elif fields.half == "am" and fields.hour == 12:
            fields.hour = 0
        self._resolve_date()
        if fields.zone is not None:
            return self._in(fields.zone)
        if fields.offset is not None:
            return self._with_offset(fields.offset)
        if fields.abbreviation:
            return self._with_abbreviation(fields.abbreviation)
        return self._in(self.default_zone)

    def _resolve_date(self) -> None:
        fields = self.fields
        leap = fields.year % 4 == 0 and (fields.year % 100 != 0 or fields.year % 400 == 0)
        lengths = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
        if fields.year_day >= 0:
            self._check(1 <= fields.year_day <= sum(lengths), "day-of-year")
            month, day = 1, fields.year_day
            while day > lengths[month - 1]:
                day -= lengths[month - 1]
                month += 1
            if fields.month >= 0 and fields.month != month:
                self._fail(": day-of-year does not match month")
            if fields.day >= 0 and fields.day != day:
                self._fail(": day-of-year does not match day")
            fields.month, fields.day = month, day
        fields.month = max(fields.month, 1)
        fields.day = 1 if fields.day < 0 else fields.day
        self._check(1 <= fields.day <= lengths[fields.month - 1], "day")

    def _in(self, zone: Location) -> Time:
        fields = self.fields
        clock = (fields.hour, fields.minute, fields.second, fields.nanosecond)
        return Time.date((fields.year, fields.month, fields.day), clock, zone)

    def _with_offset(self, offset: int) -> Time:
        moment = self._in(UTC)
        unix = moment.unix - offset
        here, name, _ = self.default_zone.at(unix)
        if here == offset and self.fields.abbreviation in ("", name):
            return Time(unix, moment.nanosecond, self.default_zone)
        return Time(unix, moment.nanosecond, Location(self.fields.abbreviation, None, offset))

    def _with_abbreviation(self, abbreviation: str) -> Time:
        moment = self._in(UTC)
        offset = self.default_zone.offset_of(abbreviation, moment.unix)
        if offset is not None:
            return Time(moment.unix - offset, moment.nanosecond, self.default_zone)
        hours = int(abbreviation[3:]) if abbreviation.startswith("GMT") and len(abbreviation) > 3 else 0
        return Time(moment.unix, moment.nanosecond, Location(abbreviation, None, hours * 3600))


_DATE_READERS: dict[str, Callable[[_TimeParser, str], None]] = {
    **dict.fromkeys(("2006", "06"), _TimeParser.read_year),
    **dict.fromkeys(("January", "Jan", "1", "01"), _TimeParser.read_month),
    **dict.fromkeys(("Monday", "Mon"), _TimeParser.read_weekday),
    **dict.fromkeys(("2", "_2", "02"), _TimeParser.read_day),
    **dict.fromkeys(("__2", "002"), _TimeParser.read_year_day),
    **dict.fromkeys(("PM", "pm"), _TimeParser.read_half),
    "MST": _TimeParser.read_abbreviation,
}

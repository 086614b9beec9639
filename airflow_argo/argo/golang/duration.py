"""Go's time.Duration: nanoseconds, read and written as `1h15m30.918s`."""

from __future__ import annotations

import re
from typing import Final

from airflow_argo.argo.golang.strconv import INT64_MAX, quote, wrap_int64
from airflow_argo.argo.golang.values import Panic, register_type

MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE

_UNITS = {
    "ns": 1,
    "us": MICROSECOND,
    "µs": MICROSECOND,  # U+00B5, micro sign
    "μs": MICROSECOND,  # U+03BC, Greek letter
    "ms": MILLISECOND,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
_TERM = re.compile(r"([0-9]*)(\.?)([0-9]*)([^0-9.]*)")


class Duration(int):
    """A time.Duration; as a number it is nanoseconds."""

    __slots__ = ()

    def __str__(self) -> str:
        return format_duration(self)

    __repr__ = __str__

    def to_go_json(self) -> str:
        """JSON has the number of nanoseconds."""
        return int.__repr__(self)


register_type(Duration, "time.Duration")


def format_duration(nanoseconds: int) -> str:
    """`72h3m0.5s`; below a second the largest fitting unit: `1.5ms`; `0s` for none."""
    if nanoseconds == 0:
        return "0s"
    sign, rest = ("-", -int(nanoseconds)) if nanoseconds < 0 else ("", int(nanoseconds))
    if rest < SECOND:
        unit, size = ("ns", 1) if rest < MICROSECOND else ("µs", MICROSECOND) if rest < MILLISECOND else ("ms", MILLISECOND)
        return f"{sign}{_decimal(rest, size)}{unit}"
    minutes, rest = divmod(rest, MINUTE)
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(rest, SECOND)}s"
    if hours:
        text = f"{hours}h{minutes}m{text}"
    elif minutes:
        text = f"{minutes}m{text}"
    return sign + text


def _decimal(number: int, unit: int) -> str:
    whole, fraction = divmod(number, unit)
    if not fraction:
        return str(whole)
    return f"{whole}.{str(fraction).zfill(len(str(unit)) - 1).rstrip('0')}"


def parse_duration(text: str) -> Duration:
    """Read `300ms`, `-1.5h`, `2h45m`, `0`; a bare number has no unit and is refused.

    Raises:
        Panic: with Go's message.
    """
    sign = -1 if text.startswith("-") else 1
    rest = text[1:] if text[:1] in ("-", "+") and text else text
    if rest == "0":
        return Duration(0)
    if not rest:
        raise Panic(f"time: invalid duration {quote(text)}")
    total = 0
    while rest:
        match = _TERM.match(rest)
        assert match
        whole, _, fraction, unit = match.groups()
        if not whole and not fraction:
            raise Panic(f"time: invalid duration {quote(text)}")
        if not unit:
            raise Panic(f"time: missing unit in duration {quote(text)}")
        if unit not in _UNITS:
            raise Panic(f"time: unknown unit {quote(unit)} in duration {quote(text)}")
        total += int(whole or 0) * _UNITS[unit] + _fraction(fraction, _UNITS[unit])
        if total > INT64_MAX + (sign < 0):
            raise Panic(f"time: invalid duration {quote(text)}")
        rest = rest[match.end() :]
    return Duration(sign * total)


def _fraction(digits: str, unit: int) -> int:
    return int(digits or 0) * unit // int(10 ** len(digits))


def truncated(duration: int, step: int) -> Duration:
    """Towards zero to a multiple of `step`; unchanged if that isn't positive (Duration.Truncate)."""
    if step <= 0:
        return Duration(duration)
    rest = abs(duration) % step
    return Duration(duration - rest if duration >= 0 else duration + rest)


def rounded(duration: int, step: int) -> Duration:
    """To the nearest multiple of `step`, halves away from zero; unchanged if that isn't positive (Duration.Round)."""
    if step <= 0:
        return Duration(duration)
    rest = abs(duration) % step
    away = abs(duration) - rest + (step if rest * 2 >= step else 0)
    return Duration(min(away, INT64_MAX) if duration >= 0 else max(-away, -INT64_MAX - 1))


def hours(duration: int) -> float:
    """Go's Hours(): whole hours plus the rest, each as a float64."""
    return _in_units(duration, HOUR)


def minutes(duration: int) -> float:
    """Go's Minutes()."""
    return _in_units(duration, MINUTE)


def seconds(duration: int) -> float:
    """Go's Seconds()."""
    return _in_units(duration, SECOND)


def _in_units(duration: int, unit: int) -> float:
    whole, rest = divmod(abs(int(duration)), unit)
    number = float(whole) + float(rest) / float(unit)
    return -number if duration < 0 else number


def wrapped(nanoseconds: int) -> Duration:
    """As 64 bits hold it."""
    return Duration(wrap_int64(int(nanoseconds)))

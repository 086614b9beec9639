"""Durations as Argo's fields hold them: "30" is seconds, "2m" and "1h30m" are Go's.

Source: ParseStringToDuration, util/humanize.
"""

from __future__ import annotations

import re
from typing import Final

from airflow_argo.argo.golang import duration as go_duration
from airflow_argo.argo.golang.values import Panic

_WHOLE_NUMBER: Final = re.compile(r"[+-]?\d+\Z", re.ASCII)


class InvalidDuration(ValueError):
    """A text is no duration; ``str()`` is Argo's message."""


def parse_duration(text: str) -> float:
    """The seconds of a duration: a whole number of them, or Go's `1h2m3.5s`.

    Raises:
        InvalidDuration: it is neither.
    """
    if _WHOLE_NUMBER.match(text):
        return float(int(text))
    try:
        return parse_go_duration(text)
    except InvalidDuration as error:
        raise InvalidDuration(f"unable to parse {text} as a duration: {error}") from None


def parse_go_duration(text: str) -> float:
    """The seconds of one of Go's durations (time.ParseDuration); a number needs its unit.

    Raises:
        InvalidDuration: it is none.
    """
    try:
        return go_duration.parse_duration(text) / go_duration.SECOND
    except Panic as error:
        raise InvalidDuration(str(error)) from None


def humanize(seconds: float) -> str:
    """A duration in words, as Argo shows a backoff: `10 seconds`, `2 minutes 5 seconds`. Source: util/humanize."""
    whole = int(seconds)
    if whole < 60:
        return _count(whole, "second")
    if whole < 3600:
        return f"{_count(whole // 60, 'minute')} {whole % 60} seconds"
    if whole < 86400:
        return f"{_count(whole // 3600, 'hour')} {whole // 60 % 60} minutes"
    return f"{_days(whole // 86400)} {whole // 3600 % 24} hours"


def _days(days: int) -> str:
    for size, unit in ((365, "year"), (30, "month"), (7, "week")):
        if days >= size:
            return _count(days // size, unit)
    return _count(days, "day")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"

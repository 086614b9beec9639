"""What Argo takes for a schedule. Source: workflow/validate CronWorkflow; github.com/robfig/cron."""

from __future__ import annotations

import re
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from airflow_argo.argo.durations import InvalidDuration, parse_go_duration

_RANGES: Final = (
    (0, 59, ""),
    (0, 23, ""),
    (1, 31, ""),
    (1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"),
    (0, 6, "sun mon tue wed thu fri sat"),
)
_FIELDS: Final = ("minute", "hour", "day of the month", "month", "day of the week")
_NAMED: Final = frozenset(["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"])


def is_time_zone(name: str) -> bool:
    """Whether there is a time zone of that name; `Local` is the controller's."""
    if name == "Local":
        return True
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def cron_fault(text: str) -> str:
    """Why a text is no schedule; "" if it is one."""
    if text.startswith("@"):
        return _fault_of_word(text)
    fields = text.split()
    if len(fields) != len(_FIELDS):
        return f"it has {len(fields)} fields, not {len(_FIELDS)}"
    for field, what, (low, high, names) in zip(fields, _FIELDS, _RANGES, strict=True):
        for part in field.split(","):
            if not _is_part(part, low, high, names.split()):
                return f"'{part}' is no {what}"
    return ""


def _fault_of_word(text: str) -> str:
    if text in _NAMED:
        return ""
    word, _, duration = text.partition(" ")
    if word != "@every":
        return f"there is no {word}"
    try:
        parse_go_duration(duration)
    except InvalidDuration:
        return f"'{duration}' is no duration"
    return ""


_PART: Final = re.compile(r"(?:[*?]|([0-9a-zA-Z]+)(?:-([0-9a-zA-Z]+))?)(?:/([0-9]+))?\Z")


def _is_part(text: str, low: int, high: int, names: list[str]) -> bool:
    match = _PART.match(text)
    if match is None or int(match[3] or 1) == 0:
        return False
    if match[1] is None:
        return True
    first = _number(match[1], names, low)
    last = first if match[2] is None else _number(match[2], names, low)
    return first is not None and last is not None and low <= first <= last <= high


def _number(text: str, names: list[str], low: int) -> int | None:
    if text.isdecimal():
        return int(text)
    return names.index(text.lower()) + low if text.lower() in names else None

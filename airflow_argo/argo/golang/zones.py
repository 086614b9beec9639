"""Go's time.Location: UTC, a fixed offset, or a zone of the IANA database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from airflow_argo.argo.golang.values import Panic, register_type


@dataclass(frozen=True)
class Location:
    """A time zone.

    Attributes:
        name: "UTC", "Local", an IANA name, or the abbreviation of a fixed offset, perhaps "".
        rules: of the IANA database; None for a fixed offset.
        offset: seconds east of UTC, of a fixed offset.
    """

    name: str
    rules: tzinfo | None = None
    offset: int = 0

    def __str__(self) -> str:
        return self.name

    def at(self, unix: int) -> tuple[int, str, bool]:
        """Seconds east of UTC, abbreviation and whether it is summer time, at a moment in seconds since 1970."""
        if self.rules is None:
            return self.offset, self.name, False
        moment = _within_python(unix).astimezone(self.rules)
        offset = moment.utcoffset() or timedelta()
        return int(offset.total_seconds()), moment.tzname() or "", bool(moment.dst())

    def offset_of(self, abbreviation: str, unix: int) -> int | None:
        """Seconds east of UTC that an abbreviation such as CEST means here around a moment; None if nothing."""
        half_a_year = 182 * 86_400
        for moment in (unix, unix - half_a_year, unix + half_a_year):
            offset, name, _ = self.at(moment)
            if name == abbreviation and self.rules is not None:
                return offset
        return None

    def to_go_json(self) -> str:
        """A Location has no exported fields."""
        return "{}"


register_type(Location, "*time.Location")

UTC = Location("UTC")
LOCAL = UTC
"""The controller's own zone: its image sets none, and then Go takes UTC."""

_FIRST, _LAST = (int(datetime(year, 6, 1, tzinfo=timezone.utc).timestamp()) for year in (2, 9998))


def _within_python(unix: int) -> datetime:
    """The moment, or the nearest that a datetime can hold: rules of zones don't change that far out."""
    return datetime.fromtimestamp(0, timezone.utc) + timedelta(seconds=min(max(unix, _FIRST), _LAST))


def load_location(name: str) -> Location:
    """time.LoadLocation: "", "UTC", "Local", or a zone of the IANA database.

    Raises:
        Panic: there is no such zone.
    """
    if name in ("", "UTC", "Local"):
        return UTC
    zone = _iana(name)
    if zone is None:
        raise Panic(f"unknown time zone {name}")
    return zone


@lru_cache(maxsize=64)
def _iana(name: str) -> Location | None:
    try:
        return Location(name, ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None

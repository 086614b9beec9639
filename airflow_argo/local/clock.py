"""The clock of a run: the time of day for the record, and for waiting. Tests pass in one that doesn't wait."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Protocol


class Clock(Protocol):
    """What tells the engine the time. Both in seconds."""

    def now(self) -> float:
        """Seconds since 1970."""

    def waited(self, seconds: float) -> None:
        """Called when nothing but time has to pass: the next thing happens in so many seconds.

        The system's clock does nothing here, since the engine waits by itself; a test's clock goes forward instead.
        """

    @property
    def real(self) -> bool:
        """Whether time passes by itself, so that the engine has to wait for it."""


class SystemClock:
    """The time of this machine."""

    real = True

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def waited(self, seconds: float) -> None:
        """Nothing: time passes by itself."""


class JumpingClock:
    """A clock that goes forward only when the engine has nothing to do but wait. For runs without processes."""

    real = False

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        """Seconds since 1970."""
        return self._now

    def waited(self, seconds: float) -> None:
        """Go forward."""
        self._now += seconds


def rfc3339(seconds: float | None) -> str | None:
    """A time as Kubernetes writes it: whole seconds, UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_rfc3339(text: str) -> float:
    """Seconds since 1970 of a time with a zone.

    Raises:
        ValueError: it is no such time.
    """
    parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if parsed.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return parsed.timestamp()

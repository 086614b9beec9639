"""A server's clock, as the `Date` of its answers shows it.

The clocks of a worker, a triggerer and a cluster may be minutes apart, so a time that one of them writes down and another
compares with its own means nothing. Deadlines are therefore times of the server's clock, which all of them can read. Between
two answers time is counted by our monotonic clock: that somebody sets our clock doesn't matter either.
"""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

_RESOLUTION = 1.0  # seconds: `Date` has no fractions, and the answer took a while


class ServerClock:
    """Safe to be used by many threads: each write is one assignment."""

    def __init__(self) -> None:
        self._ahead: float | None = None

    @property
    def known(self) -> bool:
        """Whether an answer has shown the time yet."""
        return self._ahead is not None

    def now(self) -> float:
        """Seconds since 1970 by the server's clock; by ours until the first answer."""
        return time.time() if self._ahead is None else time.monotonic() + self._ahead

    def answered(self, date: str | None) -> None:
        """An answer just came, with this `Date`, an HTTP date. What can't be read changes nothing."""
        try:
            seconds = parsedate_to_datetime(date or "").timestamp() + _RESOLUTION / 2
        except ValueError:
            return
        ahead = seconds - time.monotonic()
        if self._ahead is None or abs(ahead - self._ahead) > _RESOLUTION:
            self._ahead = ahead

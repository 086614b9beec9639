"""How long to pause before the same request is made again. Pure: times come in, pauses go out.

Pauses double from half a second to half a minute, and are drawn at random from their upper half, so that a thousand clients
that lost one server don't come back as one. What the server asks for (Retry-After) is never undercut.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from airflow_argo.cluster.errors import ClusterError, UnauthorizedError

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0

REFUSALS_BORNE: Final = 900.0
"""Seconds that a wait bears refused credentials: somebody may have to renew them."""


@dataclass(slots=True)
class Backoff:
    """Counts faults in a row. `jitter` gives numbers from 0 to 1."""

    jitter: Callable[[], float] = field(default=random.random)
    faults: int = 0

    def pause(self, retry_after: float | None = None) -> float:
        """One more fault: the seconds to pause after it."""
        self.faults += 1
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self.faults - 1, 10))
        ours = longest * (1 + self.jitter()) / 2
        return ours if retry_after is None else max(ours, retry_after)

    def reset(self) -> None:
        """It works again."""
        self.faults = 0


def pause_before_retry(error: ClusterError, backoff: Backoff, waited: float, patience: float) -> float | None:
    """The seconds to pause before a request is sent again, or None: give up and raise.

    Args:
        error: how the last attempt ended.
        backoff: of this request.
        waited: seconds since the first attempt began.
        patience: seconds after which the last error is raised; for one like this.
    """
    if not (error.transient or isinstance(error, UnauthorizedError)):
        return None
    pause = backoff.pause(error.retry_after)
    return pause if waited + pause <= patience else None


@dataclass(slots=True)
class Endurance:
    """What a wait bears whose own limit is all that ends it: outages as long as they last, refusals for some time."""

    backoff: Backoff = field(default_factory=Backoff)
    refused_since: float | None = None

    def pause(self, error: ClusterError, now: float) -> float | None:
        """The seconds to pause before the wait begins again, or None: it makes no sense.

        Args:
            error: how it ended.
            now: seconds of a clock that never goes back.
        """
        if error.transient:
            self.refused_since = None
        elif not isinstance(error, UnauthorizedError):
            return None
        else:
            self.refused_since = now if self.refused_since is None else self.refused_since
            if now - self.refused_since > REFUSALS_BORNE:
                return None
        return self.backoff.pause(error.retry_after)

"""The time that a try may take, as Airflow counts it: from where the author's code begins."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import Any, Iterator, Optional


class AirflowTaskTimeout(BaseException):
    """A try took too long. Airflow's has this name and this base, so that an `except Exception` doesn't hold it up."""


@contextmanager
def at_most(seconds: Optional[float]) -> Iterator[None]:
    """Ends what runs inside after so long; None: it may take any time. Source: airflow.sdk.execution_time.timeout.

    Raises:
        AirflowTaskTimeout: the time is up, wherever the code then is.
    """
    if seconds is None:
        yield
        return
    if seconds <= 0:
        raise AirflowTaskTimeout("there is no time for it")

    def end(*_: Any) -> None:
        raise AirflowTaskTimeout(f"it took longer than {seconds:g} s")

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)

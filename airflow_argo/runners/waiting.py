"""Waiting for a run that goes on in a thread of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from airflow_argo.diagnostics import AirflowArgoError, ExitCode
from airflow_argo.runners.run import OnProgress, Progress

LOOK = 0.1
"""Seconds after which progress is shown at the latest."""


class NotDoneInTime(AirflowArgoError):
    """A run goes on for longer than somebody waits."""

    exit_code = ExitCode.TIMEOUT

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(name, seconds)
        self.name, self.seconds = name, seconds

    def __str__(self) -> str:
        return f"workflow '{self.name}' is not done after {self.seconds:g} seconds, and goes on; wait longer, or stop it"


def wait_for_thread(
    thread: threading.Thread,
    name: str,
    timeout: float | None,
    changed: threading.Condition,
    progress: Callable[[], Progress],
    on_progress: OnProgress | None,
) -> None:
    """Waits until a run's thread has ended, telling each change.

    Raises:
        NotDoneInTime: it hasn't after `timeout` seconds.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    while thread.is_alive():
        if deadline is not None and time.monotonic() >= deadline:
            assert timeout is not None
            raise NotDoneInTime(name, timeout)
        with changed:
            changed.wait(LOOK)
        if on_progress is not None:
            on_progress(progress())
    thread.join()
    if on_progress is not None:
        on_progress(progress())

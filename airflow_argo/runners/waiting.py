"""Waiting for a run that goes on, and telling how it stands meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from airflow_argo.diagnostics import AirflowArgoError, ExitCode
from airflow_argo.runners.run import OnProgress, Progress

LOOK = 0.1
"""Seconds between two tellings at the least, and after which a change is told at the latest."""


class NotDoneInTime(AirflowArgoError):
    """A run goes on for longer than somebody waits."""

    exit_code = ExitCode.TIMEOUT

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(name, seconds)
        self.name, self.seconds = name, seconds

    def __str__(self) -> str:
        return f"workflow '{self.name}' is not done after {self.seconds:g} seconds, and goes on; wait longer, or stop it"


@contextmanager
def told(changed: threading.Event, progress: Callable[[], Progress], on_progress: OnProgress | None) -> Iterator[None]:
    """Tells how a run stands while the block executes it, from a thread; and once at its end.

    Who executes isn't held up, and a thousand changes in a second are told in a few calls.
    """
    if on_progress is None:
        yield
        return
    over = threading.Event()

    def tell() -> None:
        while not over.wait(LOOK):
            if changed.is_set():
                changed.clear()
                on_progress(progress())

    thread = threading.Thread(target=tell, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        on_progress(progress())


def wait_for_thread(
    thread: threading.Thread,
    name: str,
    timeout: float | None,
    changed: threading.Event,
    progress: Callable[[], Progress],
    on_progress: OnProgress | None,
) -> None:
    """Waits until a run's thread has ended, telling how it stands.

    Raises:
        NotDoneInTime: it hasn't after `timeout` seconds.
    """
    end = None if timeout is None else time.monotonic() + timeout
    with told(changed, progress, on_progress):
        while thread.is_alive():
            thread.join(LOOK)
            if end is not None and thread.is_alive() and time.monotonic() >= end:
                raise NotDoneInTime(name, timeout or 0)

"""Ctrl-C and SIGTERM while a run goes on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_DEFAULTS: Final = (signal.SIG_DFL, signal.default_int_handler)


@contextmanager
def interrupts(interrupt: Callable[[], None]) -> Iterator[None]:
    """Call `interrupt` instead of ending the process, where nobody else cares for the signal.

    Only the main thread may, so that in others the signals stay what they are.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(_number: int, _frame: object) -> None:
        interrupt()

    before: dict[signal.Signals, Any] = {}
    for number in _SIGNALS:
        if signal.getsignal(number) in _DEFAULTS:
            before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

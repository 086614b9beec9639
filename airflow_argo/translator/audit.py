"""What happens in this process, as Python's audit events tell it: `sys.addaudithook`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

Listener: TypeAlias = Callable[[str, tuple[Any, ...]], None]

_listeners: dict[str, list[Listener]] = {}
"""Event → who is told."""
_hooked: list[bool] = []


@contextmanager
def heard(events: Collection[str], listener: Listener) -> Iterator[None]:
    """The listener is called with each of these events meanwhile, and with its arguments."""
    if not _hooked:
        sys.addaudithook(_on_event)  # one, for the life of the process: Python has no way to take one away
        _hooked.append(True)
    for event in events:
        _listeners.setdefault(event, []).append(listener)
    try:
        yield
    finally:
        for event in events:
            _listeners[event].remove(listener)


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    for listener in _listeners.get(event, ()):
        listener(event, arguments)

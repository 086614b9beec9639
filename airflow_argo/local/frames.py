"""How deep calls may nest while an engine runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

_RECURSION: Final = 20_000
"""A hundred template calls inside each other take more frames than Python allows by default."""


class _Frames:
    """Lets calls nest deeper, for as long as any engine of this process runs."""

    def __init__(self) -> None:
        self._lock, self._users, self._before = Lock(), 0, 0

    @contextmanager
    def many(self) -> Iterator[None]:
        with self._lock:
            self._before = self._before if self._users else sys.getrecursionlimit()
            self._users += 1
            sys.setrecursionlimit(max(self._before, _RECURSION))
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    sys.setrecursionlimit(self._before)


FRAMES: Final = _Frames()

"""Places in files. Every object that an author makes notes one, so this module loads nothing but `typing`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from types import FrameType

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120 - pathlib costs 10 ms


class Origin(NamedTuple):
    """A place in a file: what an editor opens. Lines and columns count from 1."""

    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [self.file or "<input>", *(str(number) for number in (self.line, self.column) if number is not None)]
        return ":".join(parts)

    @classmethod
    def of_author(cls) -> Origin:
        """The line of the innermost call that was made from outside of this package: the author's."""
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the one way to a line that costs no stack of strings
        while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
            frame = frame.f_back
        return cls() if frame is None else cls(frame.f_code.co_filename, frame.f_lineno)

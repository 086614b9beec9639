"""A finding about somebody's input: its code, how bad it is, where it is, what was found and what cures it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120 - pathlib costs 10 ms


class Severity(str, Enum):
    """How bad a finding is. An error stops; a warning stops under ``--strict``; a note never does."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Origin:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding.

    Attributes:
        code: stable, as in ``airflow_argo.diagnostics.CODES``; never reused for another meaning.
        message: what was found, in one sentence, without its place.
        cure: what to do about it, in one sentence.
        origin: the place in a file, where there is one.
        path: the place in a manifest or a DAG: ``spec.templates[2].dag.tasks[0].when``, ``task 'load'``.
    """

    code: str
    message: str
    cure: str = ""
    severity: Severity = Severity.ERROR
    origin: Origin | None = None
    path: str | None = None

    def __str__(self) -> str:
        place = " ".join(str(part) for part in (self.origin, self.path) if part)
        return f"{place + ': ' if place else ''}{self.severity.value} {self.code}: {self.message}" + (
            f"; {self.cure}" if self.cure else ""
        )

    def to_json(self) -> dict[str, Any]:
        """The finding as ``--output json`` prints it; keys without a value are left out."""
        found: dict[str, Any] = {"code": self.code, "severity": self.severity.value, "message": self.message}
        if self.cure:
            found["cure"] = self.cure
        if self.origin:
            place = {"file": self.origin.file, "line": self.origin.line, "column": self.origin.column}
            found |= {key: value for key, value in place.items() if value is not None}
        if self.path:
            found["path"] = self.path
        return found

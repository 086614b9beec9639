"""A finding about somebody's input: its code, how bad it is, where it is, what was found and what cures it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from airflow_argo.diagnostics.origin import Origin


class Severity(str, Enum):
    """How bad a finding is. An error stops; a warning stops under ``--strict``; a note never does."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


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

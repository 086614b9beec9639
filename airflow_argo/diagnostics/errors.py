"""The errors that users see: one base class, the facts as attributes, one message with place, finding and cure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_argo.diagnostics.diagnostic import Diagnostic
    from airflow_argo.diagnostics.origin import Origin


class ExitCode(IntEnum):
    """What a command of ours ends with; documented in docs/cli.md."""

    OK = 0
    RUN_FAILED = 1
    USAGE = 2
    BAD_INPUT = 3
    REFUSED = 4
    UNSUPPORTED = 5
    CLUSTER = 6
    TIMEOUT = 7
    INTERRUPTED = 130


class AirflowArgoError(Exception):
    """Base of all errors that are not bugs of ours. ``str()`` is the whole message for the user."""

    exit_code: ExitCode = ExitCode.BAD_INPUT

    def to_json(self) -> dict[str, Any]:
        """The error as ``--output json`` prints it."""
        return {"error": str(self)}


class InputError(AirflowArgoError):
    """A file or text given by the user can't be used."""

    def __init__(self, message: str, cure: str = "", at: Origin | None = None) -> None:
        super().__init__(message, cure, at)
        self.message, self.cure, self.at = message, cure, at

    def __str__(self) -> str:
        return (f"{self.at}: " if self.at else "") + self.message + (f"; {self.cure}" if self.cure else "")


class DefinitionError(InputError):
    """A workflow is defined in a way that can't mean anything: raised at the author's line."""


class DiagnosticsError(AirflowArgoError):
    """Some input was refused; `diagnostics` holds every finding, in the order of the input."""

    exit_code = ExitCode.REFUSED

    def __init__(self, what: str, diagnostics: Iterable[Diagnostic]) -> None:
        self.what, self.diagnostics = what, tuple(diagnostics)
        super().__init__(what, self.diagnostics)

    def __str__(self) -> str:
        from airflow_argo.diagnostics.diagnostic import Severity

        worst = [finding for finding in self.diagnostics if finding.severity is not Severity.NOTE]
        return "\n".join([f"{self.what}:", *(f"  {finding}" for finding in worst)])

    def to_json(self) -> dict[str, Any]:
        """All findings, and what they were found in."""
        return {"error": self.what, "diagnostics": [finding.to_json() for finding in self.diagnostics]}

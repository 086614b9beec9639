"""What can be wrong with a DAG file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from airflow_argo.diagnostics import Diagnostic, InputError, Origin
from airflow_argo.translator.sources import as_written


class DagFileError(InputError):
    """A DAG file can't be read; `code` says in which way, and `missing` what to install, if that is all."""

    def __init__(self, code: str, message: str, cure: str, at: Origin, *, missing: str | None = None) -> None:
        super().__init__(message, cure, at)
        self.code, self.missing = code, missing

    def __reduce__(self) -> tuple[Any, ...]:
        assert self.at is not None
        return (_again, (self.code, self.message, self.cure, self.at, self.missing))

    def as_diagnostic(self) -> Diagnostic:
        """The same as a finding."""
        return Diagnostic(code=self.code, message=self.message, cure=self.cure, origin=self.at)

    def __str__(self) -> str:
        return f"{self.at}: error {self.code}: {self.message}" + (f"; {self.cure}" if self.cure else "")


def _again(code: str, message: str, cure: str, at: Origin, missing: str | None) -> DagFileError:
    return DagFileError(code, message, cure, at, missing=missing)


def no_text(error: UnicodeDecodeError, path: Path) -> DagFileError:
    """What is wrong with a file whose bytes are no text in the encoding that it names."""
    return DagFileError("AA102", f"Python can't read it: {error}", "save it as UTF-8", Origin(str(path)))


def no_python(error: SyntaxError, path: Path) -> DagFileError:
    """What is wrong with a file that Python can't parse."""
    at = Origin(error.filename or str(path), error.lineno, error.offset)
    return DagFileError("AA102", f"Python can't read it: {error.msg}", _cure_of(error), as_written(at))


def _cure_of(error: SyntaxError) -> str:
    # PEP 701: they may hold the quotes that stand around them, and backslashes. Other new syntax has no messages of its own.
    if sys.version_info < (3, 12) and error.msg.startswith("f-string"):
        return "correct it; if it was written for Python 3.12 or later, use Airflow with that"
    return "correct it"

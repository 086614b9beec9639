"""What can be wrong with a DAG file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow_argo.diagnostics import InputError, Origin
from airflow_argo.translator.sources import as_written


class DagFileError(InputError):
    """A DAG file can't be read; `code` says in which way, and `missing` what to install, if that is all."""

    def __init__(self, code: str, message: str, cure: str, at: Origin, *, missing: str | None = None) -> None:
        super().__init__(message, cure, at)
        self.code, self.missing = code, missing

    def __reduce__(self) -> tuple[Any, ...]:
        assert self.at is not None
        return (_again, (self.code, self.message, self.cure, self.at, self.missing))

    def __str__(self) -> str:
        return f"{self.at}: error {self.code}: {self.message}" + (f"; {self.cure}" if self.cure else "")


def _again(code: str, message: str, cure: str, at: Origin, missing: str | None) -> DagFileError:
    return DagFileError(code, message, cure, at, missing=missing)


def no_python(error: SyntaxError, path: Path) -> DagFileError:
    """What is wrong with a file that Python can't parse."""
    at = Origin(error.filename or str(path), error.lineno, error.offset)
    return DagFileError("AA102", f"Python can't read it: {error.msg}", "correct it", as_written(at))

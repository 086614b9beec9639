"""What a command answers: as text for people, as JSON for programs, and an exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from airflow_argo.diagnostics import Diagnostic, ExitCode, Severity


@dataclass(slots=True)
class Report:
    """An answer.

    Attributes:
        text: for people, on stdout.
        data: for `--output json`.
        findings: said on stderr.
        ported: diffs of what was changed in DAG files before they were read, said on stderr.
        hint: what one might do next, said on stderr to people.
    """

    text: str = ""
    data: Any = None
    exit_code: int = ExitCode.OK
    findings: Sequence[Diagnostic] = field(default_factory=tuple)
    hint: str = ""
    ported: Sequence[str] = field(default_factory=tuple)

    def to_json(self) -> str:
        """The JSON text."""
        return json.dumps(self.data, ensure_ascii=False, indent=2, default=str)


def show_findings(findings: Iterable[Diagnostic]) -> None:
    """Says on stderr what is more than a note; what several tasks of a DAG have in common once."""
    groups: dict[tuple[object, ...], list[Diagnostic]] = {}
    for one in findings:
        if one.severity is not Severity.NOTE:
            dag, is_task, _ = (one.path or "").partition(_TASK)
            same = (one.code, one.severity, one.message, one.cure, one.origin and one.origin.file, dag)
            groups.setdefault(same if is_task else (len(groups),), []).append(one)
    for first, *others in groups.values():
        print(replace(first, path=f"{first.path}{_and_others(first, others)}") if others else first, file=sys.stderr)


_TASK: Final = " task '"
"""What divides a finding's path in the names of the DAG and of the task."""


def _and_others(first: Diagnostic, others: Sequence[Diagnostic]) -> str:
    lines = sorted({one.origin.line for one in others if one.origin and one.origin.line} - {first.origin and first.origin.line})
    where = f" (line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))})" if lines else ""
    return f" and {len(others)} other{'s' if len(others) > 1 else ''}{where}"


def show_ported(lines: Iterable[str]) -> None:
    """Says on stderr what was changed in DAG files before they were read."""
    for line in lines:
        print(line, file=sys.stderr)


T = TypeVar("T")


def with_progress(files: Sequence[T]) -> Iterator[T]:
    """Each of some files; where people watch, how many are done."""
    watched = sys.stderr.isatty() and len(files) > 1
    for number, file in enumerate(files, 1):
        yield file
        if watched:
            print(f"\r{number}/{len(files)} files", end="\n" if number == len(files) else "", file=sys.stderr, flush=True)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns as kubectl shows them: capital headers, two spaces between, a line for each row whatever lines its cells have."""
    lines = [[*map(str.upper, header)], *([" ".join(map(str.strip, str(cell).splitlines())) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)

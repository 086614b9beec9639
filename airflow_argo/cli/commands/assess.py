"""`airflow-argo assess`."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections import Counter
from pathlib import Path
from typing import Any

from airflow_argo.cli.files import python_files
from airflow_argo.cli.report import Report, table
from airflow_argo.diagnostics import AirflowArgoError, Diagnostic, Severity
from airflow_argo.settings import load_settings

Row = dict[str, Any]


def assess(options: Namespace) -> Report:
    """For each DAG whether it is translated, with what it loses, or why not. Exits well even if some are refused."""
    from airflow_argo.translator.isolated import translate_files

    files = python_files(options.paths)
    rows: list[Row] = []
    for number, (path, result) in enumerate(translate_files(files, load_settings, timeout=options.load_timeout), 1):
        rows += _rows(path, result)
        if sys.stderr.isatty():
            print(f"\r{number}/{len(files)} files", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    text = _markdown(rows) if options.output == "markdown" else _table(rows)
    return Report(text, rows)


def _rows(path: Path, result: Any) -> list[Row]:
    if isinstance(result, AirflowArgoError):
        code = getattr(result, "code", "")
        return (
            []
            if code == "AA103"
            else [_row(path, "-", 0, "unreadable", [f"{code} {getattr(result, 'message', result)}".strip()])]
        )
    found = []
    for translation in result:
        errors = _reasons(translation.diagnostics, Severity.ERROR)
        losses = _reasons(translation.diagnostics, Severity.WARNING)
        state = "refused" if errors else "translated with losses" if losses else "translated"
        found.append(_row(path, translation.dag_id, translation.tasks, state, errors or losses))
    return found


def _row(path: Path, dag_id: str, tasks: int, result: str, reasons: list[str]) -> Row:
    return {"file": str(path), "dag": dag_id, "tasks": tasks, "result": result, "reasons": reasons}


def _reasons(diagnostics: tuple[Diagnostic, ...], severity: Severity) -> list[str]:
    """Each reason once, with how often it was found."""
    found = Counter(f"{one.code} {one.message}" for one in diagnostics if one.severity is severity)
    return [reason if count == 1 else f"{reason} ({count} times)" for reason, count in found.items()]


def _summary(rows: list[Row]) -> str:
    counts = Counter(row["result"] for row in rows)
    return f"{len(rows)} DAGs: " + ", ".join(f"{count} {result}" for result, count in counts.most_common())


def _table(rows: list[Row]) -> str:
    lines = [(row["dag"], row["tasks"], row["result"], "; ".join(row["reasons"][:2])) for row in rows]
    return table(("dag", "tasks", "result", "reasons"), lines) + "\n\n" + _summary(rows)


def _markdown(rows: list[Row]) -> str:
    lines = ["| DAG | tasks | result | reasons |", "|---|---|---|---|"]
    for row in rows:
        reasons = "<br>".join(reason.replace("|", "\\|") for reason in row["reasons"])
        lines.append(f"| {row['dag']} | {row['tasks']} | {row['result']} | {reasons} |")
    return "\n".join([_summary(rows), "", *lines])

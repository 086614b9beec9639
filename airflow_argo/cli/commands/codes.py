"""`airflow-argo codes`."""

from __future__ import annotations

from argparse import Namespace

from airflow_argo.cli.report import Report, table
from airflow_argo.diagnostics import CODES, InputError


def codes(options: Namespace) -> Report:
    """All codes, or what one means."""
    if options.code is None:
        rows = [(entry.id, entry.severity.value, entry.title) for entry in CODES.values()]
        found = [{"code": entry.id, "severity": entry.severity.value, "title": entry.title} for entry in CODES.values()]
        return Report(table(("code", "severity", "meaning"), rows), found)
    entry = CODES.get(options.code.upper())
    if entry is None:
        raise InputError(f"there is no code '{options.code}'", "see airflow-argo codes")
    text = f"{entry.id}: {entry.title} ({entry.severity.value})\n\n{entry.explanation}"
    data = {"code": entry.id, "severity": entry.severity.value, "title": entry.title, "explanation": entry.explanation}
    return Report(text, data)

"""Workflows that would have one name on Argo, where the one that is applied last takes the place of the others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from airflow_argo.diagnostics import CODES, Diagnostic, Origin

Named = tuple[Path, str]
"""A file, and the id of a DAG or the name of a workflow in it."""


def named_alike(found: Iterable[Named]) -> dict[Named, Diagnostic]:
    """Those that others of a folder have the name of, each with what is to be said of it."""
    from airflow_argo.argo.names import workflow_name

    of: dict[str, list[Named]] = {}
    for one in dict.fromkeys(found):
        of.setdefault(workflow_name(one[1]), []).append(one)
    return {
        one: _alike(one, next(other for other in alike if other != one), name)
        for name, alike in of.items()
        if len(alike) > 1
        for one in alike
    }


def _alike(one: Named, other: Named, name: str) -> Diagnostic:
    message = (
        f"'{other[1]}' is in {other[0]} too, and Airflow has only one of them"
        if one[1] == other[1]
        else f"'{other[1]}' in {other[0]} would have the same name on Argo, '{name}'"
    )
    return Diagnostic(
        code="AA108",
        message=message,
        cure="rename one",
        severity=CODES["AA108"].severity,
        origin=Origin(str(one[0])),
        path=f"dag '{one[1]}'",
    )

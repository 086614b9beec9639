"""Workflows that would have one name on Argo, where the one that is applied last takes the place of the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from airflow_argo.diagnostics import CODES, Diagnostic, Origin


class Named(NamedTuple):
    """A DAG or workflow.

    Attributes:
        name: its id.
        made_in: the file whose code made it, if that is known.
    """

    path: Path
    name: str
    made_in: str = ""


def named_alike(found: Iterable[Named]) -> dict[Named, Diagnostic]:
    """Those that others of a folder have the name of, each with what is to be said of it."""
    from airflow_argo.argo.names import workflow_name

    of: dict[str, list[Named]] = {}
    for one in dict.fromkeys(found):
        of.setdefault(workflow_name(one.name), []).append(one)
    return {
        one: _alike(one, next(other for other in alike if other != one), name)
        for name, alike in of.items()
        if len(alike) > 1
        for one in alike
    }


def imported(found: Sequence[Named]) -> set[Named]:
    """Those that a file only has as it imports another of the files, which has them too: Airflow has one DAG of both."""
    there = {(one.path.resolve(), one.name) for one in found}
    makers = {one: Path(one.made_in).resolve() for one in found if one.made_in}
    return {one for one, maker in makers.items() if maker != one.path.resolve() and (maker, one.name) in there}


def _alike(one: Named, other: Named, name: str) -> Diagnostic:
    message = (
        f"'{other.name}' is in {other.path} too, and Airflow has only one of them"
        if one.name == other.name
        else f"'{other.name}' in {other.path} would have the same name on Argo, '{name}'"
    )
    return Diagnostic(
        code="AA108",
        message=message,
        cure="rename one",
        severity=CODES["AA108"].severity,
        origin=Origin(str(one.path)),
        path=f"dag '{one.name}'",
    )

"""Each rule finds its fault at its line and column, and nothing where there is none."""

from __future__ import annotations

import pytest

from airflow_argo.diagnostics import CODES, Severity
from airflow_argo.lint import lint

from .cases import CASES, Case, unmarked

ELSEWHERE = {
    "AA401": "test_documents",
    "AA411": "test_schemas",
    "AA417": "test_documents",
}
"""Codes that aren't shown by two manifests."""


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault_is_found_in_its_place(case: Case) -> None:
    text, line, column = unmarked(case.bad)
    found = lint(text, argo_version=case.argo_version)
    places = [(one.origin.line, one.origin.column) for one in found if one.code == case.code and one.origin is not None]
    assert (line, column) in places, "\n".join(map(str, found))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_nothing_is_found_where_there_is_no_fault(case: Case) -> None:
    found = lint(case.good, argo_version=case.argo_version)
    assert [str(one) for one in found if one.code == case.code or one.severity is Severity.ERROR] == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_path_is_the_same_without_a_text(case: Case) -> None:
    from airflow_argo.argo.manifest import read_manifests

    text, _, _ = unmarked(case.bad)
    by_text = {(one.code, one.path) for one in lint(text, argo_version=case.argo_version)}
    by_dicts = lint(read_manifests(text, "x"), argo_version=case.argo_version)
    assert {(one.code, one.path) for one in by_dicts} == by_text
    assert all(one.origin is None for one in by_dicts)


def test_every_code_has_a_case() -> None:
    ours = {code for code in CODES if code[:3] in ("AA3", "AA4")}
    assert ours == {case.code for case in CASES} | ELSEWHERE.keys()

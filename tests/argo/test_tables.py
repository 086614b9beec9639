"""The languages inside Argo's texts, case by case. The original Go libraries gave the results in `tables/`.

An expression or condition stands on the first line of a case, what becomes of it on the second: `= TYPE | JSON` is the Go type
and the JSON of a result, `~ TYPE | TEXT` a result that has no JSON, as Go's `%v` prints it, `! MESSAGE` the first line of an
error.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from airflow_argo.argo import gojson
from airflow_argo.argo.expr import ExprError, evaluate
from airflow_argo.argo.golang.values import format_value, type_name
from airflow_argo.argo.govaluate import GovaluateError, should_execute
from airflow_argo.argo.govaluate import evaluate as evaluate_when
from airflow_argo.argo.scope import Scope
from airflow_argo.argo.tags import MissingVariable, TemplateError, replace, replace_strict

TABLES = Path(__file__).parent / "tables"


@dataclass(frozen=True)
class Case:
    source: str
    kind: str
    type: str
    text: str
    where: str


def read(path: Path) -> list[Case]:
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    assert len(lines) % 2 == 0, f"{path}: every case needs its result"
    return [case(path, number, *lines[number : number + 2]) for number in range(0, len(lines), 2)]


def case(path: Path, number: int, source: str, result: str) -> Case:
    assert result[:2] == "  ", f"{path}:{number + 2}: {result!r}"
    mark, rest = result[2], result[4:]
    assert mark in ("=", "~", "!"), f"{path}:{number + 2}: {result!r}"
    type_of_result, _, text = ("", "", rest) if mark == "!" else rest.partition(" | ")
    return Case(source, mark, type_of_result, text, f"{path.stem}:{number + 1}")


def by_place(value: object) -> str | None:
    return value.where if isinstance(value, Case) else None


EXPRESSIONS = [case for path in sorted((TABLES / "expr").glob("*.txt")) for case in read(path)]
CONDITIONS = read(TABLES / "when.txt")
SUBSTITUTIONS = [json.loads(line) for line in (TABLES / "tags.jsonl").read_text(encoding="utf-8").splitlines()]
SCOPE = Scope(json.loads((TABLES / "expr" / "variables.json").read_text(encoding="utf-8")))


def test_the_tables_are_whole():
    assert (len(EXPRESSIONS), len(CONDITIONS), len(SUBSTITUTIONS)) == (1200, 165, 300)


@pytest.mark.parametrize("case", [case for case in EXPRESSIONS if case.kind != "!"], ids=by_place)
def test_value_of_an_expression(case: Case):
    value = evaluate(case.source, SCOPE)
    assert type_name(value) == case.type, case.source
    assert (gojson.marshal(value) if case.kind == "=" else format_value(value)) == case.text, case.source


@pytest.mark.parametrize("case", [case for case in EXPRESSIONS if case.kind == "!"], ids=by_place)
def test_error_of_an_expression(case: Case):
    with pytest.raises(ExprError) as caught:
        evaluate(case.source, SCOPE)
    assert str(caught.value).split("\n")[0] == case.text, case.source


@pytest.mark.parametrize("case", CONDITIONS, ids=by_place)
def test_when(case: Case):
    if case.kind == "!":
        with pytest.raises(GovaluateError) as caught:
            should_execute(case.source)
        assert str(caught.value).replace("\n", "\\n") == case.text
        return
    value = evaluate_when(case.source)
    assert (type_name(value), format_value(value)) == (case.type, case.text)
    if case.type == "bool":
        assert should_execute(case.source) is (case.text == "true")
    else:
        with pytest.raises(GovaluateError) as caught:
            should_execute(case.source)
        assert str(caught.value) == f"Expected boolean evaluation for '{case.source}'. Got {case.text}"


@pytest.mark.parametrize("number", range(len(SUBSTITUTIONS)))
def test_substitution(number: int):
    row = SUBSTITUTIONS[number]
    strict, scope = row["strict"], Scope(row["variables"])

    def substitute() -> str:
        if strict == "tasks":
            return replace_strict(row["text"], scope, ["tasks", "steps"])
        return replace(row["text"], scope, allow_unresolved=strict == "loose")

    if "error" not in row:
        assert substitute() == row["result"]
        return
    with pytest.raises(TemplateError) as caught:
        substitute()
    assert str(caught.value) == row["error"]
    assert isinstance(caught.value, MissingVariable) is row["missing"]

"""The shape of a document: fields, types, counts, lengths, and rules between fields.

Fields and types come from hera's models or from the CRDs of a cluster; counts, lengths, patterns and rules between fields,
which models don't have, from what the full CRDs of Argo 4.1.2 ask (`airflow_argo.argo.validation`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from airflow_argo.argo.validation import Fault, crd_faults
from airflow_argo.lint.finding import Finding, rule
from airflow_argo.lint.rules.versions import removed_fields
from airflow_argo.lint.schemas import fault as kinds
from airflow_argo.lint.schemas.fault import ShapeFault
from airflow_argo.lint.subjects import Document

UNKNOWN_FIELD, WRONG_TYPE, REQUIRED, NOT_ALLOWED, BAD_NAME, TOO_LONG, COUNT, RULE = (
    "AA402",
    "AA403",
    "AA404",
    "AA405",
    "AA406",
    "AA407",
    "AA409",
    "AA412",
)
_CODES: Final = {
    kinds.UNKNOWN_FIELD: UNKNOWN_FIELD,
    kinds.WRONG_TYPE: WRONG_TYPE,
    kinds.REQUIRED: REQUIRED,
    kinds.NOT_ALLOWED: NOT_ALLOWED,
    kinds.TOO_LONG: TOO_LONG,
    kinds.COUNT: COUNT,
}


@rule(UNKNOWN_FIELD, WRONG_TYPE, REQUIRED, NOT_ALLOWED, BAD_NAME, TOO_LONG, COUNT, RULE, on=Document)
def shape(document: Document) -> Iterator[Finding]:
    """A document has the fields that Argo knows, with values of their types."""
    by_table = [
        fault for fault in crd_faults(document.raw) if not fault.text.startswith("unknown field") and not _is_null(fault)
    ]
    for fault in by_table:
        if not _is_another_rules(fault):
            yield _of_table(fault)
    if document.bundle.schema is None:
        return
    known = {fault.path for fault in by_table} | set(removed_fields(document.raw))
    for found in document.bundle.schema.faults(document.raw):
        if found.path not in known:
            yield _of_schema(found)


def _of_schema(fault: ShapeFault) -> Finding:
    near = get_close_matches(fault.path.rpartition(".")[2], fault.known, 1)
    cure = f"did you mean '{near[0]}'?" if near else "leave it out: Argo drops it, or refuses the manifest"
    return Finding(fault.path, fault.found, cure if fault.kind == kinds.UNKNOWN_FIELD else "", code=_CODES[fault.kind])


def _is_null(fault: Fault) -> bool:
    """Whether it is about a field that has no value: the API server drops those, apart from items of lists."""
    return fault.text.startswith('Invalid value: "null"') and not fault.path.endswith("]")


def _is_another_rules(fault: Fault) -> bool:
    """Whether a rule with a better cure finds the same."""
    said = ("cannot use both", "cannot use 'continueOn'", "cannot begin with a digit", "only one of count", "timeout cannot")
    is_name = fault.path.endswith(".name") and "should match" in fault.text
    return is_name or any(text in fault.text for text in (*said, "only valid for leaf templates"))


_TABLE: Final = (
    ("Required value", REQUIRED, "give it a value"),
    ("must be of type", WRONG_TYPE, "quote texts; write numbers and booleans without quotes"),
    ("Too long", TOO_LONG, "shorten it"),
    ("Too many", COUNT, "divide it: put a part into a template of its own"),
    ("should have at least", COUNT, "leave the field out, or fill it"),
    ("Unsupported value", NOT_ALLOWED, "use one of the values"),
    ("in body should", NOT_ALLOWED, "correct the value"),
)


def _of_table(fault: Fault) -> Finding:
    text = re.sub(rf"\s*{re.escape(fault.path)} in body ", " ", fault.text).removeprefix("Invalid value: ")
    for part, code, cure in _TABLE:
        if part in fault.text:
            return Finding(fault.path, _found(fault, text), cure, code=code)
    return Finding(fault.path, text, code=RULE)


def _found(fault: Fault, text: str) -> str:
    name = fault.path.rpartition(".")[2]
    if text == "Required value":
        return f"{name} is required"
    return f"{name}: {text[:1].lower()}{text[1:]}" if len(text) < 200 else f"{name}: {text[:199]}…"

"""What is said of Variables and Connections that a DAG file reads as it is imported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airflow_argo.diagnostics import CODES, Diagnostic, Origin
from airflow_argo.model.workflow import Workflow
from airflow_argo.translator.parse_time import Read, reads_of, secrets_in
from airflow_argo.translator.sources import as_written
from airflow_argo.translator.value_files import how_to_give

_INSTEAD = {
    "default": "the default is taken",
    "placeholder": "a placeholder is taken",
    "error": "the file goes on without it",
}
_IN_TEMPLATES = {"Variable": "{{ var.value.NAME }}", "Connection": "{{ conn.NAME.password }}"}


def findings_of_reads(dag: Any, path: str, workflow: Workflow | None) -> Iterator[Diagnostic]:
    """What a DAG's file read, each once; an error where the workflow would show a secret of it."""
    reads = reads_of(dag)
    for read in reads:
        yield _finding(dag, path, read, *_said(read))
    for read in secrets_in(workflow, reads):
        template = _IN_TEMPLATES[read.kind].replace("NAME", read.name)
        yield _finding(dag, path, read, "AA112", f"the manifest would show a secret of {_what(read)}", f"read it by {template}")


def _said(read: Read) -> tuple[str, str, str]:
    """(code, message, cure)."""
    if read.gave == "value":
        found = f"{_what(read)} is read as the file is imported: the manifest keeps what it says now"
        return "AA111", found, "translate again when it changes, or read it by a template"
    return "AA110", f"{_what(read)} isn't known here: {_INSTEAD[read.gave]}", how_to_give(read.kind, read.name)


def _what(read: Read) -> str:
    return f"{read.kind} '{read.name}'"


def _finding(dag: Any, path: str, read: Read, code: str, message: str, cure: str) -> Diagnostic:
    at = as_written(Origin(path, read.line))
    return Diagnostic(
        code=code, message=message, cure=cure, severity=CODES[code].severity, origin=at, path=f"dag '{dag.dag_id}'"
    )

"""Labels and annotations that Kubernetes takes. Source: apimachinery's validation of metadata."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_argo.argo.names import is_label_key, is_label_value
from airflow_argo.lint.finding import Finding, rule
from airflow_argo.lint.subjects import Document, Template


@rule("AA406", on=Document)
def of_workflows(document: Document) -> Iterator[Finding]:
    """An object with a bad one is refused; Argo ends a workflow for which it should make one as an Error."""
    yield from _bad(document.metadata, "metadata")
    for name in ("podMetadata", "workflowMetadata"):
        yield from _bad(document.spec.get(name), f"{document.spec_path}.{name}")
    if document.kind == "CronWorkflow":
        yield from _bad((document.clean.get("spec") or {}).get("workflowMetadata"), "spec.workflowMetadata")


@rule("AA406", on=Template)
def of_pods(template: Template) -> Iterator[Finding]:
    """A pod with a bad one can't be made."""
    yield from _bad(template.body.get("metadata"), f"{template.path}.metadata")


def _bad(metadata: Any, path: str) -> Iterator[Finding]:
    given = metadata if isinstance(metadata, Mapping) else {}
    for field, what in (("labels", "a label"), ("annotations", "an annotation")):
        for key in given.get(field) or {}:
            if "{{" not in key and not is_label_key(key):
                cure = "use letters, digits, '-', '_' and '.', at most 63, behind a domain and a slash if need be"
                yield Finding(f"{path}.{field}.{key}", f"'{key}' is no name of {what}", cure)
    for key, value in (given.get("labels") or {}).items():
        if isinstance(value, str) and "{{" not in value and not is_label_value(value):
            cure = "use letters, digits, '-', '_' and '.', at most 63, with a letter or digit at both ends; or an annotation"
            yield Finding(f"{path}.labels.{key}", f"'{value}' is no value of a label", cure)

"""Sizes that Argo can't store: the third kind of hang (golden/hangs/workflow-over-1mib)."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_argo.argo import gojson
from airflow_argo.argo.limits import MAX_WORKFLOW_BYTES
from airflow_argo.argo.room import bytes_of_nodes
from airflow_argo.diagnostics import Severity
from airflow_argo.lint.finding import Finding, rule
from airflow_argo.lint.subjects import Document


@rule("AA410", on=Document)
def too_large(document: Document) -> Iterator[Finding]:
    """A spec is never compressed, and one over 1 MiB stays without a phase; nodes are, and add to it. Source: workflow/packer.

    A workflow that is made from a WorkflowTemplate has a copy of that in its status.
    """
    size = _size(document)
    if document.under is not None:
        size += _size(document.under)
    if size > MAX_WORKFLOW_BYTES:
        found = f"it has {size / 1024:,.0f} KiB, and Argo can't store a workflow of more than 1024: it never starts"
        cure = "share templates by parameters, or put parts into WorkflowTemplates that tasks refer to by templateRef"
        yield Finding("spec", found, cure)
    elif (size := size + bytes_of_nodes(document.spec)) > MAX_WORKFLOW_BYTES:
        found = f"its tasks let it grow to {size / 1024:,.0f} KiB, and Argo stores no more than 1024: it breaks off or hangs"
        cure = "nodes keep what their templates are given: let tasks read long texts from images, or divide the workflow"
        yield Finding("spec", found, cure, Severity.WARNING)


def _size(document: Document) -> int:
    """Bytes of the JSON that the API server keeps."""
    try:
        return len(gojson.marshal(document.raw).encode())
    except (gojson.UnsupportedJsonValue, RecursionError, UnicodeEncodeError):
        return 0

"""Which of the given documents is the workflow, and what it becomes when it is submitted. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Final

from airflow_argo.argo.templates import merged
from airflow_argo.argo.validation import normalized
from airflow_argo.diagnostics import Diagnostic, InputError
from airflow_argo.local.controller.workflow_variables import SCHEDULED_TIME
from airflow_argo.local.errors import Unsupported

Document = dict[str, Any]

WORKFLOW: Final = "Workflow"
CRON: Final = "CronWorkflow"
TEMPLATE: Final = "WorkflowTemplate"
CLUSTER_TEMPLATE: Final = "ClusterWorkflowTemplate"
RUNNABLE: Final = (WORKFLOW, CRON, TEMPLATE, CLUSTER_TEMPLATE)
_OBJECTS: Final = ("ConfigMap", "Secret")
_LEFT_OUT: Final = frozenset(
    ["Namespace", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "PersistentVolumeClaim"]
)
"""Kinds that a workflow may need on a cluster, and not here."""
_LABEL: Final = "workflows.argoproj.io/"
_PROPAGATED: Final = tuple(_LABEL + name for name in ("creator", "creator-email", "creator-preferred-username"))


def read_documents(documents: Iterable[Mapping[str, Any]]) -> list[Document]:
    """The documents that matter here, with their fields in Argo's order.

    Raises:
        InputError: one is no Kubernetes object.
        Unsupported: one is of a kind that a run here can't have.
    """
    read, unknown = [], []
    for document in documents:
        kind = document.get("kind")
        if not isinstance(kind, str) or not isinstance(document.get("metadata") or {}, Mapping):
            raise InputError("a document is no Kubernetes object", "give each a kind and metadata")
        if kind in RUNNABLE:
            read.append(normalized(document))
        elif kind in _OBJECTS:
            read.append(dict(document))
        elif kind not in _LEFT_OUT:
            unknown.append(kind)
    if unknown:
        cure = "leave it out, or run the workflow on a cluster"
        findings = [
            Diagnostic(code="AA503", message=f"a run here can't have a {kind}", cure=cure, path=f"kind: {kind}")
            for kind in unknown
        ]
        raise Unsupported("these documents", findings)
    return read


def choose(documents: Sequence[Document], name: str | None) -> Document:
    """The document to run: the only one of the first of these kinds that there is, Workflow, CronWorkflow, WorkflowTemplate.

    Args:
        name: the wanted one's; None to find it.
    Raises:
        InputError: there is none, or more than one.
    """
    for kind in RUNNABLE:
        found = [document for document in documents if document["kind"] == kind and name in (None, name_of(document))]
        if kind in (TEMPLATE, CLUSTER_TEMPLATE) and len(found) > 1:
            found = [document for document in found if (document.get("spec") or {}).get("entrypoint")] or found
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(sorted(name_of(document) for document in found))
            raise InputError(f"there is more than one {kind}: {names}", "say which one to run")
    what = f"called '{name}'" if name else "among the documents"
    raise InputError(f"there is no Workflow, CronWorkflow or WorkflowTemplate {what}", "give one")


def name_of(document: Mapping[str, Any]) -> str:
    """A document's name, or how it begins."""
    metadata = document.get("metadata") or {}
    return str(metadata.get("name") or metadata.get("generateName") or "")


def submitted(document: Document, scheduled: datetime | None) -> Document:
    """The Workflow that a document becomes.

    Args:
        scheduled: when the run of a CronWorkflow is due; None for now.
    Raises:
        ValueError: `scheduled` has no time zone.
    """
    if document["kind"] == WORKFLOW:
        return document
    if document["kind"] == CRON:
        return _of_cron(document, scheduled)
    reference = {"name": name_of(document), "clusterScope": document["kind"] == CLUSTER_TEMPLATE}
    metadata = {"generateName": f"{name_of(document)}-"}
    return {"kind": WORKFLOW, "metadata": metadata, "spec": {"workflowTemplateRef": reference}}


def template_label(workflow: Document) -> dict[str, str]:
    """The label of a workflow that only refers to a template. Source: setWfTemplateLabel."""
    reference = (workflow.get("spec") or {}).get("workflowTemplateRef")
    if not reference:
        return {}
    cluster = "cluster-" if reference.get("clusterScope") else ""
    return {f"{_LABEL}{cluster}workflow-template": reference["name"]}


def _of_cron(document: Document, scheduled: datetime | None) -> Document:
    """Source: ConvertCronWorkflowToWorkflowWithProperties."""
    own = document["spec"].get("workflowMetadata") or {}
    time = scheduled or datetime.now(timezone.utc)
    if time.tzinfo is None:
        raise ValueError(f"{time} has no time zone")
    given = (document.get("metadata") or {}).get("labels") or {}
    labels = {name: given[name] for name in _PROPAGATED if name in given} | {f"{_LABEL}cron-workflow": name_of(document)}
    text = time.isoformat(timespec="seconds").replace("+00:00", "Z")
    metadata = {
        "name": f"{name_of(document)}-{int(time.timestamp())}",
        "labels": labels | dict(own.get("labels") or {}),
        "annotations": {SCHEDULED_TIME: text} | dict(own.get("annotations") or {}),
    }
    if document["metadata"].get("namespace"):
        metadata["namespace"] = document["metadata"]["namespace"]
    return {"kind": WORKFLOW, "metadata": metadata, "spec": document["spec"]["workflowSpec"]}


def with_parameters(workflow: Document, parameters: Mapping[str, str]) -> Document:
    """The workflow with arguments given at submission: they come first, and hide its own. Source: ApplySubmitOpts."""
    if not parameters:
        return workflow
    spec = workflow.get("spec") or {}
    arguments = spec.get("arguments") or {}
    kept = [one for one in arguments.get("parameters") or [] if one["name"] not in parameters]
    given = [{"name": name, "value": value} for name, value in parameters.items()]
    return {**workflow, "spec": {**spec, "arguments": {**arguments, "parameters": given + kept}}}


def executed_spec(workflow: Document, documents: Sequence[Document]) -> Document:
    """What is executed: the workflow's spec, over that of the template that it refers to. Source: JoinWorkflowSpec.

    Raises:
        InputError: that one isn't among the documents.
    """
    spec: Document = workflow.get("spec") or {}
    reference = spec.get("workflowTemplateRef")
    if not reference:
        return spec
    kind = CLUSTER_TEMPLATE if reference.get("clusterScope") else TEMPLATE
    under = next((one for one in documents if one["kind"] == kind and name_of(one) == reference["name"]), None)
    if under is None:
        raise InputError(f"there is no {kind} '{reference['name']}' among the documents", "put it into the file")
    base = {key: value for key, value in (under.get("spec") or {}).items() if key != "suspend"}
    joined = merged(base, spec)
    parameters = (joined.get("arguments") or {}).get("parameters")
    if parameters:
        joined["arguments"] = {**joined["arguments"], "parameters": _whole(parameters, spec, base)}
    return joined


def _whole(parameters: list[Document], *specs: Document) -> list[Document]:
    """Each parameter as the first spec has it that gives it a value, not mixed from several."""
    given: dict[str, Document] = {}
    for spec in reversed(specs):
        for one in (spec.get("arguments") or {}).get("parameters") or []:
            if any(one.get(field) is not None for field in ("value", "default", "valueFrom")):
                given[one["name"]] = one
    return [given.get(one["name"], one) for one in parameters]

"""Which resource templates the engine can do, found before anything runs: on objects that it has, by flags that it knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import yaml

from airflow_argo.argo.kubectl_jsonpath import InvalidPath, read_jsonpath
from airflow_argo.local.documents import TEMPLATE, Document, name_of
from airflow_argo.local.objects import KINDS
from airflow_argo.local.pods.resource import JQ_PATH, UnknownFlags, named_by
from airflow_argo.pod.airflow_task.workflows import NAMESPACE_VARIABLE

_TAG: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)
UNKNOWN: Final = "tag"
"""Stands for a text that only the run knows."""


def object_of(resource: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The object of a resource template's manifest, with `UNKNOWN` for its tags; None if that tells nothing."""
    text = _TAG.sub(UNKNOWN, resource.get("manifest") or "")
    try:
        found = yaml.load(text, yaml.CSafeLoader)
    except yaml.YAMLError:
        return None
    return found if isinstance(found, Mapping) else None


def refusals(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Why a template can't be run: (field below the template, reason)."""
    resource = template["resource"]
    item = object_of(resource)
    kind = item.get("kind") if item is not None else None
    if item is not None and kind != UNKNOWN and kind is not None:
        known = KINDS.get(str(kind))
        if known is None or item.get("apiVersion") not in (known[0], UNKNOWN):
            yield "resource", f"it acts on a cluster's {kind}, and there is none; here there are {', '.join(KINDS)}"
    try:
        named_by(resource.get("flags") or (), "")
    except UnknownFlags as error:
        yield "resource.flags", str(error)
    for index, parameter in enumerate((template.get("outputs") or {}).get("parameters") or []):
        source, path = parameter.get("valueFrom") or {}, f"outputs.parameters[{index}].valueFrom"
        if source.get("jqFilter") and not JQ_PATH.fullmatch(source["jqFilter"]):
            yield f"{path}.jqFilter", "of jq only paths are known here, such as .status.phase"
        if source.get("jsonPath"):
            try:
                read_jsonpath(source["jsonPath"])
            except InvalidPath as error:
                yield f"{path}.jsonPath", str(error)


def kinds_made(templates: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """The kinds of the objects that some templates create."""
    made = (one["resource"] for one in templates if (one.get("resource") or {}).get("action") in ("create", "apply"))
    return frozenset(str(item.get("kind")) for item in map(object_of, made) if item is not None)


def templates_of(document: Document) -> list[dict[str, Any]]:
    """The templates of a Workflow, WorkflowTemplate or CronWorkflow."""
    spec = document.get("spec") or {}
    templates: list[dict[str, Any]] = (spec.get("workflowSpec") or spec).get("templates") or []
    return templates


def acts_on_objects(documents: Iterable[Document]) -> bool:
    """Whether some documents have resource templates, or pods that look at workflows."""
    templates = (template for document in documents for template in templates_of(document))
    return any(template.get("resource") or looks_at_workflows(template) for template in templates)


def looks_at_workflows(template: Mapping[str, Any]) -> bool:
    """Whether a template's pod asks Kubernetes' API for workflows: see `airflow_argo.pod.airflow_task.workflows`."""
    return any(one.get("name") == NAMESPACE_VARIABLE for one in (template.get("container") or {}).get("env") or ())


def created_specs(template: Mapping[str, Any], documents: Sequence[Document]) -> Iterator[tuple[str, Document | None]]:
    """The spec of a Workflow that a template creates, as far as it is known: (what it is called, the spec or None)."""
    item = object_of(template["resource"])
    if item is None or item.get("kind") != "Workflow" or template["resource"].get("action") not in ("create", "apply"):
        return
    spec = item.get("spec") or {}
    reference = str((spec.get("workflowTemplateRef") or {}).get("name") or "")
    if UNKNOWN in reference or not isinstance(spec, Mapping):
        return
    if reference:
        there = (one for one in documents if one["kind"] == TEMPLATE and name_of(one) == reference)
        yield reference, next((one.get("spec") or {} for one in there), None)
    elif spec.get("templates"):
        yield f"{template.get('name')}'s workflow", dict(spec)

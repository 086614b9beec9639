"""A manifest on its way to the cluster: what goes first, what is put into it, what marks it as ours. Pure."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from airflow_argo.argo.limits import MAX_WORKFLOW_BYTES, MAX_WORKFLOW_NAME
from airflow_argo.cluster.errors import Place, TooLargeError
from airflow_argo.cluster.nodes import json_size
from airflow_argo.cluster.resources import APPLIED_FIRST, WORKFLOWS, Manifest, Resource
from airflow_argo.diagnostics import InputError

KEY_ANNOTATION: Final = "airflow-argo.io/submission-key"
"""Says whose submission made the workflow: a caller's key, or the hash of the manifest."""

MAX_OTHER_BYTES: Final = 1536 * 1024
"""Of an object other than a Workflow: etcd's default limit of a request."""

_LABELS_FROM_TEMPLATE: Final = {
    "WorkflowTemplate": "workflows.argoproj.io/workflow-template",
    "ClusterWorkflowTemplate": "workflows.argoproj.io/cluster-workflow-template",
}
_CRON_LABEL: Final = "workflows.argoproj.io/cron-workflow"
_INSTANCE_LABEL: Final = "workflows.argoproj.io/controller-instanceid"
SCHEDULED_TIME: Final = "workflows.argoproj.io/scheduled-time"

_SUFFIX_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"
"""Kubernetes' own for generateName: no vowels, so no words."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The documents of a manifest: one Workflow or none, and what is to be applied before it, in their order."""

    workflow: Manifest | None
    first: tuple[tuple[Resource, Manifest], ...]


def bundle(manifest: Manifest | Iterable[Manifest], namespace: str) -> Bundle:
    """The documents sorted into what is submitted and what is applied first; a List counts as its items.

    Raises:
        InputError: a kind that is neither, two Workflows, or a document for another namespace.
    """
    workflow: Manifest | None = None
    first: list[tuple[Resource, Manifest]] = []
    for document in _documents(manifest):
        kind = str(document.get("kind"))
        if (own := (document.get("metadata") or {}).get("namespace")) and own != namespace:
            cure = f"submit it there (--namespace {own}, or an operator's namespace='{own}'), or leave out metadata.namespace"
            raise InputError(f"{_called(document)} is for namespace '{own}', not '{namespace}'", cure)
        if kind in APPLIED_FIRST:
            first.append((APPLIED_FIRST[kind], document))
        elif kind != WORKFLOWS.kind:
            known = ", ".join([WORKFLOWS.kind, *APPLIED_FIRST])
            raise InputError(f"{_called(document)} can't be submitted", f"a manifest may hold: {known}")
        elif workflow is not None:
            raise InputError(f"the manifest holds two Workflows, and {_called(document)} is the second", "submit one at a time")
        else:
            workflow = document
    return Bundle(workflow, tuple(first))


def _documents(manifest: Manifest | Iterable[Manifest]) -> list[Manifest]:
    documents = [manifest] if isinstance(manifest, Mapping) else [document for document in manifest if document]
    flat: list[Manifest] = []
    for document in documents:
        if not isinstance(document, Mapping):
            raise InputError(f"a document of the manifest is {type(document).__name__}, not a mapping")
        if document.get("kind") == "List":
            items = document.get("items") or []
            flat += _documents(items if isinstance(items, list) else [items])
        else:
            _check_shape(dict(document))
            flat.append(dict(document))
    return flat


_SHAPE: Final = (
    ("metadata", dict, "a mapping"),
    ("metadata.labels", dict, "a mapping"),
    ("metadata.annotations", dict, "a mapping"),
    ("spec", dict, "a mapping"),
    ("spec.arguments", dict, "a mapping"),
    ("spec.arguments.parameters", list, "a list"),
)
"""Fields that are looked at here, before the API server judges the manifest as a whole."""


def _check_shape(document: Manifest) -> None:
    """Raises InputError: a field that this module reads or writes is something else than what Argo has there."""
    for path, type_, called in _SHAPE:
        value: Any = document
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None and not isinstance(value, type_):
            raise InputError(f"{_called(document)}: {path} is {type(value).__name__}, not {called}", "correct it")
    for index, one in enumerate(((document.get("spec") or {}).get("arguments") or {}).get("parameters") or ()):
        if not (isinstance(one, dict) and isinstance(one.get("name"), str)):
            place = f"spec.arguments.parameters[{index}]"
            raise InputError(f"{_called(document)}: {place} has no name", "write it as {name: …, value: …}")


def _called(document: Manifest) -> str:
    meta = document.get("metadata")
    meta = meta if isinstance(meta, dict) else {}
    return f"{document.get('kind') or 'a document without kind'} '{meta.get('name') or meta.get('generateName') or ''}'"


def prepared(
    workflow: Manifest,
    *,
    name: str | None = None,
    generate_name: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Manifest:
    """The workflow with what the caller says in its place; the given one is not changed.

    Raises:
        InputError: it has neither `name` nor `generateName`, or no spec.
    """
    result = copy.deepcopy(workflow)
    meta = result.setdefault("metadata", {})
    if generate_name:
        meta.pop("name", None)
        meta["generateName"] = generate_name
    if name:
        meta["name"] = name
    if not (meta.get("name") or meta.get("generateName")):
        raise InputError("the workflow has no name", "give it metadata.name or metadata.generateName, or pass name=")
    if not result.get("spec"):
        raise InputError(f"{_called(result)} has no spec", "give it entrypoint and templates, or workflowTemplateRef")
    for key, given in (("labels", labels), ("annotations", annotations)):
        if given:
            meta[key] = {**(meta.get(key) or {}), **{name: as_text(value) for name, value in given.items()}}
    if parameters:
        override_parameters(result["spec"], parameters)
    return result


def override_parameters(spec: dict[str, Any], parameters: Mapping[str, Any]) -> None:
    """Set arguments of a workflow spec in place: known ones where they are, others behind them. Values become text."""
    arguments = spec["arguments"] = dict(spec.get("arguments") or {})
    given = {name: {"name": name, "value": as_text(value)} for name, value in parameters.items()}
    kept = [given.pop(old["name"], old) for old in arguments.get("parameters") or ()]
    arguments["parameters"] = [*kept, *given.values()]


def as_text(value: Any) -> str:
    """A parameter's value: text stays, anything else is JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def content_key(workflow: Manifest) -> str:
    """The key of a submission whose caller gives none: a hash of what the manifest says, times apart."""
    meta = workflow.get("metadata") or {}
    annotations = {key: value for key, value in (meta.get("annotations") or {}).items() if key != SCHEDULED_TIME}
    said = {"labels": meta.get("labels") or {}, "annotations": annotations, "spec": workflow.get("spec")}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def marked(workflow: Manifest, key: str) -> Manifest:
    """The workflow with the annotation that says whose it is."""
    meta = workflow["metadata"]
    return {**workflow, "metadata": {**meta, "annotations": {**(meta.get("annotations") or {}), KEY_ANNOTATION: key}}}


def key_of(workflow: Manifest) -> str | None:
    """The key of the submission that made the workflow, if one of ours did."""
    value = (workflow["metadata"].get("annotations") or {}).get(KEY_ANNOTATION)
    return None if value is None else str(value)


def generated(workflow: Manifest, suffix: str) -> Manifest:
    """The workflow with a name as the API server generates them: a creation whose answer got lost can be repeated."""
    meta = workflow["metadata"]
    prefix = meta["generateName"][: MAX_WORKFLOW_NAME - len(suffix)]
    return {**workflow, "metadata": {**meta, "name": prefix + suffix}}


def random_suffix() -> str:
    """Five letters, as the API server takes them."""
    return "".join(random.choices(_SUFFIX_LETTERS, k=5))  # noqa: S311 - a name, not a secret


def suffix_of(key: str) -> str:
    """Ten letters that are the same whenever the key is."""
    digest = hashlib.sha256(key.encode()).digest()
    return "".join(_SUFFIX_LETTERS[byte % len(_SUFFIX_LETTERS)] for byte in digest[:10])


def check_size(place: Place, manifest: Manifest) -> None:
    """Refuse what can't be stored, before it is sent.

    Raises:
        TooLargeError: with the size.
    """
    limit = MAX_WORKFLOW_BYTES if manifest["kind"] == WORKFLOWS.kind else MAX_OTHER_BYTES
    if (size := json_size(manifest)) > limit:
        meta = manifest.get("metadata") or {}
        raise TooLargeError(place, manifest["kind"], meta.get("name") or meta.get("generateName") or "", size, limit)


def replacement(desired: Manifest, existing: Manifest) -> Manifest | None:
    """What to put in place of an existing object, or None if it says all that already.

    The status, the owners and the finalizers that the cluster has given it stay: a CronWorkflow's status holds its last run.
    """
    found = existing["metadata"]
    kept = {key: found[key] for key in ("name", "ownerReferences", "finalizers") if key in found}
    meta = kept | desired["metadata"] | {"resourceVersion": found["resourceVersion"]}
    result = {**desired, "metadata": meta} | ({"status": existing["status"]} if "status" in existing else {})
    return None if _content(result) == _content(existing) else result


def _content(manifest: Manifest) -> dict[str, Any]:
    """What an object says, without what the cluster keeps about it."""
    meta = manifest["metadata"]
    said = {**manifest, "metadata": {key: meta.get(key) for key in ("labels", "annotations", "ownerReferences", "finalizers")}}
    return {key: value for key, value in said.items() if value}


def from_template(template: Manifest) -> Manifest:
    """A workflow that runs a WorkflowTemplate or ClusterWorkflowTemplate. Source: workflow/common/convert.go."""
    kind, name = template["kind"], template["metadata"]["name"]
    reference = {"name": name} | ({"clusterScope": True} if kind == "ClusterWorkflowTemplate" else {})
    labels = {_LABELS_FROM_TEMPLATE[kind]: name, **_instance(template)}
    return _workflow({"generateName": f"{name}-", "labels": labels}, {"workflowTemplateRef": reference})


def from_cron_workflow(cron: Manifest, scheduled_time: str) -> Manifest:
    """A workflow as the CronWorkflow would start it at a time (RFC 3339). Source: workflow/common/convert.go."""
    name, spec = cron["metadata"]["name"], cron["spec"]
    extra = spec.get("workflowMetadata") or {}
    owner = {"apiVersion": cron["apiVersion"], "kind": cron["kind"], "name": name, "uid": cron["metadata"]["uid"]}
    meta: dict[str, Any] = {
        "generateName": f"{name}-",
        "labels": {**_instance(cron), _CRON_LABEL: name, **(extra.get("labels") or {})},
        "annotations": {SCHEDULED_TIME: scheduled_time, **(extra.get("annotations") or {})},
        "ownerReferences": [owner | {"controller": True, "blockOwnerDeletion": True}],
    }
    if extra.get("finalizers"):
        meta["finalizers"] = list(extra["finalizers"])
    return _workflow(meta, copy.deepcopy(spec["workflowSpec"]))


def _workflow(meta: dict[str, Any], spec: dict[str, Any]) -> Manifest:
    return {"apiVersion": WORKFLOWS.api_version, "kind": WORKFLOWS.kind, "metadata": meta, "spec": spec}


def _instance(source: Manifest) -> dict[str, str]:
    labels = source["metadata"].get("labels") or {}
    return {_INSTANCE_LABEL: labels[_INSTANCE_LABEL]} if _INSTANCE_LABEL in labels else {}

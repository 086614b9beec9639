"""A manifest as the reader of pictures needs it: its templates by name, and what our compiler noted in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from airflow_argo.argo.templates import template_type
from airflow_argo.diagnostics import InputError

Dict = Mapping[str, Any]

ANNOTATION = "airflow-argo.io/"
KINDS = ("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow")


@dataclass(frozen=True, slots=True)
class Source:
    """A manifest.

    Attributes:
        name: the workflow's, or how it begins.
        spec: Argo's workflow spec.
        ids: task name → the author's id, where they differ.
        helpers: names of tasks that stand for no step of the author's.
        parts: names of templates that hold a share of the tasks of a graph that is too large for one DAG.
        proxies: names of templates of tasks that stand for a task of another part.
        whiles: names of templates of while-loops.
        ours: our compiler made it.
        grouped: dots in ids are those of Airflow's task groups.
    """

    name: str
    spec: Dict
    templates: Mapping[str, Dict]
    ids: Mapping[str, str]
    helpers: frozenset[str]
    parts: frozenset[str]
    proxies: frozenset[str]
    whiles: frozenset[str]
    ours: bool
    grouped: bool

    @classmethod
    def of(cls, manifest: Dict, status: Dict | None = None) -> Source:
        """The manifest of a Workflow, WorkflowTemplate, ClusterWorkflowTemplate or CronWorkflow.

        Args:
            status: of a run, which has the spec of a WorkflowTemplate that the workflow refers to.
        Raises:
            InputError: it is none of them.
        """
        kind = manifest.get("kind") if isinstance(manifest, Mapping) else None
        if kind not in KINDS:
            raise InputError(f"there is no picture of a {kind or 'manifest without a kind'}", f"give a {' or '.join(KINDS)}")
        spec = _spec(manifest, status or {})
        metadata = mapping(manifest, "metadata")
        notes = _notes(metadata, spec)
        templates = {text(one, "name"): one for one in mappings(spec, "templates")}
        return cls(
            name=text(metadata, "name") or text(metadata, "generateName").rstrip("-") or str(kind),
            spec=spec,
            templates=templates,
            ids=_ids(notes),
            helpers=_names(notes, "helpers"),
            parts=_names(notes, "parts"),
            proxies=_names(notes, "proxies"),
            whiles=_names(notes, "whiles"),
            ours=any(key.startswith(ANNOTATION) for key in notes),
            grouped=f"{ANNOTATION}dag-id" in notes,
        )

    def template(self, holder: Dict) -> Dict | None:
        """The template that a task, step or hook calls; None if that isn't in the manifest."""
        if holder.get("inline"):
            return mapping(holder, "inline")
        return None if holder.get("templateRef") else self.templates.get(text(holder, "template"))

    def label(self, name: str) -> str:
        """The author's id of a task."""
        return self.ids.get(name, name)

    def without_notes(self) -> Source:
        """The same, as a manifest of anybody's: nothing of it is hidden, and names are those of Argo."""
        nothing: frozenset[str] = frozenset()
        return replace(self, ids={}, helpers=nothing, parts=nothing, proxies=nothing, whiles=nothing, ours=False, grouped=False)


def is_group(template: Dict) -> bool:
    """Whether a template has tasks or steps of its own."""
    return template_type(template) in ("dag", "steps")


def _spec(manifest: Dict, status: Dict) -> Dict:
    spec = mapping(manifest, "spec")
    if manifest["kind"] == "CronWorkflow":
        spec = mapping(spec, "workflowSpec")
    if spec.get("workflowTemplateRef") and status.get("storedWorkflowTemplateSpec"):
        return {**mapping(status, "storedWorkflowTemplateSpec"), **{key: one for key, one in spec.items() if one}}
    return spec


def _notes(metadata: Dict, spec: Dict) -> dict[str, str]:
    """The annotations and labels, of the object or those that its runs will get."""
    found: dict[str, str] = {}
    for holder in (mapping(spec, "workflowMetadata"), metadata):
        for field in ("labels", "annotations"):
            found |= {key: str(one) for key, one in mapping(holder, field).items()}
    if found.get("app.kubernetes.io/managed-by") == "airflow-argo":
        found[f"{ANNOTATION}managed"] = "true"
    return found


def _ids(notes: Mapping[str, str]) -> dict[str, str]:
    try:
        found = json.loads(notes.get(f"{ANNOTATION}ids") or "{}")
    except ValueError:
        raise InputError(f"the annotation {ANNOTATION}ids is no JSON", "compile the workflow anew") from None
    return {str(name): str(id) for name, id in found.items()} if isinstance(found, dict) else {}


def _names(notes: Mapping[str, str], note: str) -> frozenset[str]:
    return frozenset(filter(None, notes.get(ANNOTATION + note, "").split(",")))


# --- what has to have a shape: a manifest may be anybody's


def mapping(holder: Dict, field: str) -> Dict:
    """A field that is an object; {} if it isn't there.

    Raises:
        InputError: it is something else.
    """
    found = holder.get(field)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise misshapen(field, "an object")
    return found


def mappings(holder: Dict, field: str) -> list[Dict]:
    """A field that is a list of objects; [] if it isn't there.

    Raises:
        InputError: it is something else.
    """
    found = holder.get(field)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise misshapen(field, "a list of objects")
    return found


def text(holder: Dict, field: str) -> str:
    """A field that is a text; "" if it isn't there.

    Raises:
        InputError: it is something else.
    """
    found = holder.get(field)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise misshapen(field, "a text")
    return found


def texts(holder: Dict, field: str) -> list[str]:
    """A field that is a list of texts; [] if it isn't there.

    Raises:
        InputError: it is something else.
    """
    found = holder.get(field)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise misshapen(field, "a list of texts")
    return found


def misshapen(field: str, wanted: str) -> InputError:
    """The error that a field isn't what Argo wants there."""
    return InputError(f"the field '{field}' isn't {wanted}", "correct the manifest")

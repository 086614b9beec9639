"""Which template a task, step or hook means, in which scope its own references are looked up, and the defaults put under it.

Source: workflow/templateresolution/context.go; mergedTemplateDefaultsInto in operator.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from airflow_argo.diagnostics import AirflowArgoError

Template = dict[str, Any]

TYPES: Final = ("container", "containerSet", "steps", "script", "resource", "dag", "suspend", "data", "http", "plugin")
POD_TYPES: Final = frozenset({"container", "containerSet", "script"})
_MERGE_KEYS: Final = {
    "templates": "name",
    "parameters": "name",
    "artifacts": "name",
    "env": "name",
    "volumes": "name",
    "initContainers": "name",
    "sidecars": "name",
    "tasks": "name",
    "imagePullSecrets": "name",
    "volumeMounts": "mountPath",
    "ports": "containerPort",
    "hostAliases": "ip",
    "tolerations": "key",
}
"""Lists that a strategic merge joins by a key; others are replaced."""


class TemplateNotFound(AirflowArgoError):
    """A task, step or hook names a template that isn't there, or that runs nothing. ``str()`` is Argo's message.

    Attributes:
        missing: it isn't there.
    """

    def __init__(self, message: str, *, missing: bool = True) -> None:
        super().__init__(message)
        self.message, self.missing = message, missing

    def __str__(self) -> str:
        return self.message


def template_type(template: Mapping[str, Any]) -> str:
    """The field that says what a template runs; "" if there is none."""
    return next((name for name in TYPES if template.get(name) is not None), "")


@dataclass(frozen=True, slots=True, eq=False)
class TemplateScope:
    """Where names of templates are looked up: the workflow, a WorkflowTemplate or a ClusterWorkflowTemplate."""

    kind: str  # local, namespaced, cluster
    name: str
    templates: Mapping[str, Template]
    defaults: Mapping[str, Any] | None = None  # the document's templateDefaults

    @property
    def document(self) -> str:
        """The kind of document that the templates are from."""
        return {"local": "Workflow", "namespaced": "WorkflowTemplate"}.get(self.kind, "ClusterWorkflowTemplate")

    @property
    def label(self) -> str:
        """As in a node's templateScope."""
        return f"{self.kind}/{self.name}"


@dataclass(slots=True)
class TemplateLibrary:
    """All templates that a run can reach.

    Args:
        defaults: put under every template that is resolved; None to get them as they are written.
    """

    local: TemplateScope
    namespaced: Mapping[str, TemplateScope]
    cluster: Mapping[str, TemplateScope]
    defaults: Mapping[str, Any] | None = None
    _merged: dict[int, tuple[Template, Template]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, spec: Mapping[str, Any], documents: Iterable[Mapping[str, Any]], name: str, *, with_defaults: bool = True
    ) -> TemplateLibrary:
        """The templates of a workflow, and of the WorkflowTemplates and ClusterWorkflowTemplates among some documents.

        Args:
            spec: what is executed.
            name: the workflow's; "" for one that only refers to a template.
        """
        referred: dict[str, dict[str, TemplateScope]] = {"WorkflowTemplate": {}, "ClusterWorkflowTemplate": {}}
        for document in documents:
            if document["kind"] in referred:
                kind = "namespaced" if document["kind"] == "WorkflowTemplate" else "cluster"
                scope = _scope(kind, (document.get("metadata") or {}).get("name") or "", document.get("spec") or {})
                referred[document["kind"]][scope.name] = scope
        defaults = spec.get("templateDefaults") if with_defaults else None
        local = _scope("local", name, spec)
        return cls(local, referred["WorkflowTemplate"], referred["ClusterWorkflowTemplate"], defaults)

    def resolve(self, holder: Mapping[str, Any], scope: TemplateScope) -> tuple[TemplateScope, Template]:
        """The template that a task, step or hook names, and the scope of the names inside it.

        Raises:
            TemplateNotFound: there is none.
        """
        if holder.get("inline"):
            return scope, self.with_defaults(holder["inline"])
        reference = holder.get("templateRef")
        if reference:
            scopes = self.cluster if reference.get("clusterScope") else self.namespaced
            if reference["name"] not in scopes:
                raise TemplateNotFound(f"workflow template {reference['name']} not found")
            scope = scopes[reference["name"]]
            if reference["template"] not in scope.templates:
                raise TemplateNotFound(f"template {reference['template']} not found in workflow template {reference['name']}")
            return scope, self.with_defaults(scope.templates[reference["template"]])
        name = holder.get("template") or ""
        if not name:
            raise TemplateNotFound("failed to get a template", missing=False)
        if name not in scope.templates:
            raise TemplateNotFound(f"template {name} not found")
        return scope, self.with_defaults(scope.templates[name])

    def undefaulted(self, holder: Mapping[str, Any], scope: TemplateScope) -> Template:
        """The template as it is written."""
        if holder.get("inline"):
            inline: Template = holder["inline"]
            return inline
        reference = holder.get("templateRef")
        if reference:
            scopes = self.cluster if reference.get("clusterScope") else self.namespaced
            return scopes[reference["name"]].templates[reference["template"]]
        return scope.templates[holder["template"]]

    def with_defaults(self, template: Template) -> Template:
        """A template over the workflow's templateDefaults.

        Raises:
            TemplateNotFound: it doesn't say what it runs.
        """
        if template_type(template) == "":
            raise TemplateNotFound(f"template '{template.get('name', '')}' type is unknown", missing=False)
        if not self.defaults:
            return template
        known = self._merged.get(id(template))
        if known is None:
            own = template_type(template)
            applicable = {key: value for key, value in self.defaults.items() if key not in TYPES or key == own}
            known = self._merged[id(template)] = (template, merged(applicable, template))
        return known[1]


def _scope(kind: str, name: str, spec: Mapping[str, Any]) -> TemplateScope:
    """Of two templates with one name the last is meant."""
    templates = {template.get("name", ""): template for template in spec.get("templates") or []}
    return TemplateScope(kind, name, templates, spec.get("templateDefaults"))


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """A strategic merge: maps are joined, lists by their key where they have one, all else is taken from `over`."""
    result = dict(base)
    for name, value in over.items():
        under = base.get(name)
        if isinstance(value, Mapping) and isinstance(under, Mapping):
            result[name] = merged(under, value)
        elif isinstance(value, list) and isinstance(under, list) and name in _MERGE_KEYS:
            result[name] = _merged_lists(under, value, _MERGE_KEYS[name])
        elif value is not None:
            result[name] = value
    return result


def _merged_lists(base: list[Any], over: list[Any], key: str) -> list[Any]:
    """Entries of `over` first, in their order and with what `base` has under them; then the rest of `base`."""
    under = {entry[key]: entry for entry in base if isinstance(entry, Mapping) and key in entry}
    result = [
        merged(under.pop(entry[key]), entry) if isinstance(entry, Mapping) and entry.get(key) in under else entry
        for entry in over
    ]
    return result + list(under.values())

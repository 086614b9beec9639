"""What the controller refuses as `invalid spec` before it runs anything: the first fault, with its text.

Source: workflow/validate/validate.go. Each template is looked at once for what is in it, and once for each call of it for what
it is called with, so that the time is in proportion to the size of the manifest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from airflow_argo.argo.limits import MAX_CRON_WORKFLOW_NAME, MAX_WORKFLOW_NAME
from airflow_argo.argo.scope import PLACEHOLDER_PREFIX, Scope
from airflow_argo.argo.tags import TemplateError, replace
from airflow_argo.argo.templates import POD_TYPES, TemplateLibrary, TemplateNotFound, TemplateScope, template_type
from airflow_argo.argo.validation.faults import InvalidSpec, inside
from airflow_argo.argo.validation.groups import check_dag, check_steps
from airflow_argo.argo.validation.leaf import check_leaf
from airflow_argo.argo.validation.parts import (
    LEAVES,
    check_arguments,
    check_hooks,
    check_inputs,
    check_names,
    check_outputs,
    has_location,
    is_parameter,
    type_name,
)
from airflow_argo.argo.validation.variables import ANY_OUTPUT_ARTIFACT, Known, Placeholders

Document = Mapping[str, Any]

_GLOBALS: Final = ("name", "namespace", "mainEntrypoint", "serviceAccountName", "uid", "status")
_ATTEMPT: Final = ("retries", "lastRetry.exitCode", "lastRetry.status", "lastRetry.duration", "lastRetry.message")
_POLICIES: Final = ("", "Always", "OnError", "OnFailure", "OnTransientError")


def check_workflow(
    workflow: Document,
    documents: Iterable[Document],
    *,
    values: bool = True,
    isolated: bool = False,
    more_arguments: bool = False,
) -> None:
    """See whether the controller would run a workflow.

    Args:
        workflow: a Workflow document.
        documents: the WorkflowTemplates and ClusterWorkflowTemplates that it may refer to are among them.
        values: its arguments have values by now.
        isolated: it stands for a WorkflowTemplate, whose users bring the arguments, and perhaps the entrypoint.
        more_arguments: it will be submitted with others, which may be inputs of its entrypoint.
    Raises:
        InvalidSpec: it would be Failed at once.
    """
    documents = list(documents)
    spec = workflow.get("spec") or {}
    name = (workflow.get("metadata") or {}).get("name") or ""
    if len(name) > MAX_WORKFLOW_NAME:
        rule = f"must not be more than {MAX_WORKFLOW_NAME} characters long (currently {len(name)})"
        raise InvalidSpec(f'workflow name "{name}" {rule}')
    reference = spec.get("workflowTemplateRef")
    under = _referred(reference, documents) if reference else {}
    if reference and spec.get("templates"):
        raise InvalidSpec("Templates is invalid field in spec if workflow referred WorkflowTemplate reference")
    with inside("spec.templates"):
        check_names(spec.get("templates") or [])
    arguments = _joined_arguments(spec, under)
    check_arguments("spec.arguments.", arguments, values=values)
    library = TemplateLibrary.of(spec, documents, name, with_defaults=False)
    checked = _Workflow(spec, under, library, _Checker(library, isolated), more_arguments)
    checked.check(arguments, workflow.get("metadata") or {})


def check_document(document: Document, documents: Iterable[Document]) -> None:
    """See whether Argo would take a document of one of its kinds, arguments without values allowed.

    Raises:
        InvalidSpec: it would not.
    """
    kind, spec = document["kind"], document.get("spec") or {}
    if kind == "CronWorkflow":
        name = (document.get("metadata") or {}).get("name") or ""
        if len(name) > MAX_CRON_WORKFLOW_NAME:
            rule = f"must not be more than {MAX_CRON_WORKFLOW_NAME} characters long (currently {len(name)})"
            raise InvalidSpec(f'cron workflow name "{name}" {rule}')
        with inside("cannot validate Workflow: "):
            check_workflow({"kind": "Workflow", "spec": spec.get("workflowSpec")}, documents)
        return
    check_workflow(document, documents, values=False, isolated=kind != "Workflow")


def _referred(reference: Mapping[str, Any], documents: Iterable[Document]) -> Mapping[str, Any]:
    """The spec of the template that a workflow refers to."""
    kind = "ClusterWorkflowTemplate" if reference.get("clusterScope") else "WorkflowTemplate"
    for document in documents:
        if document["kind"] == kind and (document.get("metadata") or {}).get("name") == reference.get("name"):
            spec: Mapping[str, Any] = document.get("spec") or {}
            return spec
    raise InvalidSpec(f'{kind.lower()}s.argoproj.io "{reference.get("name")}" not found')


def _joined_arguments(spec: Mapping[str, Any], under: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The workflow's arguments, and those of its template that it doesn't give. Source: MergeParameters."""
    joined: dict[str, list[dict[str, Any]]] = {}
    for kind in ("parameters", "artifacts"):
        own, more = ((one.get("arguments") or {}).get(kind) or [] for one in (spec, under))
        values = {one["name"]: one for one in more}
        filled = [{**values.get(one["name"], {}), **one} if kind == "parameters" else one for one in own]
        names = {one["name"] for one in own}
        joined[kind] = [*filled, *(one for one in more if one["name"] not in names)]
    return joined


@dataclass(frozen=True, slots=True)
class _Workflow:
    """The workflow around the templates: `under` is the spec of the template that it refers to."""

    spec: Mapping[str, Any]
    under: Mapping[str, Any]
    library: TemplateLibrary
    checker: _Checker
    more_arguments: bool

    def check(self, arguments: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
        self._set_globals(arguments, metadata)
        entrypoint = self.spec.get("entrypoint") or self.under.get("entrypoint") or ""
        if not entrypoint and not self.checker.isolated:
            raise InvalidSpec("spec.entrypoint is required")
        if entrypoint:
            given = None if self.checker.isolated or self.more_arguments else arguments
            self.checker.check_holder(self._holder(entrypoint), self.library.local, given)
        self._check_on_exit()
        check_hooks(self.spec.get("hooks") or {}, "hooks")
        templates = self.under.get("templates") if self.spec.get("workflowTemplateRef") else self.spec.get("templates")
        for template in templates or []:
            with inside(f"templates.{template['name']} "):
                self.checker.check_holder(self._holder(template["name"]), self.library.local, None)

    def _holder(self, template: str) -> dict[str, Any]:
        reference = self.spec.get("workflowTemplateRef")
        if not reference:
            return {"template": template}
        return {"templateRef": {**reference, "template": template}}

    def _set_globals(self, arguments: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
        variables, new = self.checker.globals, self.checker.placeholders.next
        variables |= {f"workflow.{name}": new() for name in _GLOBALS}
        if arguments["parameters"]:
            variables |= {"workflow.parameters": new(), "workflow.parameters.json": new()}
        for parameter in arguments["parameters"]:
            value = parameter.get("value")
            variables[f"workflow.parameters.{parameter['name']}"] = new() if value is None else value
        for kind in ("labels", "annotations"):
            own = [spec.get("workflowMetadata") or {} for spec in (self.spec, self.under)]
            sources = [metadata.get(kind), *(one.get(kind) for one in own)]
            sources += [one.get("labelsFrom") for one in own] if kind == "labels" else []
            names = {name for source in sources for name in source or {}}
            variables |= {f"workflow.{kind}.{name}": new() for name in sorted(names)}
            variables |= {f"workflow.{kind}": new(), f"workflow.{kind}.json": new()}
        if self.spec.get("priority") is not None:
            variables["workflow.priority"] = str(self.spec["priority"])

    def _check_on_exit(self) -> None:
        name = self.spec.get("onExit") or self.under.get("onExit")
        if not name:
            return
        self.checker.globals["workflow.failures"] = self.checker.placeholders.next()
        outputs = (
            artifact
            for template in [*(self.spec.get("templates") or []), *(self.under.get("templates") or [])]
            for artifact in (template.get("outputs") or {}).get("artifacts") or []
        )
        if any(is_parameter(artifact.get("globalName") or "") for artifact in outputs):
            self.checker.globals[ANY_OUTPUT_ARTIFACT] = "true"
        given = None if self.more_arguments else self.spec.get("arguments") or {}
        self.checker.check_holder(self._holder(name), self.library.local, given)


@dataclass(slots=True)
class _Checker:
    """Checks templates; `globals` are the variables of the workflow."""

    library: TemplateLibrary
    isolated: bool
    globals: dict[str, object] = field(default_factory=dict)
    placeholders: Placeholders = field(default_factory=Placeholders)
    _seen: set[str] = field(default_factory=set)

    def check_holder(
        self, holder: Mapping[str, Any], scope: TemplateScope, arguments: Mapping[str, Any] | None
    ) -> dict[str, Any] | None:
        """Check the template that a task, step or hook names, and that it can be called like this.

        Args:
            arguments: that it is called with; None if any are to be assumed.
        Returns:
            the template; None if it is known only when the workflow runs.
        Raises:
            InvalidSpec: the template, or the call of it, is wrong.
        Source: validateTemplateHolder.
        """
        reference = holder.get("templateRef")
        if reference:
            self._check_reference(holder, reference)
            if "{{" in json.dumps(reference):
                return None
        try:
            inner, template = self.library.resolve(holder, scope)
        except TemplateNotFound as error:
            if not error.missing:
                raise InvalidSpec(str(error)) from None
            if not reference:
                raise InvalidSpec(f"template name '{holder.get('template')}' undefined") from None
            if PLACEHOLDER_PREFIX in reference["template"]:
                return None
            raise InvalidSpec(f"template reference {reference['name']}.{reference['template']} not found") from None
        policy = (template.get("retryStrategy") or {}).get("retryPolicy") or ""
        if policy not in _POLICIES:
            raise InvalidSpec(f"{policy} is not a valid RetryPolicy")
        self._check_call(template, inner, arguments)
        return template

    @staticmethod
    def _check_reference(holder: Mapping[str, Any], reference: Mapping[str, Any]) -> None:
        if holder.get("template"):
            raise InvalidSpec("template name cannot be specified with templateRef")
        if not reference.get("name"):
            raise InvalidSpec("resource name is required")
        if not reference.get("template"):
            raise InvalidSpec("template name is required")

    def _check_call(self, template: dict[str, Any], scope: TemplateScope, arguments: Mapping[str, Any] | None) -> None:
        """Source: validateTemplate."""
        identity = f"{scope.label}{template.get('name', '')}"
        new = identity not in self._seen
        if not new and arguments is None:
            return
        _check_supplied(template, arguments)
        if not new and not template.get("timeout"):
            return
        check_inputs(template)
        for container in template.get("initContainers") or []:
            if not container.get("name"):
                raise InvalidSpec("initContainers must all have container name")
        filled = self._filled(template, arguments)
        _check_timeouts(filled)
        if new:
            self._seen.add(identity)
            self._check_inside(filled, template, scope)

    def _filled(self, template: dict[str, Any], arguments: Mapping[str, Any] | None) -> dict[str, Any]:
        """The template with its arguments, or with placeholders, and as many tags replaced as can be."""
        given = _values(template, arguments, self.placeholders)
        inputs = template.get("inputs") or {}
        parameters = [{**one, "value": given[one["name"]]} for one in inputs.get("parameters") or [] if one["name"] in given]
        if parameters:
            template = {**template, "inputs": {**inputs, "parameters": parameters}}
        scope = Scope(self.globals)
        first = scope.child({name: self.placeholders.next() for name in _local_names(template)})
        own: dict[str, object] = {f"inputs.parameters.{name}": value for name, value in given.items() if value is not None}
        own["inputs.parameters"] = self.placeholders.next()
        for artifact in inputs.get("artifacts") or []:
            if artifact.get("path"):
                own[f"inputs.artifacts.{artifact['name']}.path"] = artifact["path"]
        own |= {name: name for name in _output_paths(template)}
        text = json.dumps(template, ensure_ascii=False, separators=(",", ":"))
        if "{{" not in text:
            return template
        try:
            filled: dict[str, Any] = json.loads(replace(replace(text, first), first.child(own)))
        except TemplateError as error:
            raise InvalidSpec(f"templates.{template.get('name', '')} {error}") from None
        return filled

    def _check_inside(self, filled: dict[str, Any], template: dict[str, Any], scope: TemplateScope) -> None:
        known = Known(_own_names(template), self.globals, self.isolated)
        kind = template_type(filled)
        if kind == "steps":
            check_steps(filled, known, self, scope)
        elif kind == "dag":
            check_dag(filled, known, self, scope)
        else:
            with inside(f"templates.{filled.get('name', '')}: "):
                known.check(json.dumps(filled, ensure_ascii=False))
            check_leaf(filled, scope)
        with inside(f"templates.{filled.get('name', '')}.outputs "):
            known.check(json.dumps(filled.get("outputs") or {}, ensure_ascii=False))
        check_outputs(filled)


def _check_supplied(template: Mapping[str, Any], arguments: Mapping[str, Any] | None) -> None:
    """Inputs without a default get an argument. Source: ProcessArgs."""
    if arguments is None:
        return
    place = f"templates.{template.get('name', '')} inputs"
    given = {one["name"]: one for one in arguments.get("parameters") or []}
    for parameter in (template.get("inputs") or {}).get("parameters") or []:
        own = given.get(parameter["name"])
        holder = parameter if own is None else own
        from_map = (holder.get("valueFrom") or {}).get("configMapKeyRef") is not None
        value = parameter.get("value", parameter.get("default")) if own is None else own.get("value")
        if value is None and not from_map:
            raise InvalidSpec(f"{place}.parameters.{parameter['name']} was not supplied")
    artifacts = {one["name"] for one in arguments.get("artifacts") or []}
    for artifact in (template.get("inputs") or {}).get("artifacts") or []:
        if not artifact.get("optional") and not has_location(artifact) and artifact["name"] not in artifacts:
            raise InvalidSpec(f"{place}.artifacts.{artifact['name']} was not supplied")


def _values(
    template: Mapping[str, Any], arguments: Mapping[str, Any] | None, placeholders: Placeholders
) -> dict[str, str | None]:
    """The values of a template's parameters; placeholders where any argument is to be assumed."""
    parameters = (template.get("inputs") or {}).get("parameters") or []
    if arguments is None:
        return {one["name"]: placeholders.next() for one in parameters}
    given = {one["name"]: one.get("value") for one in arguments.get("parameters") or []}
    return {one["name"]: given.get(one["name"], one.get("value", one.get("default"))) for one in parameters}


def _local_names(template: Mapping[str, Any]) -> list[str]:
    pods = (*POD_TYPES, "resource", "data")
    names = ["pod.name"] if template_type(template) in pods else []
    return names + (list(_ATTEMPT) if template.get("retryStrategy") is not None else [])


def _output_paths(template: Mapping[str, Any]) -> list[str]:
    if template_type(template) not in LEAVES:
        return []
    outputs = template.get("outputs") or {}
    names = [f"outputs.artifacts.{one['name']}.path" for one in outputs.get("artifacts") or [] if one.get("path")]
    parameters = outputs.get("parameters") or []
    return names + [f"outputs.parameters.{one['name']}.path" for one in parameters if (one.get("valueFrom") or {}).get("path")]


def _own_names(template: Mapping[str, Any]) -> set[str]:
    """The variables that a template may use of itself."""
    inputs = template.get("inputs") or {}
    names = {f"inputs.parameters.{one['name']}" for one in inputs.get("parameters") or []}
    names |= {"inputs.parameters"} if names else set()
    for artifact in inputs.get("artifacts") or []:
        names.add(f"inputs.artifacts.{artifact['name']}")
        if template_type(template) in LEAVES:
            names.add(f"inputs.artifacts.{artifact['name']}.path")
    return names | set(_local_names(template)) | set(_output_paths(template))


def _check_timeouts(template: Mapping[str, Any]) -> None:
    leaf = template_type(template) in LEAVES
    if template.get("timeout"):
        if not leaf:
            raise InvalidSpec(f"{type_name(template)} template doesn't support timeout field")
        if str(template["timeout"]).lstrip("+-").isdecimal():
            raise InvalidSpec(f"{template.get('name', '')} has invalid duration format in timeout")
    if template.get("pendingTimeout") and not leaf:
        raise InvalidSpec(f"{type_name(template)} template doesn't support pendingTimeout field")

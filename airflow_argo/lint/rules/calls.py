"""Calls of templates: which one is meant, and what it is called with. Source: validateTemplateHolder, ProcessArgs."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from airflow_argo.argo.validation.parts import has_location
from airflow_argo.lint.finding import Finding, rule
from airflow_argo.lint.subjects import Call, Document, Template


@rule("AA306", on=Call)
def unknown_template(call: Call) -> Iterator[Finding]:
    """A task, step or hook names a template that isn't in its document."""
    name = call.holder.get("template") or ""
    if not name or "{{" in name or call.holder.get("templateRef") or call.holder.get("inline"):
        return
    if name not in call.document.by_name:
        path = call.path if call.hook == "onExit" else f"{call.path}.template"
        yield Finding(path, f"there is no template '{name}'", _near(name, call.document))


@rule("AA306", on=Document)
def unknown_entrypoint(document: Document) -> Iterator[Finding]:
    """A workflow begins with a template that isn't there."""
    if document.spec.get("workflowTemplateRef") and document.under is None:
        return
    name = document.spec.get("entrypoint")
    if name and "{{" not in name and name not in document.by_name:
        yield Finding(f"{document.spec_path}.entrypoint", f"there is no template '{name}'", _near(name, document))


@rule("AA329", on=Document)
def no_entrypoint(document: Document) -> Iterator[Finding]:
    """A workflow says with which template it begins."""
    if not document.is_template and not any(spec.get("entrypoint") for spec in document.specs):
        if document.spec.get("workflowTemplateRef") and document.under is None:
            return
        yield Finding(document.spec_path, "the workflow has no entrypoint", "name the template that it begins with")


@rule("AA307", on=Call)
def unknown_template_reference(call: Call) -> Iterator[Finding]:
    """A templateRef names what isn't among the documents."""
    reference = call.holder.get("templateRef")
    if not reference or "{{" in str(reference):
        return
    path, kind = f"{call.path}.templateRef", _kind(reference)
    for field in ("name", "template"):
        if not reference.get(field):
            yield Finding(path, f"the templateRef has no {field}", f"say which {kind} and which template in it")
            return
    document = call.document.bundle.referred(reference)
    if document is None:
        cure = f"lint the file with {kind} '{reference['name']}' together with this one"
        yield Finding(f"{path}.name", f"there is no {kind} '{reference['name']}'", cure)
    elif reference["template"] not in document.by_name:
        found = f"{kind} '{reference['name']}' has no template '{reference['template']}'"
        yield Finding(f"{path}.template", found, _near(reference["template"], document))


@rule("AA307", on=Document)
def unknown_workflow_template(document: Document) -> Iterator[Finding]:
    """A workflow is made from a template that isn't among the documents."""
    reference = document.spec.get("workflowTemplateRef")
    if reference and document.under is None:
        kind, name = _kind(reference), reference.get("name") or ""
        cure = f"lint the file with {kind} '{name}' together with this one"
        yield Finding(f"{document.spec_path}.workflowTemplateRef", f"there is no {kind} '{name}'", cure)


@rule("AA308", on=Call)
def which_template(call: Call) -> Iterator[Finding]:
    """A task or step says by exactly one of template, templateRef and inline what it runs."""
    given = [field for field in ("template", "templateRef", "inline") if call.holder.get(field)]
    if not given:
        yield Finding(call.path, f"{call.what} doesn't say which template it runs", "name one by template or templateRef")
    elif len(given) > 1:
        yield Finding(call.path, f"{call.what} has both {' and '.join(given)}", "leave one of them")


@rule("AA312", on=Call)
def missing_argument(call: Call) -> Iterator[Finding]:
    """A template is called without an argument for an input that has no default."""
    template = call.target
    if template is None or template.is_inline:
        return
    given = {one["name"]: one for one in call.arguments()}
    for name, declared in template.inputs.items():
        if not _has_value(declared, given.get(name)):
            found = f"{call.what} gives template '{template.name}' no value for its input '{name}'"
            yield Finding(_arguments(call), found, "add it to arguments.parameters, or give the input a default")
    artifacts = {one["name"] for one in call.arguments("artifacts")}
    for name, artifact in template.artifacts("inputs").items():
        if not artifact.get("optional") and not has_location(artifact) and name not in artifacts:
            found = f"{call.what} gives template '{template.name}' no artifact '{name}'"
            yield Finding(_arguments(call), found, "add it to arguments.artifacts, or make the input optional")


def _has_value(declared: dict[str, Any], given: dict[str, Any] | None) -> bool:
    holder = declared if given is None else given
    if (holder.get("valueFrom") or {}).get("configMapKeyRef") is not None:
        return True
    return any(holder.get(field) is not None for field in (("value", "default") if given is None else ("value",)))


@rule("AA313", on=Call)
def unknown_input(call: Call) -> Iterator[Finding]:
    """A template is called with an argument that it doesn't take: Argo drops it."""
    template = call.target
    if template is None or template.is_inline:
        return
    for argument in call.arguments():
        if argument["name"] not in template.inputs:
            found = f"template '{template.name}' has no input '{argument['name']}', so that nobody sees the value"
            near = get_close_matches(argument["name"], template.inputs, 1)
            cure = f"did you mean '{near[0]}'?" if near else "leave it out, or declare the input"
            yield Finding(call.document.path(argument), found, cure)


@rule("AA312", on=Document)
def missing_workflow_argument(document: Document) -> Iterator[Finding]:
    """The entrypoint's inputs are the workflow's arguments."""
    template = document.entrypoint
    if template is None or document.is_template:
        return
    for name, declared in template.inputs.items():
        if not _has_value(declared, document.parameters.get(name)):
            found = f"the entrypoint '{template.name}' gets no value for its input '{name}'"
            path = f"{document.spec_path}.arguments" if document.spec.get("arguments") else f"{document.spec_path}.entrypoint"
            yield Finding(path, found, "add it to spec.arguments.parameters, or give the input a default")


@rule("AA312", on=Document)
def workflow_argument_without_value(document: Document) -> Iterator[Finding]:
    """Arguments of a workflow have values when it starts; those of a WorkflowTemplate may come later."""
    if document.is_template or document.kind == "Workflow":
        return
    for one in (document.spec.get("arguments") or {}).get("parameters") or []:
        if one.get("value") is None and one.get("valueFrom") is None and one["name"] not in _under(document):
            found = f"parameter '{one['name']}' of the workflow has no value, and no run can be started"
            yield Finding(document.path(one), found, "give it one")


def _under(document: Document) -> set[str]:
    under = document.under.parameters if document.under is not None else {}
    return {name for name, one in under.items() if one.get("value") is not None}


def _arguments(call: Call) -> str:
    return f"{call.path}.arguments" if call.holder.get("arguments") else call.path


def _kind(reference: dict[str, Any]) -> str:
    return "ClusterWorkflowTemplate" if reference.get("clusterScope") else "WorkflowTemplate"


def _near(name: str, document: Document) -> str:
    near = get_close_matches(name, document.by_name, 1)
    return f"did you mean '{near[0]}'?" if near else "add it to the templates"


@rule("AA330", on=Template)
def no_type(template: Template) -> Iterator[Finding]:
    """A template runs something."""
    if not template.kind:
        what = f"template '{template.name}'" if template.name else "the template"
        yield Finding(template.path, f"{what} doesn't say what it runs", "give it a container, script, dag, steps, suspend, …")

"""Names of documents, templates, tasks and parameters. Source: workflow/validate, the CRDs, Kubernetes' DNS subdomains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from airflow_argo.argo.limits import MAX_CRON_WORKFLOW_NAME, MAX_WORKFLOW_NAME
from airflow_argo.argo.names import is_object_name
from airflow_argo.argo.validation.parts import parameter_name_faults, task_name_faults
from airflow_argo.lint.finding import Finding, rule
from airflow_argo.lint.subjects import Document, Part, Template


@rule("AA406", on=Document)
def object_name(document: Document) -> Iterator[Finding]:
    """A document has a name that Kubernetes takes."""
    given = document.metadata.get("name")
    if given is None:
        prefix = document.metadata.get("generateName")
        if not prefix:
            yield Finding("metadata", f"the {document.kind} has no name", "give it metadata.name")
        elif not isinstance(prefix, str) or not is_object_name(f"{prefix}x"):
            yield Finding(
                "metadata.generateName", "it can't begin a Kubernetes name", "use lower case letters, digits and hyphens"
            )
    elif not isinstance(given, str) or not is_object_name(given):
        yield Finding("metadata.name", f"{given!r} is no Kubernetes name", "use lower case letters, digits and hyphens")


@rule("AA407", on=Document)
def long_object_name(document: Document) -> Iterator[Finding]:
    """Argo puts a name into labels, and that of a CronWorkflow before the times of its runs."""
    limit = MAX_CRON_WORKFLOW_NAME if document.kind == "CronWorkflow" else MAX_WORKFLOW_NAME
    if len(document.name) > limit:
        found = f"the name has {len(document.name)} characters, and a {document.kind} may have {limit}"
        yield Finding("metadata.name", found, "shorten it")


@rule("AA406", on=Template)
def names_in_template(template: Template) -> Iterator[Finding]:
    """Tasks, steps and containers are named alike, parameters and artifacts with underscores too."""
    for call in template.calls:
        if not call.name:
            yield Finding(call.path, "a step has no name", "give it one")
        for reason in task_name_faults(call.name) if call.name and "{{" not in call.name else []:
            yield Finding(
                f"{call.path}.name", f"'{call.name}' is no name: it {_must(reason)}", "use letters, digits and hyphens"
            )
    for part in _parts(template):
        if parameter_name_faults(part["name"]) and "{{" not in part["name"]:
            path = template.document.path(part, "name")
            yield Finding(path, f"'{part['name']}' is no name of a parameter or artifact", "use letters, digits, _ and -")


def _must(reason: str) -> str:
    return reason.removeprefix("name ")


def _parts(template: Template) -> Iterator[Part]:
    for side in ("inputs", "outputs"):
        for kind in ("parameters", "artifacts"):
            yield from (template.body.get(side) or {}).get(kind) or []
    for call in template.calls:
        for kind in ("parameters", "artifacts"):
            yield from call.arguments(kind)


@rule("AA408", on=Template)
def names_twice(template: Template) -> Iterator[Finding]:
    """No two tasks, inputs, outputs or arguments have the same name."""
    yield from _twice(((call.name, f"{call.path}.name") for call in template.calls if call.name), "task or step")
    lists = [
        ((template.body.get(side) or {}).get(kind) or [])
        for side in ("inputs", "outputs")
        for kind in ("parameters", "artifacts")
    ]
    lists += [call.arguments(kind) for call in template.calls for kind in ("parameters", "artifacts")]
    for parts in lists:
        yield from _twice(((one["name"], template.document.path(one, "name")) for one in parts), "parameter or artifact")


@rule("AA408", on=Document)
def templates_twice(document: Document) -> Iterator[Finding]:
    """No two templates have the same name."""
    templates = document.spec.get("templates") or []
    yield from _twice(((one["name"], document.path(one, "name")) for one in templates), "template")
    for kind in ("parameters", "artifacts"):
        arguments = (document.spec.get("arguments") or {}).get(kind) or []
        yield from _twice(((one["name"], document.path(one, "name")) for one in arguments), "argument")


def _twice(names: Iterable[tuple[str, str]], what: str) -> Iterator[Finding]:
    seen = set()
    for name, path in names:
        if name in seen:
            yield Finding(path, f"another {what} is called '{name}' too", "rename one of them")
        seen.add(name)


@rule("AA408", on=Document)
def documents_twice(document: Document) -> Iterator[Finding]:
    """No two documents of a kind have the same name."""
    if document.name and document.bundle.by_name[document.kind, document.name] is not document:
        yield Finding("metadata.name", f"another {document.kind} is called '{document.name}' too", "rename one of them")


@rule("AA406", on=Document)
def names_of_templates(document: Document) -> Iterator[Finding]:
    """Templates are named like tasks."""
    for template in document.templates:
        for reason in task_name_faults(template.name) if template.name else []:
            yield Finding(
                f"{template.path}.name", f"'{template.name}' is no name: it {_must(reason)}", "use letters, digits and hyphens"
            )
    for one in (document.spec.get("arguments") or {}).get("parameters") or []:
        if parameter_name_faults(one["name"]):
            yield Finding(
                document.path(one, "name"), f"'{one['name']}' is no name of a parameter", "use letters, digits, _ and -"
            )

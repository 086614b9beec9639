"""Checks of names, arguments, inputs and outputs. Source: workflow/validate/validate.go."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from airflow_argo.argo.limits import MAX_TASK_NAME
from airflow_argo.argo.names import PARAMETER_NAME, TASK_NAME
from airflow_argo.argo.templates import template_type
from airflow_argo.argo.validation.faults import InvalidSpec, inside

Part = Mapping[str, Any]

LEAVES: Final = frozenset(("container", "containerSet", "script", "resource", "data", "http", "plugin"))
_PARAMETER: Final = re.compile(r"{{[-a-zA-Z0-9]+(\.[-a-zA-Z0-9_]+)*}}")
_PLACEHOLDER: Final = re.compile(r"__argo__internal__placeholder-\d+")
_PARAMETER_NAME_RULE: Final = (
    "Parameter/Artifact name must consist of alpha-numeric characters, '_' or '-' e.g. my_param_1, MY-PARAM-1"
)
_TASK_NAME_RULE: Final = (
    "name must consist of alpha-numeric characters or '-', and must start with an alpha-numeric character "
    "(e.g. My-name1-2, 123-NAME)"
)
_NOTHING_SAID: Final = ("name", "path", "mode", "recurseMode", "optional", "archive", "archiveLogs", "deleted")
_NO_LOCATION: Final = frozenset((*_NOTHING_SAID, "globalName", "subPath", "from", "fromExpression", "artifactGC"))


def is_parameter(text: str) -> bool:
    """Whether a text has a tag that is a plain name."""
    return _PARAMETER.search(text) is not None


def has_location(artifact: Part) -> bool:
    """Whether an artifact says where it is. Source: HasLocationOrKey, for which an empty key is none."""
    return any(value and value != {"key": ""} for key, value in artifact.items() if key not in _NO_LOCATION)


def check_names(things: Sequence[Part], *, of_parameters: bool = False) -> None:
    """Names are there, valid and unique.

    Args:
        of_parameters: or of artifacts; otherwise of templates and tasks.
    Raises:
        InvalidSpec: beginning with `[index]`.
    """
    seen: set[str] = set()
    for index, thing in enumerate(things):
        name = thing.get("name") or ""
        if not name:
            raise InvalidSpec(f"[{index}].name is required")
        wrong = parameter_name_faults(name) if of_parameters else task_name_faults(name)
        if wrong:
            raise InvalidSpec(f"[{index}].name: '{name}' is invalid: {';'.join(wrong)}")
        if name in seen:
            raise InvalidSpec(f"[{index}].name '{name}' is not unique")
        seen.add(name)


def parameter_name_faults(name: str) -> list[str]:
    """What is wrong with the name of a parameter or artifact."""
    return [] if PARAMETER_NAME.match(name) else [_PARAMETER_NAME_RULE]


def task_name_faults(name: str) -> list[str]:
    """What is wrong with the name of a template, task or step, in which parts may not be known yet."""
    name = _PLACEHOLDER.sub("x", name)
    faults = [f"must be no more than {MAX_TASK_NAME} bytes"] if len(name.encode()) > MAX_TASK_NAME else []
    return faults if TASK_NAME.match(name) else [*faults, _TASK_NAME_RULE]


def check_arguments(prefix: str, arguments: Part, *, values: bool) -> None:
    """Arguments have names, and values or locations.

    Args:
        prefix: `spec.arguments.` or alike.
        values: they have to be there by now.
    Raises:
        InvalidSpec: they don't.
    Source: validateArguments.
    """
    for field in ("parameters", "artifacts"):
        with inside(f"{prefix}{field}"):
            check_names(arguments.get(field) or [], of_parameters=True)
    for parameter in arguments.get("parameters") or []:
        _check_argument(f"{prefix}{parameter['name']}", parameter, values=values)
    for artifact in arguments.get("artifacts") or []:
        place = f"{prefix}{artifact['name']}"
        if not artifact.get("from") and not has_location(artifact):
            raise InvalidSpec(f"{place}.from, artifact location, or key is required")
        if artifact.get("from") and artifact.get("fromExpression"):
            raise InvalidSpec(f"{place} shouldn't have both `from` and `fromExpression` in Artifact")


def _check_argument(place: str, parameter: Part, *, values: bool) -> None:
    source, value = parameter.get("valueFrom"), parameter.get("value")
    if source is None and value is None and values:
        raise InvalidSpec(f"{place}.value or {place}.valueFrom is required")
    if source is not None:
        allowed = source.get("configMapKeyRef") is not None or source.get("event") or source.get("supplied") is not None
        if not allowed or any(source.get(field) for field in ("path", "jsonPath", "parameter", "expression")):
            raise InvalidSpec(f"{place}.valueFrom only allows: default, configMapKeyRef and supplied")
    choices = parameter.get("enum")
    if choices is not None:
        if not choices:
            raise InvalidSpec(f"{place}.enum should contain at least one value")
        if value is None and values:
            raise InvalidSpec(f"{place}.value is required")
        if value is not None and value not in choices:
            raise InvalidSpec(f"{place}.value should be present in {place}.enum list")


def check_inputs(template: Part) -> None:
    """The inputs of a template.

    Raises:
        InvalidSpec: one has no valid name, or says of an artifact what belongs elsewhere.
    Source: validateInputs.
    """
    name, inputs = template.get("name", ""), template.get("inputs") or {}
    for field in ("parameters", "artifacts"):
        with inside(f"templates.{name}.inputs.{field}"):
            check_names(inputs.get(field) or [], of_parameters=True)
    for artifact in inputs.get("artifacts") or []:
        place = f"templates.{name}.inputs.artifacts.{artifact['name']}"
        _check_path(place, artifact, leaf=template_type(template) in LEAVES)
        if artifact.get("from"):
            raise InvalidSpec(f"{place}.from not valid in inputs")
        if artifact.get("git") is not None and not artifact["git"].get("repo"):
            raise InvalidSpec(f"{place}.git.repo is required")


def _check_path(place: str, artifact: Part, *, leaf: bool) -> None:
    path = artifact.get("path") or ""
    if not leaf:
        if path:
            raise InvalidSpec(f"{place}.path only valid in container/script templates")
        return
    if not path:
        raise InvalidSpec(f"error in {place}: Artifact '{artifact['name']}' did not specify a path")
    safe, found, _ = path.partition("/../")
    if not found:
        safe = path[:-3] if len(path) >= 3 and path[-3] == "/" and path.endswith("..") else ""
    cleaned = posixpath.normpath(path)
    if safe and (not cleaned.startswith(f"{safe}/") or len(cleaned) <= len(safe) + 1):
        reason = f"Artifact '{artifact['name']}' attempted to use a path containing '..'. Directory traversal is not permitted"
        raise InvalidSpec(f"error in {place}: {reason}")


def check_outputs(template: Part) -> None:
    """The outputs of a template, apart from the variables in them.

    Raises:
        InvalidSpec: one can't be produced by this kind of template.
    Source: validateOutputs.
    """
    name, outputs = template.get("name", ""), template.get("outputs") or {}
    for field in ("parameters", "artifacts"):
        with inside(f"templates.{name}.outputs.{field} "):
            check_names(outputs.get(field) or [], of_parameters=True)
    for artifact in outputs.get("artifacts") or []:
        place = f"templates.{name}.outputs.artifacts.{artifact['name']}"
        _check_path(place, artifact, leaf=template_type(template) in LEAVES)
        _check_global_name(place, artifact)
    for parameter in outputs.get("parameters") or []:
        place = f"templates.{name}.outputs.parameters.{parameter['name']}"
        _check_output_parameter(place, parameter, template_type(template))
        _check_global_name(place, parameter)


def _check_global_name(place: str, output: Part) -> None:
    name = output.get("globalName") or ""
    if name and not is_parameter(name) and parameter_name_faults(name):
        raise InvalidSpec(f"{place}.globalName: {_PARAMETER_NAME_RULE}")


_KINDS: Final = "path, jqFilter, jsonPath, parameter, raw"


def _check_output_parameter(place: str, parameter: Part, kind: str) -> None:
    source = parameter.get("valueFrom")
    if parameter.get("value") is not None:
        if source is not None:
            raise InvalidSpec(f"{place} has both valueFrom and value specified, choose one")
        return
    if source is None:
        raise InvalidSpec(f"{place} does not have valueFrom or value specified")
    given = [field for field in ("path", "jqFilter", "jsonPath", "parameter", "expression") if source.get(field)]
    given += ["supplied"] if source.get("supplied") is not None else []
    if not given:
        raise InvalidSpec(f"valueFrom type unspecified. choose one of: {_KINDS}, expression")
    if len(given) > 1:
        raise InvalidSpec(f"multiple valueFrom types specified. choose one of: {_KINDS}")
    if kind in ("container", "containerSet", "script") and given != ["path"]:
        raise InvalidSpec(f"{place}.path must be specified for {_TYPE_NAMES[kind]} templates")
    if kind == "resource" and given[0] not in ("jqFilter", "jsonPath"):
        raise InvalidSpec(f"{place} .jqFilter or jsonPath must be specified for Resource templates")
    if kind in ("dag", "steps") and given[0] not in ("parameter", "expression"):
        raise InvalidSpec(f"{place}.parameter or expression must be specified for {_TYPE_NAMES[kind]} templates")


_TYPE_NAMES: Final = {
    "container": "Container",
    "containerSet": "ContainerSet",
    "script": "Script",
    "resource": "Resource",
    "dag": "DAG",
    "steps": "Steps",
    "suspend": "Suspend",
    "data": "Data",
    "http": "HTTP",
    "plugin": "Plugin",
}


def type_name(template: Part) -> str:
    """What Argo calls the kind of a template."""
    return _TYPE_NAMES.get(template_type(template), "Unknown")


def check_hooks(hooks: Mapping[str, Mapping[str, Any]], place: str) -> None:
    """Hooks other than `exit` have a condition.

    Raises:
        InvalidSpec: one has none.
    """
    for name, hook in hooks.items():
        if name != "exit" and not hook.get("expression"):
            raise InvalidSpec(f"{place}.{name} Expression required")

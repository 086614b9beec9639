"""Arguments into templates: inputs get their values, then all tags that can be replaced are.

Source: workflow/common/util.go.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from airflow_argo.argo.parameters import parameters_json
from airflow_argo.argo.scope import Scope
from airflow_argo.argo.tags import MissingVariable, is_absent_reference, replace, replace_strict, replace_text
from airflow_argo.argo.templates import Template
from airflow_argo.argo.validation.parts import has_location
from airflow_argo.local.controller.faults import TAG_ERRORS, Fault, MissingReference

ABSENT_ARGUMENT: Final = "__argo-internal.absent-optional-output__"
"""Stands for an argument that is just a reference to an output that a skipped node doesn't have."""
_TYPE_LABEL: Final = "workflows.argoproj.io/configmap-type"
STRICT: Final = ("tasks", "steps")


def dumps(value: object) -> str:
    """The JSON text of a manifest's part, in its order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class ConfigMapParameters:
    """The ConfigMaps that parameters may be read from: documents by name."""

    documents: Mapping[str, Mapping[str, Any]]

    def value(self, name: str, key: str) -> str:
        """A value of a ConfigMap that is marked for parameters; the controller doesn't see others.

        Raises:
            KeyError: it, or the key, isn't there.
        Source: GetConfigMapValue.
        """
        document = self.documents.get(name) or {}
        if ((document.get("metadata") or {}).get("labels") or {}).get(_TYPE_LABEL) != "Parameter":
            hint = f"Please make sure it has the label {_TYPE_LABEL}: Parameter to be detectable by the controller"
            raise KeyError(f"ConfigMap '{name}' does not exist. {hint}")
        data = document.get("data") or {}
        if key not in data:
            raise KeyError(f"ConfigMap '{name}' does not have the key '{key}'")
        return str(data[key])


def process_arguments(
    template: Template,
    arguments: Mapping[str, Any],
    variables: Scope,
    local: Mapping[str, str],
    config_maps: ConfigMapParameters,
) -> Template:
    """A copy of a template with its inputs filled from arguments, and all tags replaced that can be.

    Args:
        variables: `workflow.*`.
        local: variables of the node: `node.name`, `pod.name`, …
    Raises:
        Fault: an input gets no value, or a tag can't be replaced.
    Source: ProcessArgs.
    """
    inputs = template.get("inputs") or {}
    if inputs.get("parameters") or inputs.get("artifacts"):
        filled = dict(inputs)
        if inputs.get("parameters"):
            given = {parameter["name"]: parameter for parameter in arguments.get("parameters") or []}
            filled["parameters"] = [
                _parameter(parameter, given.get(parameter["name"]), variables, config_maps)
                for parameter in inputs["parameters"]
            ]
        if inputs.get("artifacts"):
            given = {artifact["name"]: artifact for artifact in arguments.get("artifacts") or []}
            filled["artifacts"] = [_artifact(artifact, given.get(artifact["name"])) for artifact in inputs["artifacts"]]
        template = {**template, "inputs": filled}
    return substitute(template, variables, local)


def _parameter(
    declared: Mapping[str, Any], argument: Mapping[str, Any] | None, variables: Scope, config_maps: ConfigMapParameters
) -> dict[str, Any]:
    parameter = dict(declared)
    name = parameter["name"]
    if parameter.get("value") is None and parameter.get("default") is not None:
        parameter["value"] = parameter["default"]
    if argument is not None and argument.get("value") == ABSENT_ARGUMENT:
        if parameter.get("value") is None and parameter.get("valueFrom") is None:
            reason = "argument references an absent optional (skipped/omitted node output with no default)"
            raise Fault(f"inputs.parameters.{name}: {reason}")
    elif argument is not None and argument.get("value") is not None:
        parameter["value"] = argument["value"]
        parameter.pop("valueFrom", None)
    elif argument is not None:
        parameter.pop("value", None)
        parameter.pop("valueFrom", None)
        if argument.get("valueFrom") is not None:
            parameter["valueFrom"] = argument["valueFrom"]
    source = parameter.get("valueFrom") or {}
    if source.get("configMapKeyRef"):
        parameter["value"] = _from_config_map(name, source, variables, config_maps)
    elif parameter.get("value") is None:
        raise Fault(f"inputs.parameters.{name} was not supplied")
    return parameter


def _from_config_map(name: str, source: Mapping[str, Any], variables: Scope, config_maps: ConfigMapParameters) -> str:
    reference = source["configMapKeyRef"]
    try:
        found = replace_text(reference["name"], variables), replace_text(reference["key"], variables)
        return config_maps.value(*found)
    except TAG_ERRORS as error:
        raise Fault(f"failed to substitute configMapKeyRef: {error}") from None
    except KeyError as error:
        if source.get("default") is not None:
            return str(source["default"])
        raise Fault(f"unable to retrieve inputs.parameters.{name} from ConfigMap: {error.args[0]}") from None
    except Fault as error:
        raise Fault(f"unable to retrieve inputs.parameters.{name} from ConfigMap: {error}") from None


def _artifact(declared: Mapping[str, Any], argument: Mapping[str, Any] | None) -> dict[str, Any]:
    if not declared.get("optional") and not has_location(declared):
        if argument is None:
            raise Fault(f"inputs.artifacts.{declared['name']} was not supplied")
        if not has_location(argument):
            raise Fault(f"inputs.artifacts.{declared['name']} missing location information")
    if argument is None:
        return dict(declared)
    fixed = {key: declared[key] for key in ("path", "mode", "recurseMode") if key in declared}
    taken = {key: value for key, value in argument.items() if key not in ("path", "mode", "recurseMode")}
    return {**taken, **fixed}


def substitute(template: Template, variables: Scope, local: Mapping[str, str]) -> Template:
    """A template with all tags replaced that can be: first globals and the node's own, then inputs and paths.

    Raises:
        Fault: a tag can't be replaced, or an input has no value.
    Source: SubstituteParams.
    """
    text = dumps(template)
    if "{{" not in text:
        return template
    scope = variables.child(dict(local))
    try:
        text = replace(text, scope)
        first: Template = json.loads(text)
        result: Template = json.loads(replace(text, scope.child(_own_variables(first))))
    except TAG_ERRORS as error:
        raise Fault(str(error)) from None
    return result


def _own_variables(template: Template) -> dict[str, object]:
    """What a template may say of itself inside itself."""
    inputs, outputs = template.get("inputs") or {}, template.get("outputs") or {}
    parameters = inputs.get("parameters") or []
    variables: dict[str, object] = {}
    for parameter in parameters:
        if parameter.get("value") is not None:
            variables[f"inputs.parameters.{parameter['name']}"] = parameter["value"]
    variables["inputs.parameters"] = parameters_json(parameters or None)
    for kind, artifacts in (("inputs", inputs.get("artifacts")), ("outputs", outputs.get("artifacts"))):
        for artifact in artifacts or []:
            if artifact.get("path"):
                variables[f"{kind}.artifacts.{artifact['name']}.path"] = artifact["path"]
    for parameter in outputs.get("parameters") or []:
        path = (parameter.get("valueFrom") or {}).get("path")
        if path:
            variables[f"outputs.parameters.{parameter['name']}.path"] = path
    return variables


def resolve(value: Any, scope: Scope, prefixes: tuple[str, ...] = STRICT) -> Any:
    """A part of a manifest with its tags replaced; those of tasks and steps must be there.

    Raises:
        MissingReference: one isn't there, for which Argo would wait.
        Fault: one can't be replaced.
    """
    text = dumps(value)
    if "{{" not in text:
        return value
    try:
        return json.loads(replace_strict(text, scope, prefixes))
    except MissingVariable as error:
        raise MissingReference(str(error)) from None
    except TAG_ERRORS as error:
        raise Fault(str(error)) from None


def mark_absent(arguments: Mapping[str, Any], scope: Scope) -> Mapping[str, Any]:
    """The arguments with ABSENT_ARGUMENT for each that is just a reference to an absent output."""
    parameters = arguments.get("parameters") or []
    if not any(_is_absent(parameter, scope) for parameter in parameters):
        return arguments
    marked = [{**one, "value": ABSENT_ARGUMENT} if _is_absent(one, scope) else one for one in parameters]
    return {**arguments, "parameters": marked}


def _is_absent(parameter: Mapping[str, Any], scope: Scope) -> bool:
    value = parameter.get("value")
    return isinstance(value, str) and value.startswith("{{") and is_absent_reference(value, scope)

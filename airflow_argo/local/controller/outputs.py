"""The outputs of a dag or steps template, from what is in it. Source: getTemplateOutputsFromScope in operator.go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_argo.argo.expr import ExprError, evaluate
from airflow_argo.argo.golang.strconv import quote
from airflow_argo.argo.golang.values import format_value
from airflow_argo.argo.scope import ABSENT, Scope
from airflow_argo.argo.tags import resolve_variable
from airflow_argo.argo.templates import Template
from airflow_argo.local.controller.artifacts import ArtifactScope
from airflow_argo.local.controller.faults import TAG_ERRORS, Fault
from airflow_argo.local.controller.state import Run


def template_outputs(template: Template, variables: Scope, artifacts: ArtifactScope) -> dict[str, Any] | None:
    """The outputs that a template declares; None if it declares none.

    Args:
        variables: of this template alone, without `workflow.*`.
        artifacts: that can be referred to.
    Raises:
        Fault: one can't be evaluated and has no default.
    """
    declared = template.get("outputs") or {}
    outputs: dict[str, Any] = {}
    if declared.get("parameters"):
        outputs["parameters"] = [_parameter(parameter, variables) for parameter in declared["parameters"]]
    if declared.get("artifacts"):
        outputs["artifacts"] = _artifacts(declared["artifacts"], variables, artifacts)
    return outputs or None


def _parameter(declared: Mapping[str, Any], variables: Scope) -> dict[str, Any]:
    source = declared.get("valueFrom")
    if source is None:
        raise Fault("output parameters must have a valueFrom specified")
    default = source.get("default")
    try:
        value = _value(source, variables)
    except Fault:
        if default is None:
            raise
        value = default
    if value is ABSENT:
        value = default
    if value is None:
        reference = quote(source.get("parameter") or "")
        absent = "is an absent optional (skipped/omitted node output with no default)"
        raise Fault(f"output parameter {quote(declared['name'])}: {reference} {absent}")
    kept = {key: field for key, field in declared.items() if key != "valueFrom"}
    return {**kept, "value": value if isinstance(value, str) else format_value(value)}


def _value(source: Mapping[str, Any], variables: Scope) -> Any:
    if source.get("expression"):
        try:
            value = evaluate(source["expression"], variables)
        except ExprError as error:
            raise Fault(str(error)) from None
        if value is None:
            raise Fault(f"failed to evaluate expression {quote(source['expression'])}")
        return value
    if not source.get("parameter"):
        return ""
    try:
        return resolve_variable(source["parameter"], variables)[1]
    except TAG_ERRORS as error:
        raise Fault(str(error)) from None


def _artifacts(declared: list[dict[str, Any]], variables: Scope, artifacts: ArtifactScope) -> list[dict[str, Any]]:
    found = []
    for artifact in declared:
        if not artifact.get("from") and not artifact.get("fromExpression"):
            continue
        try:
            found.append({**artifacts.resolve(artifact, variables), "name": artifact["name"]})
        except Fault as error:
            if "Unable to resolve" in str(error) and artifact.get("optional"):
                continue
            raise Fault(f"unable to resolve outputs from scope: {error}") from None
    return found


def export_outputs(run: Run, outputs: Mapping[str, Any] | None) -> None:
    """Make outputs that have a globalName the workflow's. Source: addOutputsToGlobalScope."""
    for parameter in (outputs or {}).get("parameters") or []:
        name = parameter.get("globalName")
        if not name:
            continue
        value = parameter.get("value")
        if value is not None:
            run.globals.set(f"workflow.outputs.parameters.{name}", value)
        if value is not None or name not in run.output_parameters:
            run.output_parameters[name] = value
    for artifact in (outputs or {}).get("artifacts") or []:
        name = artifact.get("globalName")
        if name:
            kept = {key: value for key, value in artifact.items() if key not in ("globalName", "path")}
            run.output_artifacts[name] = {**kept, "name": name}

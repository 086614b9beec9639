"""The variables `workflow.*`. Source: setGlobalParameters and setGlobalRuntimeParameters in operator.go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Final

from airflow_argo.argo import gojson
from airflow_argo.argo.expr import ExprError, evaluate
from airflow_argo.argo.golang.strconv import quote
from airflow_argo.argo.names import is_label_value
from airflow_argo.argo.parameters import parameters_json
from airflow_argo.argo.scope import Scope
from airflow_argo.argo.tags import replace
from airflow_argo.local.clock import rfc3339
from airflow_argo.local.controller.arguments import ConfigMapParameters, dumps
from airflow_argo.local.controller.faults import TAG_ERRORS, Fault
from airflow_argo.local.controller.state import Metadata, Run
from airflow_argo.local.controller.tree import pod_name

SCHEDULED_TIME: Final = "workflows.argoproj.io/scheduled-time"
_STRFTIME: Final = {letter: f"%{letter}" for letter in "BbmAadHIMSYypZz"}


def workflow_variables(metadata: Metadata, spec: Mapping[str, Any], config_maps: ConfigMapParameters) -> dict[str, object]:
    """All that is known from the start.

    Raises:
        Fault: a parameter has no value.
    """
    created = datetime.fromtimestamp(int(metadata.created_at), timezone.utc)
    given = (spec.get("arguments") or {}).get("parameters")
    parameters = given or []
    variables: dict[str, object] = {
        "workflow.name": metadata.name,
        "workflow.namespace": metadata.namespace,
        "workflow.mainEntrypoint": spec.get("entrypoint") or "",
        "workflow.serviceAccountName": spec.get("serviceAccountName") or "",
        "workflow.uid": metadata.uid,
        "workflow.creationTimestamp": rfc3339(metadata.created_at),
        "workflow.creationTimestamp.s": str(int(metadata.created_at)),
        "workflow.creationTimestamp.RFC3339": rfc3339(metadata.created_at),
        "workflow.creationTimestamp.L": ".000",
        "workflow.parameters": parameters_json(given),
        "workflow.parameters.json": parameters_json(given),
    }
    variables |= {f"workflow.creationTimestamp.{key}": created.strftime(form) for key, form in _STRFTIME.items()}
    if SCHEDULED_TIME in metadata.annotations:
        variables["workflow.scheduledTime"] = metadata.annotations[SCHEDULED_TIME]
    if spec.get("priority") is not None:
        variables["workflow.priority"] = str(spec["priority"])
    for parameter in parameters:
        variables[f"workflow.parameters.{parameter['name']}"] = _parameter_value(parameter, config_maps)
    return variables | _labels_and_annotations(metadata, spec.get("workflowMetadata") or {})


def _parameter_value(parameter: Mapping[str, Any], config_maps: ConfigMapParameters) -> str:
    name, source = parameter["name"], parameter.get("valueFrom") or {}
    if parameter.get("value") is not None:
        return str(parameter["value"])
    reference = source.get("configMapKeyRef")
    if not reference:
        raise Fault(f"either value or valueFrom must be specified in order to set global parameter {name}")
    try:
        return config_maps.value(reference["name"], reference["key"])
    except (KeyError, Fault) as error:
        if source.get("default") is not None:
            return str(source["default"])
        reason = error.args[0] if isinstance(error, KeyError) else str(error)
        place = f"configmap with name {reference['name']} and key {reference['key']}"
        raise Fault(f"failed to set global parameter {name} from {place}: {reason}") from None


def _labels_and_annotations(metadata: Metadata, own: Mapping[str, Any]) -> dict[str, object]:
    computed = own.get("labelsFrom") or {}
    labels = dict(metadata.labels) | dict(own.get("labels") or {})
    annotations = dict(metadata.annotations) | dict(own.get("annotations") or {})
    variables = _as_json(metadata.labels, metadata.annotations)
    variables |= {f"workflow.annotations.{name}": value for name, value in annotations.items()}
    return variables | {f"workflow.labels.{name}": value for name, value in labels.items() if name not in computed}


def _as_json(labels: Mapping[str, str], annotations: Mapping[str, str]) -> dict[str, object]:
    variables: dict[str, object] = {}
    for name, value in (("labels", labels), ("annotations", annotations)):
        variables |= dict.fromkeys((f"workflow.{name}", f"workflow.{name}.json"), gojson.marshal(dict(value)))
    return variables


def metadata_now(run: Run) -> dict[str, object]:
    """All labels and annotations as JSON, after the pass with which a run begins: with what the controller notes there."""
    own = run.spec.get("workflowMetadata") or {}
    noted = {"workflows.argoproj.io/completed": "false", "workflows.argoproj.io/phase": run.phase}
    labels = {**run.metadata.labels, **run.computed_labels, **noted}
    noted = {"workflows.argoproj.io/pod-name-format": "v2", "workflows.argoproj.io/trace-id": run.metadata.uid.replace("-", "")}
    annotations = {**run.metadata.annotations, **(own.get("annotations") or {}), **noted}
    return _as_json(labels, annotations)


def forgotten(run: Run) -> list[str]:
    """Labels that are computed, by name: the controller knows them only at its first look at a workflow."""
    return [f"workflow.labels.{name}" for name in (run.spec.get("workflowMetadata") or {}).get("labelsFrom") or {}]


def filled_spec(spec: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """The spec without templates, with the variables in it that are known. Source: substituteGlobalVariables.

    Raises:
        Fault: a tag can't be replaced.
    """
    bare = {key: value for key, value in spec.items() if key not in ("templates", "templateDefaults")}
    try:
        filled: dict[str, Any] = json.loads(replace(dumps(bare), scope))
    except TAG_ERRORS as error:
        raise Fault(str(error)) from None
    return filled


def computed_labels(spec: Mapping[str, Any], scope: Scope) -> dict[str, str]:
    """The labels of workflowMetadata, those given by expressions included. Source: updateWorkflowMetadata.

    Raises:
        Fault: one is no label value, or can't be computed.
    """
    own = spec.get("workflowMetadata") or {}
    labels = dict(own.get("labels") or {})
    for name, source in (own.get("labelsFrom") or {}).items():
        expression = source["expression"]
        try:
            value = evaluate(expression, scope)
        except ExprError as error:
            raise Fault(f"failed to evaluate label {quote(name)} expression {quote(expression)}: {error}") from None
        if not isinstance(value, str):
            raise Fault(f"failed to evaluate label {quote(name)} expression {quote(expression)}: it must be a string")
        labels[name] = value
    for name, value in labels.items():
        if not is_label_value(value):
            raise Fault(f"invalid label value {quote(value)} for label {quote(name)}")
    return labels


def duration_text(run: Run) -> str:
    """`workflow.duration`: seconds with six digits behind the point."""
    if run.started_at is None:
        return "0.000000"
    return f"{max((run.finished_at or run.now()) - run.started_at, 0.0):.6f}"


def failures_text(run: Run) -> str:
    """`workflow.failures`: the failed nodes as JSON, itself as a JSON string; "null" in quotes if there are none."""
    failed = [
        {
            "displayName": node.display_name,
            "message": node.message,
            "templateName": node.template_ref["template"] if node.template_ref else node.template_name,
            "phase": node.phase,
            "podName": pod_name(run.metadata.name, node),
            "finishedAt": rfc3339(node.finished_at),
        }
        for node in run.tree
        if node.unsuccessful
    ]
    return quote(gojson.marshal(failed or None))

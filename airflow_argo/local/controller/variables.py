"""Variables that tasks and steps leave for those after them. Source: buildLocalScope and scope.go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_argo.argo import gojson
from airflow_argo.argo.phases import OMITTED, SKIPPED
from airflow_argo.argo.scope import ABSENT
from airflow_argo.argo.templates import Template
from airflow_argo.local.clock import rfc3339
from airflow_argo.local.controller.tree import Node, NodeTree


def input_variables(template: Template) -> dict[str, object]:
    """`inputs.parameters.*` of a template with its arguments filled in."""
    parameters = (template.get("inputs") or {}).get("parameters") or []
    return {f"inputs.parameters.{parameter['name']}": parameter.get("value") or "" for parameter in parameters}


def input_artifacts(template: Template) -> dict[str, dict[str, Any]]:
    """`inputs.artifacts.*` of a template with its arguments filled in."""
    artifacts = (template.get("inputs") or {}).get("artifacts") or []
    return {f"inputs.artifacts.{artifact['name']}": artifact for artifact in artifacts}


def node_variables(prefix: str, node: Node, tree: NodeTree) -> dict[str, object]:
    """What a node says of itself: `<prefix>.status`, its outputs and so on. A Retry node's last attempt speaks for it.

    Args:
        prefix: `tasks.<name>` or `steps.<name>`.
    """
    node = tree.last_attempt(node) or node
    outputs = node.outputs or {}
    variables: dict[str, object | None] = {
        "id": node.id,
        "startedAt": rfc3339(node.started_at),
        "finishedAt": rfc3339(node.finished_at),
        "status": node.phase,
        "hostNodeName": node.host or None,
        "outputs.result": outputs.get("result"),
        "exitCode": outputs.get("exitCode"),
    }
    known = {f"{prefix}.{key}": value for key, value in variables.items() if value is not None}
    for parameter in outputs.get("parameters") or []:
        if parameter.get("value") is not None:
            known[f"{prefix}.outputs.parameters.{parameter['name']}"] = parameter["value"]
    return known


def node_artifacts(prefix: str, node: Node, tree: NodeTree) -> dict[str, dict[str, Any]]:
    """`<prefix>.outputs.artifacts.*` of a node."""
    node = tree.last_attempt(node) or node
    artifacts = (node.outputs or {}).get("artifacts") or []
    return {f"{prefix}.outputs.artifacts.{artifact['name']}": artifact for artifact in artifacts}


def unproduced_variables(prefix: str, node: Node, template: Template) -> dict[str, object]:
    """The declared outputs of a skipped or omitted node: their defaults, or ABSENT. Source: addSkippedNodeOutputsToScope."""
    if node.outputs is not None or node.phase not in (SKIPPED, OMITTED):
        return {}
    outputs = template.get("outputs") or {}
    variables: dict[str, object] = {}
    for parameter in outputs.get("parameters") or []:
        default = (parameter.get("valueFrom") or {}).get("default")
        variables[f"{prefix}.outputs.parameters.{parameter['name']}"] = ABSENT if default is None else default
    if outputs.get("result") is not None:
        variables[f"{prefix}.outputs.result"] = ABSENT
    return variables


def workflow_outputs(parameters: Mapping[str, str | None]) -> dict[str, object]:
    """`workflow.outputs.parameters.*`."""
    return {f"workflow.outputs.parameters.{name}": value for name, value in parameters.items() if value is not None}


def workflow_artifacts(artifacts: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """`workflow.outputs.artifacts.*`."""
    return {f"workflow.outputs.artifacts.{name}": artifact for name, artifact in artifacts.items()}


def as_json(value: object) -> str:
    """A value as the JSON that a variable holds."""
    return gojson.marshal(value)

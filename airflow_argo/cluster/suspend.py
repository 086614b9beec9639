"""Suspending, resuming, stopping: what a client changes in a workflow for it. Pure: workflow in, workflow out.

Only resuming touches the status: a node of a `suspend` template runs until somebody says that it has succeeded.
Source: workflow/util (SuspendWorkflow, ResumeWorkflow, StopWorkflow, updateSuspendedNode), NodeStatus.IsActiveSuspendNode.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from airflow_argo.argo.phases import FAILED, RUNNING, SUCCEEDED, WORKFLOW_DONE
from airflow_argo.cluster.errors import WrongPhaseError
from airflow_argo.cluster.node_selector import NodeSelector
from airflow_argo.cluster.nodes import nodes_of, with_nodes
from airflow_argo.cluster.resources import Manifest

Shutdown = Literal["Stop", "Terminate"]


def shut_down(workflow: Manifest, strategy: Shutdown) -> Manifest:
    """Stop (exit handlers run) or terminate (none do). A workflow that is done stays as it is."""
    return workflow if _is_done(workflow) else _with_spec(workflow, shutdown=strategy)


def suspended(workflow: Manifest) -> Manifest:
    """Start nothing new from now on; what runs goes on.

    Raises:
        WrongPhaseError: it is done.
    """
    if _is_done(workflow):
        reason = f"it is {workflow['status']['phase']}"
        raise WrongPhaseError(None, workflow["metadata"]["name"], "suspended", reason)
    return _with_spec(workflow, suspend=True)


def resumed(workflow: Manifest, now: datetime, selector: NodeSelector | None = None, message: str = "") -> Manifest:
    """Go on: the whole workflow, or only the suspended nodes that a selector matches.

    Raises:
        WrongPhaseError: a node waits for an output that has no default, or the selector matches no suspended node.
    """
    if selector:
        return settled(workflow, now, selector, phase=SUCCEEDED, message=message)
    result = _with_spec(workflow, suspend=None)
    active = {id_: node for id_, node in nodes_of(workflow).items() if is_suspended(node)}
    if not active:
        return result
    ended = {id_: _ended(_with_defaults(workflow, node), SUCCEEDED, message, now) for id_, node in active.items()}
    return with_nodes(result, {**nodes_of(workflow), **ended})


def settled(
    workflow: Manifest,
    now: datetime,
    selector: NodeSelector,
    *,
    phase: Literal["", "Succeeded", "Failed", "Error"] = "",
    message: str = "",
    outputs: Mapping[str, str] | None = None,
) -> Manifest:
    """Set phase, message or outputs of the suspended nodes that a selector matches, as `argo node set` does.

    Raises:
        WrongPhaseError: no suspended node matches, or one expects no such output.
    """
    nodes = nodes_of(workflow)
    chosen = {id_: node for id_, node in nodes.items() if is_suspended(node) and selector.matches(node)}
    if not chosen:
        waiting = ", ".join(f"'{node['displayName']}'" for node in nodes.values() if is_suspended(node)) or "none"
        raise WrongPhaseError(
            None, workflow["metadata"]["name"], "resumed", f"no suspended node matches '{selector}'", f"suspended: {waiting}"
        )
    result = with_nodes(workflow, {**nodes, **{id_: _supplied(workflow, node, outputs or {}) for id_, node in chosen.items()}})
    for id_ in chosen:
        node = result["status"]["nodes"][id_]
        result["status"]["nodes"][id_] = _ended(node, phase, message, now)
        result["status"] = _with_globals(result["status"], node, outputs or {})
    return result


def stopped_nodes(workflow: Manifest, now: datetime, selector: NodeSelector, message: str = "") -> Manifest:
    """Fail the suspended nodes that a selector matches.

    Raises:
        WrongPhaseError: no suspended node matches.
    """
    return settled(workflow, now, selector, phase=FAILED, message=message)


def is_suspended(node: Mapping[str, Any]) -> bool:
    """Whether a node waits to be resumed."""
    return node.get("type") == "Suspend" and node.get("phase") == RUNNING


def timestamp(now: datetime) -> str:
    """A moment as Kubernetes writes it: UTC, whole seconds."""
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_done(workflow: Manifest) -> bool:
    return (workflow.get("status") or {}).get("phase") in WORKFLOW_DONE


def _with_spec(workflow: Manifest, **fields: Any) -> Manifest:
    return {**workflow, "spec": {**workflow["spec"], **fields}}


def _ended(node: dict[str, Any], phase: str, message: str, now: datetime) -> dict[str, Any]:
    text = "; ".join(part for part in (node.get("message"), message) if part)
    return {**node, "message": text} | ({"phase": phase, "finishedAt": timestamp(now)} if phase else {})


def _with_defaults(workflow: Manifest, node: dict[str, Any]) -> dict[str, Any]:
    """The node with each output that was to be supplied at its default."""
    defaults = {}
    for parameter in _supplied_parameters(node):
        if "default" not in parameter["valueFrom"]:
            reason = f"node '{node['displayName']}' waits for the output '{parameter['name']}', which has no default"
            cure = "give it with outputs= and a node selector"
            raise WrongPhaseError(None, workflow["metadata"]["name"], "resumed", reason, cure)
        defaults[parameter["name"]] = parameter["valueFrom"]["default"]
    return _supplied(workflow, node, defaults)


def _supplied(workflow: Manifest, node: dict[str, Any], outputs: Mapping[str, str]) -> dict[str, Any]:
    """The node with these outputs in place of those that were to be supplied."""
    if not outputs:
        return node
    expected = {parameter["name"] for parameter in _supplied_parameters(node)}
    if unknown := sorted(set(outputs) - expected):
        reason = f"node '{node['displayName']}' expects no output '{unknown[0]}'"
        cure = f"it expects: {', '.join(sorted(expected)) or 'none'}"
        raise WrongPhaseError(None, workflow["metadata"]["name"], "resumed", reason, cure)
    parameters = []
    for parameter in node["outputs"]["parameters"]:
        rest = {key: value for key, value in parameter.items() if key != "valueFrom"}
        given = parameter["name"] in outputs
        parameters.append(rest | {"value": outputs[parameter["name"]]} if given else parameter)
    return {**node, "outputs": {**node["outputs"], "parameters": parameters}}


def _supplied_parameters(node: Mapping[str, Any]) -> list[dict[str, Any]]:
    parameters = (node.get("outputs") or {}).get("parameters") or ()
    return [parameter for parameter in parameters if "supplied" in (parameter.get("valueFrom") or {})]


def _with_globals(status: dict[str, Any], node: dict[str, Any], outputs: Mapping[str, str]) -> dict[str, Any]:
    """The status with those outputs that have a globalName among the workflow's own. Source: AddParamToGlobalScope."""
    named = {
        parameter["globalName"]: {"name": parameter["globalName"], "value": outputs[parameter["name"]]}
        for parameter in (node.get("outputs") or {}).get("parameters") or ()
        if parameter.get("globalName") and parameter["name"] in outputs
    }
    if not named:
        return status
    old = status.get("outputs") or {}
    kept = [named.pop(parameter["name"], parameter) for parameter in old.get("parameters") or ()]
    return {**status, "outputs": {**old, "parameters": [*kept, *named.values()]}}

"""Executing a suspend template. Source: executeSuspend in operator.go."""

from __future__ import annotations

import json
from typing import Any

from airflow_argo.argo.durations import InvalidDuration, parse_duration
from airflow_argo.argo.phases import PENDING, RUNNING, SUCCEEDED
from airflow_argo.argo.templates import Template
from airflow_argo.local.controller.calls import Call, CallOptions
from airflow_argo.local.controller.execute import executes
from airflow_argo.local.controller.faults import Fault
from airflow_argo.local.controller.state import Run
from airflow_argo.local.controller.tree import SUSPEND, Node


@executes("suspend")
def execute_suspend(
    run: Run, call: Call, name: str, template: Template, options: CallOptions, _terminate_at: float | None
) -> Node:
    """Wait: for a duration, or until somebody resumes the node."""
    node = run.tree.get(name)
    if node is None:
        node = run.add_node(name, SUSPEND, PENDING, holder=call.holder, scope=call.scope, options=options, template=template)
        if node.inputs is not None:
            node.inputs = _with_enums(node.inputs)
    duration = (template.get("suspend") or {}).get("duration")
    if duration:
        try:
            until = node.started_at + parse_duration(duration)
        except InvalidDuration as error:
            raise Fault(str(error)) from None
        if run.now() >= until:
            supply_defaults(node)
            return run.tree.mark(name, SUCCEEDED)
        run.wake_at(until, call.name)
    return run.tree.mark(name, RUNNING)


def supply_defaults(node: Node) -> None:
    """Give the outputs that nobody has supplied their defaults. Source: OverrideOutputParametersWithDefault.

    Raises:
        Fault: one has none.
    """
    parameters = []
    for parameter in (node.outputs or {}).get("parameters") or []:
        source = parameter.get("valueFrom") or {}
        if source.get("supplied") is None:
            parameters.append(parameter)
            continue
        if source.get("default") is None:
            raise Fault(f"raw output parameter '{parameter['name']}' has not been set and does not have a default value")
        supplied = {key: value for key, value in parameter.items() if key != "valueFrom"}
        parameters.append({**supplied, "value": source["default"]})
    if parameters:
        node.outputs = {**(node.outputs or {}), "parameters": parameters}


def _with_enums(inputs: dict[str, Any]) -> dict[str, Any]:
    """An input whose value is itself the JSON of a parameter with choices gets those.

    Source: resolveInputFieldsForSuspendNode.
    """
    parameters = []
    for parameter in inputs.get("parameters") or []:
        try:
            described = json.loads(parameter.get("value") or "")
        except ValueError:
            described = None
        choices = described.get("enum") if isinstance(described, dict) else None
        if choices:
            parameter = {"default": choices[0], **parameter, "enum": choices}
        parameters.append(parameter)
    return {**inputs, "parameters": parameters}

"""What the dependents of a loop see: the outputs of its items as lists. Source: processAggregateNodeOutputs in operator.go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from airflow_argo.argo import gojson
from airflow_argo.argo.golang.json_syntax import syntax_error
from airflow_argo.argo.phases import SUCCEEDED
from airflow_argo.local.controller.faults import Fault
from airflow_argo.local.controller.items import compact
from airflow_argo.local.controller.tree import Node

INLINE_LOOP: Final = "failed to get a template"
"""What the controller says when something comes after a loop over an inline template: the loop's node names no template."""


def aggregated(children: Iterable[Node]) -> dict[str, str]:
    """The aggregates of a loop, by what follows the task's name: `outputs.result`, `outputs.parameters` and one a parameter.

    Args:
        children: the items' nodes in the order of the items; hooks and attempts among them are left out.
    Returns:
        nothing if there are no children at all; parameters only of those that Succeeded.
    Raises:
        Fault: a result is no JSON.
    """
    nodes = list(children)
    if not nodes:
        return {}
    succeeded = [node for node in nodes if not node.hooked and not node.retried and node.outputs and node.phase == SUCCEEDED]
    results, rows = [], []
    values: dict[str, list[str]] = {}
    for node in succeeded:
        outputs = node.outputs or {}
        row = {parameter["name"]: parameter.get("value") or "" for parameter in outputs.get("parameters") or []}
        if row:
            rows.append(row)
        for name, value in row.items():
            values.setdefault(name, []).append(value)
        if "result" in outputs:
            results.append(_parsed(outputs["result"]))
    variables = {"outputs.result": f"[{','.join(results)}]", "outputs.parameters": gojson.marshal(rows)}
    return variables | {f"outputs.parameters.{name}": json_list(texts) for name, texts in values.items()}


def _parsed(result: str) -> str:
    if not gojson.is_valid(result):
        raise Fault(syntax_error(result))
    return compact(result)


def json_list(values: list[str]) -> str:
    """A JSON list of texts; of what they say if all are JSON maps or lists. Source: aggregatedJSONValueList."""
    parsed = []
    for value in values:
        if value.lstrip()[:1] not in ("{", "[") or not gojson.is_valid(value):
            return gojson.marshal(values)
        parsed.append(gojson.unmarshal(value))
    return gojson.marshal(parsed)

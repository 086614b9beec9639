"""A workflow's status as the golden traces have it: without ids, times and random names. The README says how."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any


def trace(name: str, status: dict[str, Any]) -> dict[str, Any]:
    """Phase, message and outputs of a workflow and of its nodes."""
    nodes = status.get("nodes") or {}
    rows = {node["name"].replace(name, "@", 1): _row(node) for node in nodes.values()}
    result = {"phase": status.get("phase")}
    if status.get("message"):
        result["message"] = status["message"]
    if (status.get("outputs") or {}).get("parameters"):
        result["outputs"] = _values(status["outputs"]["parameters"])
    text = json.dumps({**result, "nodes": dict(sorted(rows.items()))}, ensure_ascii=False)
    for node_id, node in nodes.items():
        if "-" in node_id[len(name) :]:
            pattern = re.escape(name) + r"(-[a-zA-Z0-9-]+)?" + re.escape(node_id[len(name) :]) + r"(?!\d)"
            text = re.sub(pattern, lambda _match, node=node: json.dumps(node["name"])[1:-1], text)
    return shortened(json.loads(text.replace(name, "@")))


def _row(node: dict[str, Any]) -> dict[str, Any]:
    row = {"type": node["type"], "phase": node.get("phase")}
    if node.get("message"):
        row["message"] = node["message"]
    if (node.get("inputs") or {}).get("parameters"):
        row["inputs"] = _values(node["inputs"]["parameters"])
    outputs = node.get("outputs") or {}
    if (node.get("message") or "").startswith(("Pod was active", "timeout", "workflow shutdown")):
        outputs = {}
    if outputs.get("parameters"):
        row["outputs"] = _values(outputs["parameters"])
    return row | {key: outputs[key] for key in ("result", "exitCode") if key in outputs}


def _values(parameters: list[dict[str, Any]]) -> dict[str, Any]:
    return {parameter["name"]: parameter.get("value") for parameter in parameters}


def shortened(value: Any) -> Any:
    """Texts over 4,000 characters as their length and hash."""
    if isinstance(value, dict):
        return {key: shortened(inner) for key, inner in value.items()}
    if isinstance(value, str) and len(value) > 4000:
        return f"<{len(value)} characters, sha256 {hashlib.sha256(value.encode()).hexdigest()}>"
    return value

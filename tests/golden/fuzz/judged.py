"""What is compared of a workflow's end: the golden trace, and how its nodes hang together."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.golden.trace import trace

CHANCE = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( \+0000 UTC|Z)"), "TIME"),
    (re.compile(r"in Children of node (&NodeStatus\{.*|@.*)", re.DOTALL), "in Children of NODE"),
    (re.compile(r'find node named "@-\d+"'), "find node named ID"),
    (re.compile(r"trace-id\W+[0-9a-f]{32}"), "trace-id"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UID"),
)


def judged(name: str, status: dict[str, Any]) -> dict[str, Any]:
    """The golden trace of a status, each node with its place in the tree."""
    found = trace(name, status)
    nodes = status.get("nodes") or {}
    names = {node_id: node["name"].replace(name, "@", 1) for node_id, node in nodes.items()}
    for node in nodes.values():
        row = found["nodes"].get(node["name"].replace(name, "@", 1))
        if row is None:  # its name has a random text too
            continue
        if row["phase"] == "Pending":
            row.pop("message", None)  # how far the kubelet is
        row["displayName"] = node.get("displayName", "").replace(name, "@")
        for key in ("templateName", "templateRef", "templateScope", "nodeFlag"):
            if node.get(key):
                row[key] = node[key].replace(name, "@") if key == "templateScope" else node[key]
        if node.get("boundaryID"):
            row["boundary"] = names.get(node["boundaryID"], "?")
        for key in ("children", "outboundNodes"):
            row[key] = sorted({names.get(other, "a node that is not there") for other in node.get(key) or []})
    return _without_chance(found)


def _without_chance(value: Any) -> Any:
    if isinstance(value, dict):
        return {_without_chance(key): _without_chance(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_chance(inner) for inner in value]
    if isinstance(value, str):
        for pattern, name in CHANCE:
            value = pattern.sub(name, value)
    return value


def kind_of(there: dict[str, Any]) -> str:
    """The phase that an end is; `refused` and `hangs` besides."""
    if "rejected" in there or str(there.get("message")).startswith("invalid spec"):
        return "refused"
    return "hangs" if there.get("hangs") else str(there.get("phase"))


def compared(there: dict[str, Any], here: dict[str, Any]) -> list[str]:
    """A line for each difference. What hangs has to hang, and what is refused to be refused."""
    if there.get("hangs") and here.get("hangs"):
        return []
    pods = [node for node in there.get("nodes", {}).values() if node["type"] == "Pod"]
    if not there.get("hangs") and any(node["phase"] in ("Pending", "Running") for node in pods):
        return []  # it ended before a pod began: how soon pods begin is chance
    if kind_of(there) == "refused" and kind_of(here) == "refused":
        return []  # of several faults the controller finds another one each time
    return differences(there, json.loads(json.dumps(here)))


def differences(there: Any, here: Any, path: str = "") -> list[str]:
    """Where two judged ends differ, a line each."""
    if isinstance(there, dict) and isinstance(here, dict):
        keys = list(there) + [key for key in here if key not in there]
        return [line for key in keys for line in differences(there.get(key), here.get(key), f"{path}/{key}")]
    return [] if there == here else [f"{path}: Argo {_short(there)}, engine {_short(here)}"]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 400 else text[:400] + "…"

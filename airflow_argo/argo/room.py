"""How much room a workflow takes once it runs. Source: workflow/packer; NodeStatus.inputs.

Argo stores a workflow as one object: its spec as it is, its nodes compressed if it has to, as base64. A node keeps what its
template was given, and a raw artifact that is made of that once more.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

_NODE: Final = 150
"""Bytes of a node that don't compress: its id and name, its times."""

Spec = Mapping[str, Any]


def bytes_of_nodes(spec: Spec) -> int:
    """Bytes that the nodes of all tasks of a workflow's spec take together at the least, if each runs once."""
    templates = {template.get("name"): template for template in spec.get("templates") or []}
    packer = zlib.compressobj(6)
    size = 0
    for call in _calls(spec):
        given = (call.get("arguments") or {}).get("parameters") or []
        if not given:
            continue
        text = _compact(given)
        size += _NODE + len(packer.compress(text)) + len(packer.compress(_raw(templates.get(call.get("template"), {}), given)))
    return (size + len(packer.flush())) * 4 // 3


def _calls(spec: Spec) -> Iterator[Mapping[str, Any]]:
    for template in spec.get("templates") or []:
        yield from (template.get("dag") or {}).get("tasks") or []
        for group in template.get("steps") or []:
            yield from group


def _raw(template: Mapping[str, Any], given: list[dict[str, Any]]) -> bytes:
    """What a node's raw artifacts hold of what it was given."""
    held = " ".join(str((one.get("raw") or {}).get("data")) for one in (template.get("inputs") or {}).get("artifacts") or [])
    return _compact([one for one in given if f"inputs.parameters.{one.get('name')}" in held])


def _compact(found: Any) -> bytes:
    return json.dumps(found, separators=(",", ":")).encode()

"""From the controller's messages to places: `templates.main.tasks.a template name 'x' undefined` is about a task."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_STEP: Final = re.compile(r"\.?(?:\[(\d+)\]|([^.\[\]\s:]+))")


def located(message: str, spec: Mapping[str, Any], spec_path: str, paths: Mapping[int, str]) -> tuple[str, str]:
    """The path of what a message of the controller is about, and the message without it.

    Args:
        message: beginning with where it is, by names and numbers.
        spec: the workflow's spec.
        spec_path: its path.
        paths: of the objects in it, by identity.
    """
    rest = re.sub(r"^(?:cannot validate Workflow: |error in |either )*(?:spec\.)?", "", message)
    value: Any = spec
    path = spec_path
    position = 0
    while (match := _STEP.match(rest, position)) is not None:
        found = _step(value, path, match[1], match[2] or "")
        if found is None:
            break
        value, path = found
        path = paths.get(id(value), path)
        position = match.end()
    return path, rest[position:].lstrip(" .:") or message


def _step(value: Any, path: str, index: str | None, name: str) -> tuple[Any, str] | None:
    if isinstance(value, Mapping):
        if name in value:
            return value[name], f"{path}.{name}"
        if name == "tasks" and "tasks" in (value.get("dag") or {}):
            return value["dag"]["tasks"], f"{path}.dag.tasks"
    elif isinstance(value, list):
        if index is not None and int(index) < len(value):
            return value[int(index)], f"{path}[{index}]"
        for number, one in enumerate(value):
            if isinstance(one, Mapping) and one.get("name") == name:
                return one, f"{path}[{number}]"
    return None

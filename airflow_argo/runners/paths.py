"""Where a step stands, as people read it: Argo's names of nodes → `play / [2] / draw`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from airflow_argo.runners.tree import StepRun, steps_of

_ATTEMPT = re.compile(r"\(\d+\)$")


class StepPaths:
    """The paths of a run's steps by the names of their nodes.

    Args:
        status: gives Argo's status as it is now; asked when a node is unknown.
    """

    def __init__(self, manifest: Mapping[str, Any], status: Callable[[], Mapping[str, Any]]) -> None:
        self._manifest, self._status = manifest, status
        self._paths: dict[str, str] = {}

    def of(self, node_name: str) -> str:
        """The path of a node; of an attempt that isn't shown, that of its step."""
        step = _ATTEMPT.sub("", node_name)
        if node_name not in self._paths and step not in self._paths:
            self._paths = {str(run.node["name"]): path for path, run in walk(steps_of(self._manifest, self._status()))}
        known = self._paths.get(node_name) or self._paths.get(step)
        if known is None:  # it isn't one of the author's
            known = self._paths[node_name] = node_name.split(".", 1)[-1]
        return known


def walk(tree: list[StepRun], path: str = "") -> Iterator[tuple[str, StepRun]]:
    """All steps that have begun, each with its path."""
    for step in tree:
        here = f"{path} / {step.id}" if path else step.id
        if step.node:
            yield here, step
        yield from walk(step.children, here)

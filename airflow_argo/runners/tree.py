"""A run as people see it: its steps. Pods tell them from Argo's nodes too, so that `pod.airflow_task.steps` does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from airflow_argo.pod.airflow_task.steps import ANNOTATION, GROUPS, PENDING, STATES, StepRun, state_of, steps_of

__all__ = ["ANNOTATION", "GROUPS", "PENDING", "STATES", "StepRun", "state_of", "steps_of", "without_helpers"]


def without_helpers(manifest: Mapping[str, Any], nodes: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The nodes of the author's steps: not those of the compiler's own (verdict, proxies), nor what is inside of them."""
    nodes = list(nodes)
    annotations = (manifest.get("metadata") or {}).get("annotations") or {}
    helpers, proxies = (
        set(filter(None, annotations.get(f"{ANNOTATION}{note}", "").split(","))) for note in ("helpers", "proxies")
    )
    own = {one["name"] for one in nodes if one.get("displayName") in helpers or one.get("templateName") in proxies}
    inside = tuple(f"{name}{mark}" for name in own for mark in ".([")
    return [one for one in nodes if one["name"] not in own and not str(one["name"]).startswith(inside)]

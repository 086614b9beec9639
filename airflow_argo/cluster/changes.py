"""Changing a workflow that others change too: read, decide, patch what differs, and start over if somebody was faster."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, Final

from airflow_argo.cluster.client import MERGE_PATCH, Api
from airflow_argo.cluster.errors import ConflictError
from airflow_argo.cluster.nodes import packed
from airflow_argo.cluster.resources import WORKFLOWS, Call, Manifest
from airflow_argo.cluster.snapshot import Snapshot

_ATTEMPTS: Final = 8


def change(api: Api, name: str, decide: Callable[[Manifest], Manifest]) -> Snapshot:
    """The workflow after a change.

    Args:
        api: the connection.
        name: of the workflow.
        decide: the workflow as it is → as it is to be; may be called several times, and must not change what it is given.

    Raises:
        ConflictError: others changed it each time in between.
    """
    for attempt in range(_ATTEMPTS):
        current = api.send(Call("get", WORKFLOWS, api.namespace, name))
        wanted = packed(decide(current), api.place)
        patch = merge_patch(current, wanted)
        if not patch:
            return Snapshot(current, api.place)
        patch.setdefault("metadata", {})["resourceVersion"] = current["metadata"]["resourceVersion"]
        try:
            return Snapshot(api.send(Call("patch", WORKFLOWS, api.namespace, name), patch, content_type=MERGE_PATCH), api.place)
        except ConflictError:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(random.uniform(0.01, 0.05) * 2**attempt)  # noqa: S311 - no secret
    raise AssertionError("the last attempt returns or raises")


def merge_patch(current: Manifest, wanted: Manifest) -> dict[str, Any]:
    """The JSON merge patch (RFC 7386) from one object to another; {} if they are the same. A null counts as absence."""
    patch: dict[str, Any] = {key: None for key, value in current.items() if value is not None and wanted.get(key) is None}
    for key, value in wanted.items():
        old = current.get(key)
        if value is None or value == old:
            continue
        if isinstance(value, dict) and isinstance(old, dict):
            if inner := merge_patch(old, value):
                patch[key] = inner
        else:
            patch[key] = value
    return patch

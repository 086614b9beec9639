"""A run as Argo's `status`: what runners, pictures and comparisons read, of local and cluster runs alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from airflow_argo.argo.phases import OMITTED, SKIPPED, SUCCEEDED
from airflow_argo.local.clock import rfc3339
from airflow_argo.local.controller.hangs import Hang
from airflow_argo.local.controller.state import Run
from airflow_argo.local.controller.tree import CONTAINER, POD, SUSPEND, Node, node_status

_WITH_PROGRESS: Final = frozenset({POD, CONTAINER, SUSPEND})
_COMPLETE: Final = frozenset({SUCCEEDED, SKIPPED, OMITTED})


def workflow_status(run: Run, hangs: Iterable[Hang] = (), **engine: Any) -> dict[str, Any]:
    """The status of a run.

    Args:
        hangs: what waits for ever.
        engine: what else there is to say about the engine, which stands under `engine`.
    Returns:
        phase, message, startedAt, finishedAt, progress, outputs and nodes by id as on a cluster, keys without a value left
        out but for `nodes`; besides `engine`, in which `hangs` lists what waited for ever.
    """
    status: dict[str, Any] = {
        "phase": run.phase,
        "message": run.message,
        "startedAt": rfc3339(run.started_at),
        "finishedAt": rfc3339(run.finished_at),
        "progress": progress(run),
        "outputs": _outputs(run),
    }
    nodes = {node.id: with_progress(node, node_status(node, run.tree)) for node in run.tree}
    own = {**engine, "hangs": [str(hang) for hang in hangs]}
    said = {key: value for key, value in status.items() if value}
    return said | {"nodes": nodes, "engine": {key: value for key, value in own.items() if value}}


def with_progress(node: Node, status: dict[str, Any]) -> dict[str, Any]:
    """The node's status with its progress, if it can have one of its own. Source: workflow/progress."""
    if node.type in _WITH_PROGRESS:
        status["progress"] = "1/1" if node.phase in _COMPLETE else "0/1"
    return status


def progress(run: Run) -> str:
    """How many of the nodes that do something have done it."""
    phases = [node.phase for node in run.tree if node.type in _WITH_PROGRESS]
    return f"{sum(phase in _COMPLETE for phase in phases)}/{len(phases)}"


def _outputs(run: Run) -> dict[str, Any]:
    parameters = [
        {"name": name} if value is None else {"name": name, "value": value} for name, value in run.output_parameters.items()
    ]
    artifacts = list(run.output_artifacts.values())
    return {key: value for key, value in (("parameters", parameters), ("artifacts", artifacts)) if value}

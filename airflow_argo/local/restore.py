"""A run as its journal left it."""

from __future__ import annotations

from airflow_argo.argo.phases import PENDING, RUNNING
from airflow_argo.local.controller.state import Run
from airflow_argo.local.controller.tree import CONTAINER, POD, Node
from airflow_argo.local.journal import Recorded, restore_node


def restore(run: Run, recorded: Recorded) -> None:
    """Put what a journal says into a new run: pods that had not ended begin anew, all else stays as it was."""
    for record in recorded.nodes.values():
        node = restore_node(record)
        if node.type in (POD, CONTAINER) and not node.fulfilled:
            _begin_anew(node)
        run.tree.add(node)
    run.tree.take_changed()
    workflow = recorded.workflow
    if not workflow:
        return
    run.phase, run.message = workflow["phase"], workflow["message"]
    run.started_at, run.finished_at = workflow["started_at"], workflow["finished_at"]
    run.shutdown, run.suspended = workflow["shutdown"], workflow["suspended"]
    run.output_parameters.update(workflow["output_parameters"])
    run.output_artifacts.update(workflow["output_artifacts"])
    for name, value in run.output_parameters.items():
        if value is not None:
            run.globals.set(f"workflow.outputs.parameters.{name}", value)
    run.restored = True
    if run.phase == RUNNING:
        run.set_deadline()


def _begin_anew(node: Node) -> None:
    node.phase, node.message, node.host = PENDING, "" if not node.waiting_for else node.message, ""
    node.outputs = node.finished_at = None

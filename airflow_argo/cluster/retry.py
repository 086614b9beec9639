"""Restarting the failed part of a workflow: which nodes are forgotten, which run again, which stay. Pure.

A controller that finds a workflow without a phase goes on with the nodes that are there: it returns at once from a node that is
fulfilled, looks again into one that is Running, and makes one that is missing. So three things must hold of a restart:

1. What is to run again is gone from `status.nodes`, and so is all that came after it, or after a group that it is in, since
   that was decided on its end; no node that stays names one that is gone. (A task is looked into only if one that depends on it
   isn't fulfilled: what stays would keep it from running.)
2. All that encloses something that is gone (DAG, Steps, StepGroup, TaskGroup, Retry) is Running, up to the entry node.
3. Their pods are gone, since the new ones get the same names, and the workflow's exit handler has not run.

What is restarted: each node that failed by itself, not because of one inside it, unless something after it has succeeded: then
the workflow was made to go on after that failure. A failed node with a `retryStrategy` is restarted with all its attempts, so
that it has them again; of a group with one, the last attempt goes on. A group that failed with all inside it well (it was
stopped, or its outputs could not be computed) is looked into again.

`argo retry` (workflow/util, FormulateRetryWorkflow) has the same rule for pods, containers, HTTP and plugin nodes. It differs
in that it restarts no other kind of node, takes a succeeded exit hook for something that came after, and resets every group
that it passes on one way up, also where that only stands before the failed node. It leaves what came after a group with
attempts, and such a workflow then never ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from airflow_argo.argo.phases import FAILED_OR_ERROR, RUNNING, SKIPPED, SUCCEEDED
from airflow_argo.cluster.errors import WrongPhaseError
from airflow_argo.cluster.manifests import override_parameters
from airflow_argo.cluster.node_selector import NodeSelector
from airflow_argo.cluster.node_tree import GROUPS, NodeTree
from airflow_argo.cluster.nodes import Nodes, nodes_of, with_nodes
from airflow_argo.cluster.resources import Manifest
from airflow_argo.cluster.suspend import timestamp

_EXPANDED: Final = frozenset({"TaskGroup", "StepGroup"})
_STALE_LABELS: Final = frozenset(
    f"workflows.argoproj.io/{name}" for name in ("completed", "workflow-archiving-status", "phase")
)


@dataclass(frozen=True, slots=True)
class Restart:
    """A workflow that is to be restarted, and the ids of the Pod nodes that it forgot: their pods must go first."""

    workflow: Manifest
    pods: frozenset[str]


def formulate_retry(
    workflow: Manifest,
    now: datetime,
    *,
    restart_successful: NodeSelector | None = None,
    restart_downstream: bool = False,
    parameters: Mapping[str, Any] | None = None,
    newer: Manifest | None = None,
) -> Restart:
    """The workflow so that a controller runs its failed part again.

    Args:
        workflow: Failed or Error, or Succeeded if `restart_successful` is given.
        now: becomes the start of what is Running again.
        restart_successful: nodes to run again although they succeeded, with all that comes after them.
        restart_downstream: run failed nodes again also where something after them succeeded, and that too.
        parameters: arguments of the workflow to change; what is inside a loop or step that runs again is then made anew.
        newer: the workflow as its author has it by now: what runs again runs so, what stays is found by the names of its nodes.

    Raises:
        WrongPhaseError: it isn't done, or has nothing that could be restarted.
        NodesUnreadableError: its nodes can't be read.
    """
    _check_phase(workflow, restart_successful)
    tree = NodeTree(workflow["metadata"]["name"], nodes_of(workflow))
    origins = {*_failed_origins(tree, restart_downstream), *_selected(tree, restart_successful)}
    look_again = _failed_without_cause(tree)
    if tree.nodes and not origins and not look_again:
        _refuse(workflow, tree)
    gone = tree.with_descendants(origins).union(*map(tree.after, origins | look_again))
    running = look_again.union(*map(tree.enclosing, origins | look_again))
    if parameters:
        loops = [tree.nodes[id_] for id_ in running - gone if tree.nodes[id_]["type"] in _EXPANDED]
        gone |= tree.with_descendants(child for loop in loops for child in loop.get("children") or ())
    gone |= tree.exit_handler()
    kept = {id_: node for id_, node in tree.nodes.items() if id_ not in gone}
    nodes = {id_: _without(_restarted(node, now) if id_ in running else node, gone) for id_, node in kept.items()}
    pods = frozenset(id_ for id_ in gone if tree.nodes[id_]["type"] == "Pod")
    return Restart(_unfinished(_renewed(workflow, newer), nodes, now, parameters or {}), pods)


def _check_phase(workflow: Manifest, restart_successful: NodeSelector | None) -> None:
    phase = (workflow.get("status") or {}).get("phase") or ""
    if phase in FAILED_OR_ERROR or (phase == SUCCEEDED and restart_successful):
        return
    name = workflow["metadata"]["name"]
    if phase == SUCCEEDED:
        raise WrongPhaseError(
            None, name, "retried", "it has succeeded", "name the nodes to run again (restart_successful, --node-field-selector)"
        )
    raise WrongPhaseError(None, name, "retried", f"it is {phase or 'not started'}", "wait for its end, or stop it")


def _failed_origins(tree: NodeTree, restart_downstream: bool) -> set[str]:
    """The nodes, by their units, that failed by themselves and can be restarted."""
    failed = {id_ for id_, node in tree.nodes.items() if _failed(node) and not tree.is_group(id_)}
    units = {tree.unit(id_) for id_ in failed} - tree.exit_handler()
    current = {unit for unit in units if _failed(tree.nodes[unit]) and not tree.is_superseded(unit)}
    return current if restart_downstream else {unit for unit in current if not _was_passed(tree, unit)}


def _was_passed(tree: NodeTree, unit: str) -> bool:
    return any(tree.nodes[id_]["phase"] == SUCCEEDED for id_ in tree.after(unit))


def _selected(tree: NodeTree, selector: NodeSelector | None) -> set[str]:
    return {tree.unit(id_) for id_, node in tree.nodes.items() if selector.matches(node)} if selector else set()


def _failed_without_cause(tree: NodeTree) -> set[str]:
    """Failed groups in which nothing failed."""
    failed = {id_ for id_, node in tree.nodes.items() if _failed(node)} - tree.exit_handler()
    blamed = {outer for id_ in failed for outer in tree.enclosing(id_)}
    return {id_ for id_ in failed - blamed if tree.is_group(id_) and not tree.is_superseded(id_)}


def _failed(node: Mapping[str, Any]) -> bool:
    return node.get("phase") in FAILED_OR_ERROR


def _refuse(workflow: Manifest, tree: NodeTree) -> None:
    names = sorted(node["displayName"] for node in tree.nodes.values() if _failed(node) and node["type"] not in GROUPS)
    reason = f"something that came after each failed node ({', '.join(names[:5])}) has succeeded" if names else "no node failed"
    cure = "pass restart_downstream=True to run them and what came after them again" if names else "resubmit it"
    raise WrongPhaseError(None, workflow["metadata"]["name"], "retried", reason, cure)


def _restarted(node: dict[str, Any], now: datetime) -> dict[str, Any]:
    phase = SKIPPED if node.get("phase") == SKIPPED else RUNNING
    return {**node, "phase": phase, "message": "", "startedAt": timestamp(now), "finishedAt": None}


def _without(node: dict[str, Any], gone: set[str]) -> dict[str, Any]:
    result = dict(node)
    for key in ("children", "outboundNodes"):
        if key in node:
            result[key] = [id_ for id_ in node[key] or () if id_ not in gone]
    return result


def _renewed(workflow: Manifest, newer: Manifest | None) -> Manifest:
    """The workflow with another's spec and annotations, and without what a controller has kept of the old one's templates."""
    if newer is None:
        return workflow
    meta, kept = workflow["metadata"], ("storedTemplates", "storedWorkflowTemplateSpec")
    annotations = {**(meta.get("annotations") or {}), **(newer["metadata"].get("annotations") or {})}
    status = {key: value for key, value in workflow["status"].items() if key not in kept}
    return {**workflow, "metadata": {**meta, "annotations": annotations}, "spec": newer["spec"], "status": status}


def _unfinished(workflow: Manifest, nodes: Nodes, now: datetime, parameters: Mapping[str, Any]) -> Manifest:
    """The workflow as if it had not ended. Source: createNewRetryWorkflow."""
    meta, spec = workflow["metadata"], dict(workflow["spec"])
    labels = {key: value for key, value in (meta.get("labels") or {}).items() if key not in _STALE_LABELS}
    spec.pop("shutdown", None)
    if spec.get("activeDeadlineSeconds") == 0:  # how older versions terminated
        del spec["activeDeadlineSeconds"]
    status = dict(with_nodes(workflow, nodes)["status"])
    for key in ("phase", "message", "finishedAt", "persistentVolumeClaims"):
        status.pop(key, None)
    status["startedAt"] = timestamp(now)
    others = [condition for condition in status.get("conditions") or () if condition.get("type") != "Completed"]
    status["conditions"] = [*others, {"type": "Completed", "status": "False"}]
    if stored := status.get("storedWorkflowTemplateSpec"):
        status["storedWorkflowTemplateSpec"] = {key: value for key, value in stored.items() if key != "shutdown"}
    for changed in (spec, status.get("storedWorkflowTemplateSpec")):
        if changed and parameters:
            override_parameters(changed, parameters)
    return {**workflow, "metadata": {**meta, "labels": labels}, "spec": spec, "status": status}

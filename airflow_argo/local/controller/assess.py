"""How a DAG ends: a walk along the edges of the node tree from the DAG's own node. Source: assessDAGPhase in dag.go.

A task that depends on a group is attached to the last nodes inside the group, so the walk goes through all levels. A skipped or
omitted target inherits what the branches that lead to it ended with, failures first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from airflow_argo.argo.phases import FAILED_OR_ERROR, RUNNING, SUCCEEDED
from airflow_argo.local.controller.tree import RETRY, TASK_GROUP, Node, NodeTree


@dataclass(slots=True)
class Assessment:
    """What a walk found.

    Attributes:
        phase: of the DAG: Running as long as anything is.
        groups: loops left Running although all their items that have a node are done, and the phase that they get.
        unreached: targets that the walk didn't come to.
    """

    phase: str
    groups: dict[str, str] = field(default_factory=dict)
    unreached: tuple[str, ...] = ()


def assess(
    tree: NodeTree, dag: str, targets: Sequence[str], *, fail_fast: bool, tolerates: Callable[[str, str], bool]
) -> Assessment:
    """Walk a DAG.

    Args:
        tree: all nodes.
        dag: the name of the DAG's node.
        targets: names of the targets' nodes, in Argo's order.
        fail_fast: the template's `dag.failFast`.
        tolerates: whether a target may end in a phase without failing the DAG (`continueOn`).
    """
    phases = dict.fromkeys(targets, "")
    result = Assessment(RUNNING)
    queue = deque((child, SUCCEEDED) for child in tree[dag].children)
    seen = set(queue)
    while queue:
        name, branch = queue.popleft()
        node = tree.get(name)
        if node is None:
            return result  # an item that may not start yet
        if not node.fulfilled:
            phase = completable(node, tree)
            if phase is None:
                return result
            result.groups[name] = branch = phase
        elif node.completed:
            branch = node.phase
        if name in phases and phases[name] not in FAILED_OR_ERROR:
            phases[name] = branch
        for child in _after_retry(node, tree) if node.type == RETRY else node.children:
            if (child, branch) not in seen:
                seen.add((child, branch))
                queue.append((child, branch))
    result.phase = _verdict(phases, fail_fast=fail_fast, tolerates=tolerates)
    result.unreached = tuple(target for target, phase in phases.items() if not phase)
    return result


def _verdict(phases: dict[str, str], *, fail_fast: bool, tolerates: Callable[[str, str], bool]) -> str:
    verdict = SUCCEEDED
    for target, phase in phases.items():
        if not phase:
            verdict = RUNNING
            if not fail_fast:
                break
        elif phase in FAILED_OR_ERROR and not tolerates(target, phase):
            verdict = phase
            if fail_fast:
                break
    return verdict


def completable(node: Node, tree: NodeTree) -> str | None:
    """The phase of a loop's group that nobody will come back to, as all its items are done; None for any other node."""
    if node.type != TASK_GROUP or not node.children:
        return None
    phase = SUCCEEDED
    for name in node.children:
        child = tree.get(name)
        if child is None or not child.fulfilled:
            return None
        if child.unsuccessful:
            phase = child.phase
    return phase


def _after_retry(node: Node, tree: NodeTree) -> Iterable[str]:
    """What follows a Retry node: its hooks, and what follows its attempts. Source: getRetryNodeChildrenIds."""
    for child in tree.children_of_retry(node, last_first=True):
        if child.hooked:
            yield child.name
        else:
            yield from child.children

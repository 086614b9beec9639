"""The last nodes inside a node, to which the nodes after it are attached. Source: getOutboundNodes in operator.go."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_argo.local.controller.tree import CONTAINER, NOTHING_RAN, POD, RETRY, SUSPEND, TASK_GROUP, Node, NodeTree


def outbound_nodes(tree: NodeTree, name: str) -> Iterator[str]:
    """The names of the last nodes of a node, itself if there is nothing inside. A group without a last node has none."""
    node = tree[name]
    if node.type in (NOTHING_RAN, SUSPEND) or (node.type == POD and not _is_container_set(node, tree)):
        yield name
    elif node.type in (POD, CONTAINER, TASK_GROUP):
        yield from _after_children(node, tree)
    elif node.type == RETRY and node.children:
        yield list(node.children)[-1]
    else:
        for inner in node.outbound:
            yield from outbound_nodes(tree, inner)


def _is_container_set(node: Node, tree: NodeTree) -> bool:
    """Whether a pod's containers have nodes; Argo doesn't see it if the template is inline, as the node names none then."""
    if not node.template_name and not node.template_ref:
        return False
    children = (tree.get(child) for child in node.children)
    return any(child is not None and child.type == CONTAINER for child in children)


def _after_children(node: Node, tree: NodeTree) -> Iterator[str]:
    if not node.children:
        yield node.name
    for name in node.children:
        child = tree.get(name)
        if child is None:
            continue
        if node.type == CONTAINER and child.boundary != node.boundary:
            yield node.name  # what follows the set hangs on its last containers
        else:
            yield from outbound_nodes(tree, name)

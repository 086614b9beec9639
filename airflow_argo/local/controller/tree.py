"""The node tree of a run: what Argo keeps in `status.nodes`, with the counts that parallelism and failFast look at.

Inside, a node is known by its name, which is unique; ids are made only for the status. Source: NodeStatus in
pkg/apis/workflow/v1alpha1/workflow_types.go, node_counters.go, initializeNode and markNodePhase in operator.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from airflow_argo.argo.phases import COMPLETED, FAILED_OR_ERROR, OMITTED, PENDING, RUNNING, SKIPPED
from airflow_argo.local.clock import rfc3339
from airflow_argo.local.controller.faults import Panic

POD: Final = "Pod"
CONTAINER: Final = "Container"
STEPS: Final = "Steps"
STEP_GROUP: Final = "StepGroup"
DAG: Final = "DAG"
TASK_GROUP: Final = "TaskGroup"
RETRY: Final = "Retry"
SUSPEND: Final = "Suspend"
NOTHING_RAN: Final = "Skipped"
"""The node type `Skipped`: of skipped and omitted nodes, and of nodes in Error before it was known what they run."""

_ACTIVE: Final = frozenset({PENDING, RUNNING})
_COUNTED_CHILDREN: Final = frozenset({POD, STEPS, DAG})
_SEPARATOR: Final = re.compile(r"(\[\d+\])?\.")


@dataclass(slots=True)
class NodeFlag:
    """How a node came to be: by a hook, or as an attempt of a retry."""

    hooked: bool = False
    retried: bool = False


@dataclass(slots=True, eq=False)
class Node:
    """One node. Names in `boundary`, `children` and `outbound` are node names, in the controller's order.

    `synced` is False from the start of a pod until everything that it has to say has arrived: a pod whose node is Failed
    because of a shutdown is fulfilled only when its process has ended. `has_pod` says whether there is a pod at all.
    """

    name: str
    id: str
    type: str
    phase: str
    display_name: str
    boundary: str = ""
    template_name: str = ""
    template_ref: dict[str, Any] | None = None
    template_scope: str = ""
    message: str = ""
    started_at: float = 0.0
    finished_at: float | None = None
    inputs: dict[str, Any] | None = None
    outputs: dict[str, Any] | None = None
    children: dict[str, None] = field(default_factory=dict)
    outbound: list[str] = field(default_factory=list)
    flag: NodeFlag | None = None
    waiting_for: str = ""
    host: str = ""
    synced: bool = True
    has_pod: bool = False

    @property
    def completed(self) -> bool:
        """It ran to its end."""
        return self.phase in COMPLETED and self.synced

    @property
    def fulfilled(self) -> bool:
        """It ran to its end, or never will."""
        return (self.phase in COMPLETED and self.synced) or self.phase in (SKIPPED, OMITTED)

    @property
    def unsuccessful(self) -> bool:
        """It is Failed or Error."""
        return self.phase in FAILED_OR_ERROR

    @property
    def hooked(self) -> bool:
        """A hook made it."""
        return self.flag is not None and self.flag.hooked

    @property
    def retried(self) -> bool:
        """It is one attempt of several."""
        return self.flag is not None and self.flag.retried

    @property
    def suspended(self) -> bool:
        """It waits for somebody, or for some time. Source: IsActiveSuspendNode."""
        return self.type == SUSPEND and self.phase == RUNNING

    def part_of_exit_handler(self, tree: NodeTree) -> bool:
        """Whether an exit handler made it or a node around it. Source: IsPartOfExitHandler."""
        node: Node | None = self
        while node is not None:
            if node.display_name.endswith(".onExit"):
                return True
            node = tree.get(node.boundary) if node.boundary else None
        return False


class NodeTree:
    """All nodes of one run, in the order of their creation.

    Args:
        workflow: the run's name, which is the root's too.
        now: gives the seconds since 1970.
    """

    def __init__(self, workflow: str, now: Callable[[], float]) -> None:
        self.workflow = workflow
        self.failures = 0  # nodes that ever became Failed or Error; 0 means that nothing can have failed a DAG
        self.changed: dict[str, Node] = {}
        self._now = now
        self._nodes: dict[str, Node] = {}
        self._names: dict[str, str] = {}
        self._counts: dict[str, Counts] = {}
        self._counted: dict[str, Counts] = {}
        self.active_pods = 0
        self.version = 0  # grows with every change

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def __len__(self) -> int:
        return len(self._nodes)

    def get(self, name: str) -> Node | None:
        """The node of this name, if there is one."""
        return self._nodes.get(name)

    def __getitem__(self, name: str) -> Node:
        return self._nodes[name]

    def by_id(self, node_id: str) -> Node | None:
        """The node of this id, if there is one."""
        name = self._names.get(node_id)
        return self._nodes.get(name) if name is not None else None

    def id_of(self, name: str) -> str:
        """The id that a node of this name has or would have: the workflow's name and a 32-bit FNV-1a hash.

        Argo breaks where two names have one hash; here the later node gets another one.
        """
        node = self._nodes.get(name)
        if node is not None:
            return node.id
        if name == self.workflow:
            return name
        node_id = f"{self.workflow}-{fnv32a(name)}"
        while self._names.get(node_id, name) != name:
            node_id = f"{self.workflow}-{fnv32a(name + node_id)}"
        return node_id

    def add(self, node: Node) -> Node:
        """A new node, its times set as the controller does.

        Raises:
            KeyError: there is one of this name.
        """
        if node.name in self._nodes:
            raise KeyError(f"node {node.name} already initialized")
        node.started_at = node.started_at or self._now()
        if node.fulfilled and node.finished_at is None:
            node.finished_at = node.started_at
        self._nodes[node.name] = node
        self._names[node.id] = node.name
        self.touch(node)
        return node

    def display_name(self, name: str, boundary: str) -> str:
        """What a node is called inside its template: its name without that of the node around it. Source: initializeNode."""
        if not boundary or boundary not in self._nodes:
            return name
        short = name[len(boundary) :] if name.startswith(boundary) else name
        match = _SEPARATOR.match(short)
        return short[match.end() :] if match else short

    def mark(self, name: str, phase: str, message: str | None = None) -> Node:
        """Give a node another phase, and a message if there is one to give. Source: markNodePhase."""
        node = self._nodes[name]
        if node.phase != RUNNING and phase in FAILED_OR_ERROR:
            node.synced = True  # no result is to be expected any more
        if node.phase == phase and (message is None or node.message == message) and not self._just_finished(node):
            return node
        node.phase = phase
        if message is not None:
            node.message = message
        if self._just_finished(node):
            node.finished_at = self._now()
        self.touch(node)
        return node

    def _just_finished(self, node: Node) -> bool:
        return node.fulfilled and node.finished_at is None

    def add_child(self, parent: str, child: str) -> None:
        """An edge; the child need not exist yet. Source: addChildNode."""
        node = self._nodes[parent]
        if child not in node.children:
            node.children[child] = None
            self.changed[parent] = node
            self.version += 1

    def touch(self, node: Node) -> None:
        """Note that a node changed, and count it anew."""
        self.changed[node.name] = node
        self.version += 1
        now, before = _counts_for(node), self._counted.get(node.name, _NOTHING)
        if now == before:
            return
        self._counted[node.name] = now
        self.active_pods += now.pods - before.pods
        self.failures += max(now.failures - before.failures, 0)
        around = self._counts.get(node.boundary, _NOTHING)
        self._counts[node.boundary] = Counts(*(a + n - b for a, n, b in zip(around, now, before, strict=True)))

    def counts(self, boundary: str) -> Counts:
        """The counts over the nodes directly inside a steps or DAG node. Source: node_counters.go."""
        return self._counts.get(boundary, _NOTHING)

    def take_changed(self) -> list[Node]:
        """The nodes changed since the last call, in the order of their change."""
        changed, self.changed = list(self.changed.values()), {}
        return changed

    def all_fulfilled(self, name: str) -> bool:
        """Whether a node, all its children and theirs are fulfilled; only leaves are looked at. Source: childrenFulfilled."""
        seen: set[str] = set()
        stack = [name]
        while stack:
            node = self._nodes.get(stack.pop())
            if node is None or node.name in seen:
                continue
            seen.add(node.name)
            if not node.children and not node.fulfilled:
                return False
            stack.extend(node.children)
        return True

    def hooks_fulfilled(self, node: Node) -> bool:
        """Whether no hook of a node is still at work; one without a node yet doesn't count. Source: CheckAllHooksFullfilled."""
        hooks = (self._nodes.get(child) for child in node.children)
        return all(hook is None or not hook.hooked or hook.fulfilled for hook in hooks)

    def attempts(self, node: Node) -> list[Node]:
        """The attempts of a Retry node, first to last. Source: getChildNodeIdsRetried."""
        return [child for child in self.children_of_retry(node) if child.retried]

    def last_attempt(self, node: Node) -> Node | None:
        """The child that speaks for a Retry node, which no hook made; None if it is another node.

        Source: possiblyGetRetryChildNode.
        """
        if node.type != RETRY:
            return None
        return next((child for child in self.children_of_retry(node, last_first=True) if not child.hooked), None)

    def children_of_retry(self, node: Node, *, last_first: bool = False) -> Iterator[Node]:
        """The attempts of a Retry node and its hooks. Source: getChildNodeIndex.

        Raises:
            Panic: one isn't there, as that of a hook that has had to wait for others.
        """
        names = list(node.children)
        for name in reversed(names) if last_first else names:
            child = self._nodes.get(name)
            if child is None:
                place = f"index {names.index(name)} in Children of node {node.name}"
                raise Panic(f'could not find node named "{self.id_of(name)}", {place}')
            yield child


class Counts(NamedTuple):
    """How many nodes count for `parallelism` and `failFast`."""

    pods: int = 0
    children: int = 0
    unsuccessful: int = 0
    failures: int = 0


_NOTHING: Final = Counts()


def _counts_for(node: Node) -> Counts:
    active, counts = node.phase in _ACTIVE, node.type in _COUNTED_CHILDREN
    return Counts(
        pods=int(active and node.type == POD and node.has_pod and not node.waiting_for),
        children=int(active and counts),
        unsuccessful=int(node.unsuccessful and counts),
        failures=int(node.unsuccessful),
    )


def fnv32a(text: str) -> int:
    """The 32-bit FNV-1a hash of a text, which Argo's node ids and pod names end in."""
    value = 0x811C9DC5
    for byte in text.encode("utf-8", "surrogateescape"):
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def pod_name(workflow: str, node: Node) -> str:
    """The name of a node's pod."""
    return pod_name_of(workflow, node.name, node.template_ref["template"] if node.template_ref else node.template_name)


def pod_name_of(workflow: str, node: str, template: str) -> str:
    """A pod's name: the workflow's, the template's and a hash of the node's. Source: GeneratePodName (v2)."""
    if node == workflow:
        return workflow
    prefix = f"{workflow}-{template}" if template else workflow
    return f"{prefix[:242]}-{fnv32a(node)}"


def node_status(node: Node, tree: NodeTree) -> dict[str, Any]:
    """The node as it stands in `status.nodes`."""
    status: dict[str, Any] = {
        "id": node.id,
        "name": node.name,
        "displayName": node.display_name,
        "type": node.type,
        "phase": node.phase,
        "startedAt": rfc3339(node.started_at),
        "finishedAt": rfc3339(node.finished_at),
    }
    optional = {
        "templateName": node.template_name,
        "templateRef": node.template_ref,
        "templateScope": node.template_scope,
        "boundaryID": tree.id_of(node.boundary) if node.boundary else "",
        "message": node.message,
        "inputs": node.inputs,
        "outputs": node.outputs,
        "children": [tree.id_of(child) for child in node.children],
        "outboundNodes": [tree.id_of(name) for name in node.outbound],
        "hostNodeName": node.host,
        "synchronizationStatus": {"waiting": node.waiting_for} if node.waiting_for else None,
    }
    status |= {key: value for key, value in optional.items() if value}
    if node.flag is not None:
        status["nodeFlag"] = {key: True for key in ("hooked", "retried") if getattr(node.flag, key)}
    return status

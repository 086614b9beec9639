"""The state of a run that passes work on. Source: wfOperationCtx in operator.go."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_argo.argo.phases import ERROR
from airflow_argo.argo.scope import Scope
from airflow_argo.argo.templates import Template, TemplateLibrary, TemplateScope
from airflow_argo.local.clock import Clock
from airflow_argo.local.controller.calls import Call, CallOptions
from airflow_argo.local.controller.faults import Panic
from airflow_argo.local.controller.locks import Locks
from airflow_argo.local.controller.outcome import PodRequest
from airflow_argo.local.controller.tree import NOTHING_RAN, SUSPEND, Node, NodeTree


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Who the workflow is."""

    name: str
    namespace: str
    uid: str
    created_at: float
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class Run:
    """One run of a workflow.

    Attributes:
        spec: what is executed, without templates; all variables that are known from the start are filled in.
        parameters: ConfigMaps that inputs may be read from, by name.
        globals: the variables `workflow.*`.
        outputs: the workflow's own, by global name.
        shutdown: "", Stop or Terminate.
        deadline: seconds since 1970.
        calls: by the name of their node.
        depth: of template calls, in the pass that is going on.
        pods: requests whose pods have not ended, by node; `starts` and `ends` are what the pass asks for.
        alarms: when which node is to be looked at again.
        stuck: nodes that wait for something that never comes, and what that is.
        pass_number: of the pass that is going on.
        restored: from a journal, and no pass was made since: locks go to those who had them.
        woken: how many calls the pass has woken.
        computed_labels: of its workflowMetadata.
        shows_duration: the manifest mentions `workflow.duration`, which costs time to keep; `shows_failures` likewise, and
            `shows_metadata`, all labels or annotations as JSON.
    """

    metadata: Metadata
    spec: dict[str, Any]
    library: TemplateLibrary
    parameters: Mapping[str, Mapping[str, Any]]
    clock: Clock
    tree: NodeTree
    locks: Locks
    globals: Scope = field(default_factory=Scope)
    phase: str = ""
    message: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    output_parameters: dict[str, str | None] = field(default_factory=dict)
    output_artifacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    shutdown: str = ""
    suspended: bool = False
    deadline: float | None = None
    calls: dict[str, Call] = field(default_factory=dict)
    depth: int = 0
    pods: dict[str, PodRequest] = field(default_factory=dict)
    starts: list[PodRequest] = field(default_factory=list)
    ends: list[tuple[str, str]] = field(default_factory=list)
    alarms: list[tuple[float, str]] = field(default_factory=list)
    stuck: dict[str, str] = field(default_factory=dict)
    pass_number: int = 0
    restored: bool = False
    woken: int = 0
    shows_duration: bool = True
    shows_failures: bool = True
    shows_metadata: bool = True
    computed_labels: dict[str, str] = field(default_factory=dict)

    def now(self) -> float:
        """Seconds since 1970."""
        return self.clock.now()

    def allows(self, *, on_exit: bool) -> bool:
        """Whether pods may start while the workflow is being stopped. Source: ShutdownStrategy.ShouldExecute."""
        return not self.shutdown or (self.shutdown == "Stop" and on_exit)

    def set_deadline(self) -> None:
        """Compute when the workflow has to be over, from when it began. Source: getWorkflowDeadline."""
        seconds = self.spec.get("activeDeadlineSeconds")
        if seconds is not None and self.started_at is not None:
            self.deadline = int(self.started_at) + int(seconds)
            self.wake_at(self.deadline + 0.001, self.metadata.name)

    def wake_at(self, time: float, node: str) -> None:
        """Look at a node again at a certain time."""
        heapq.heappush(self.alarms, (time, node))

    def wake_due(self) -> None:
        """Wake the calls whose time has come."""
        now = self.now()
        while self.alarms and self.alarms[0][0] <= now:
            _, name = heapq.heappop(self.alarms)
            if name in self.calls:
                self.calls[name].wake()

    def wake(self, node: str) -> None:
        """Wake the call that a node belongs to."""
        call = self.calls.get(node)
        if call is not None:
            call.wake()
            self.woken += 1

    def wake_all(self) -> None:
        """Wake every call whose node is not fulfilled: something changed that concerns them all."""
        for call in list(self.calls.values()):
            node = self.tree.get(call.name)
            if node is None or not node.fulfilled:
                call.wake()

    def add_node(
        self,
        name: str,
        node_type: str,
        phase: str,
        *,
        holder: Mapping[str, Any],
        scope: TemplateScope,
        options: CallOptions,
        message: str = "",
        template: Template | None = None,
    ) -> Node:
        """A new node; with `template` it also gets the inputs. Source: initializeNode, initializeExecutableNode."""
        node = Node(
            name=name,
            id=self.tree.id_of(name),
            type=node_type,
            phase=phase,
            display_name=self.tree.display_name(name, options.boundary),
            boundary=options.boundary,
            template_name=holder.get("template") or "",
            template_ref=holder.get("templateRef"),
            template_scope=scope.label,
            message=message,
            flag=options.flag,
            started_at=self.now(),
        )
        if template is not None and has_inputs(template):
            node.inputs = template["inputs"]
        self.tree.add(node)
        if template is not None and node_type == SUSPEND:
            node.outputs = _supplied_outputs(template)
        return node

    def error_node(self, call: Call, error: Exception, name: str = "") -> Node:
        """Mark a call's node as an Error, or make one. Source: initializeNodeOrMarkError."""
        name = name or call.name
        if self.tree.get(name) is not None:
            return self.tree.mark(name, ERROR, str(error))
        return self.add_node(
            name,
            NOTHING_RAN,
            ERROR,
            holder=call.holder,
            scope=call.scope,
            options=call.options,
            message=str(error),
        )


def has_inputs(template: Template) -> bool:
    """Whether a template has inputs."""
    inputs = template.get("inputs") or {}
    return bool(inputs.get("parameters") or inputs.get("artifacts"))


def _supplied_outputs(template: Template) -> dict[str, Any] | None:
    """The outputs that a suspend node waits for; an input's default may stand in. Source: addRawOutputFields."""
    supplied = []
    inputs = {parameter["name"]: parameter for parameter in (template.get("inputs") or {}).get("parameters") or []}
    for parameter in (template.get("outputs") or {}).get("parameters") or []:
        source = parameter.get("valueFrom")
        if source is None:
            raise Panic("runtime error: invalid memory address or nil pointer dereference")
        if source.get("supplied") is None:
            continue
        default = inputs.get(parameter["name"], {}).get("default")
        if source.get("default") is None and default is not None:
            parameter = {**parameter, "valueFrom": {**source, "default": default}}
        supplied.append(parameter)
    return {"parameters": supplied} if supplied else None

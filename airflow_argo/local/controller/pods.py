"""Pods as the controller sees them: asked for, running, ended. Source: createWorkflowPod, assessNodeStatus, exec_control.go."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from airflow_argo.argo.limits import MAX_ANNOTATION_BYTES, MAX_ARGUMENT_BYTES, MAX_WORKFLOW_BYTES
from airflow_argo.argo.phases import ERROR, FAILED, PENDING, RUNNING, SUCCEEDED, WORKFLOW_DONE
from airflow_argo.argo.tags import replace
from airflow_argo.argo.templates import Template
from airflow_argo.local.controller.arguments import dumps
from airflow_argo.local.controller.calls import Call, CallOptions
from airflow_argo.local.controller.execute import boundary_template, executes, timeout_seconds
from airflow_argo.local.controller.faults import TAG_ERRORS, Fault
from airflow_argo.local.controller.outcome import PodOutcome, PodRequest
from airflow_argo.local.controller.outputs import export_outputs
from airflow_argo.local.controller.pod_patch import patch_template
from airflow_argo.local.controller.retries import integer
from airflow_argo.local.controller.state import Run
from airflow_argo.local.controller.tree import CONTAINER, POD, Node, pod_name_of

DEADLINE_MESSAGE: Final = "Step exceeded its deadline"
_RESULT_REFERENCE: Final = re.compile(r"(tasks|steps)\.([-a-zA-Z0-9]+)\.outputs\.result")
_RESULT_LOOKUP: Final = re.compile(r"(tasks|steps)\['([-a-zA-Z0-9]+)'\]\.outputs.result")
_EXECUTOR_KEYS: Final = ("container", "containerSet", "script", "resource", "initContainers", "sidecars", "volumes", "outputs")
_OTHER_ANNOTATIONS: Final = 200
"""Bytes of a pod's annotations, about, without the node's name."""


@executes("container", "script", "containerSet", "resource")
def execute_pod(run: Run, call: Call, name: str, template: Template, options: CallOptions, terminate_at: float | None) -> Node:
    """Ask for the pod of a node, if that hasn't been done."""
    node = run.tree.get(name)
    if node is None:
        node = run.add_node(name, POD, PENDING, holder=call.holder, scope=call.scope, options=options, template=template)
    if node.has_pod or node.fulfilled:
        return node
    if not run.allows(on_exit=options.on_exit):
        return run.tree.mark(name, FAILED, f"workflow shutdown with strategy: {run.shutdown}")
    request = _request(run, node, template, options, terminate_at)
    if request is None:
        return node
    node.has_pod = True
    run.tree.touch(node)
    run.pods[name] = request
    run.starts.append(request)
    if template.get("containerSet"):
        _add_containers(run, call, node, template, options)
    return node


def _request(run: Run, node: Node, template: Template, options: CallOptions, terminate_at: float | None) -> PodRequest | None:
    """The pod; None if the workflow's deadline leaves no time for it."""
    deadline = integer(template.get("activeDeadlineSeconds"))
    if run.deadline is not None and not options.on_exit:
        left = int(run.deadline - run.now())
        if left <= 0:
            return None
        deadline = left if deadline is None else min(deadline, left)
    capture = _is_result_wanted(run, node.name, options.boundary)
    pod_name = pod_name_of(run.metadata.name, node.name, template.get("name", ""))
    filled, volumes = _substituted(run, template, pod_name)
    _check_size(filled, node, pod_name)
    if template.get("timeout"):
        left = int(node.started_at + timeout_seconds(template["timeout"]) - run.now())
        if left <= 1:
            raise Fault(f"{node.name} exceeded its deadline")
        deadline = left
    return PodRequest(
        node=node.name,
        node_id=node.id,
        name=pod_name,
        template=filled,
        capture_result=capture,
        deadline=deadline,
        terminate_at=terminate_at,
        volumes=volumes,
    )


def _is_result_wanted(run: Run, node: str, boundary: str) -> bool:
    """Whether the template around a node refers to its result, in a form that Argo recognizes. Source: hasOutputResultRef."""
    if not boundary:
        return False
    return short_name(node) in _results_wanted(run, boundary)


def _results_wanted(run: Run, boundary: str) -> frozenset[str]:
    template = boundary_template(run, boundary)
    kind = "tasks" if template.get("dag") else "steps"
    call = run.calls.get(boundary) or run.calls[boundary.rpartition("(")[0]]
    known: frozenset[str] | None = call.extra.get("results")
    if known is None:
        text = dumps(template)
        found = [*_RESULT_REFERENCE.finditer(text), *_RESULT_LOOKUP.finditer(text)]
        known = call.extra["results"] = frozenset(match[2] for match in found if match[1] == kind)
    return known


def short_name(node: str) -> str:
    """The task's or step's name in a node's, without items, attempts and groups. Source: getStepOrDAGTaskName."""
    end = len(node)
    opener = ""
    while end > 0:
        char = node[end - 1]
        if opener:
            opener = "" if char == opener else opener
        elif char in ")]":
            opener = "(" if char == ")" else "["
        else:
            break
        end -= 1
    return node[:end].rpartition(".")[2]


def _substituted(run: Run, template: Template, pod_name: str) -> tuple[Template, tuple[dict[str, Any], ...]]:
    """Once more all tags, now in what becomes the pod, the workflow's volumes included. Source: substitutePodParams."""
    volumes = run.spec.get("volumes") or []
    patches = [one for one in (run.spec.get("podSpecPatch"), template.get("podSpecPatch")) if one]
    inside = {key: template[key] for key in _EXECUTOR_KEYS if key in template}
    artifacts = (template.get("inputs") or {}).get("artifacts") or []
    text = dumps({"pod": inside, "artifacts": artifacts, "volumes": volumes, "patches": patches})
    if "{{" not in text:
        return _patched(template, volumes, patches)
    own: dict[str, object] = {"pod.name": pod_name}
    for parameter in (template.get("inputs") or {}).get("parameters") or []:
        own[f"inputs.parameters.{parameter['name']}"] = parameter.get("value") or ""
    try:
        filled = json.loads(replace(text, run.globals.child(own)))
    except TAG_ERRORS as error:
        raise Fault(str(error)) from None
    inputs = {**(template.get("inputs") or {}), "artifacts": filled["artifacts"]}
    return _patched({**template, **filled["pod"], "inputs": inputs}, filled["volumes"], filled["patches"])


def _patched(
    template: Template, volumes: list[dict[str, Any]], patches: list[str]
) -> tuple[Template, tuple[dict[str, Any], ...]]:
    if not patches or template.get("resource"):
        return template, tuple(volumes)
    return patch_template(template, volumes, patches), ()


def _check_size(template: Template, node: Node, pod_name: str) -> None:
    """Long arguments and templates travel in a ConfigMap, which has a limit. So have the annotations of a pod, and of that."""
    args = dumps((template.get("container") or template.get("script") or {}).get("args") or [])
    inputs = {"artifacts": (template.get("inputs") or {}).get("artifacts") or []}
    sizes = [len(text.encode()) for text in (args, dumps({**template, "inputs": inputs}))]
    if sum(size for size in sizes if size > MAX_ARGUMENT_BYTES) > MAX_WORKFLOW_BYTES:
        raise Fault(f"ConfigMap is invalid: []: Too long: may not be more than {MAX_WORKFLOW_BYTES} bytes")
    if len(node.name) + _OTHER_ANNOTATIONS > MAX_ANNOTATION_BYTES:
        kind = "ConfigMap" if any(size > MAX_ARGUMENT_BYTES for size in sizes) else "Pod"
        limit = f"Too long: may not be more than {MAX_ANNOTATION_BYTES} bytes"
        raise Fault(f'{kind} "{pod_name}" is invalid: metadata.annotations: {limit}')


def _add_containers(run: Run, call: Call, node: Node, template: Template, options: CallOptions) -> None:
    """The nodes of a set's containers. Source: executeContainerSet."""
    containers = template["containerSet"]["containers"]
    inside = CallOptions(boundary=node.name, on_exit=options.on_exit, flag=options.flag)
    for container in containers:
        name = f"{node.name}.{container['name']}"
        if run.tree.get(name) is None:
            run.add_node(name, CONTAINER, PENDING, holder=call.holder, scope=call.scope, options=inside)
    for container in containers:
        name = f"{node.name}.{container['name']}"
        parents = [f"{node.name}.{other}" for other in container.get("dependencies") or []] or [node.name]
        for parent in parents:
            run.tree.add_child(parent, name)


# --- what became of them


def pod_started(run: Run, name: str, host: str) -> None:
    """A pod runs."""
    node = run.tree.get(name)
    if node is None or node.phase != PENDING or run.phase in WORKFLOW_DONE:
        return  # of a run that is over nobody follows the pods any more
    node.synced = False
    node.host = host
    run.tree.mark(name, RUNNING, "" if node.message else None)
    for child in _containers_of(run, node):
        run.tree.mark(child.name, RUNNING)
    run.wake(owner(run, name))


def owner(run: Run, node: str) -> str:
    """The name of the call that a node belongs to: its own, or that of the Retry node around it."""
    if node in run.calls:
        return node
    return node.rpartition("(")[0]


def _containers_of(run: Run, node: Node) -> list[Node]:
    name = f"{node.name}."
    found, todo = {}, list(node.children)
    while todo:
        child = run.tree.get(todo.pop(0))
        if child is not None and child.type == CONTAINER and child.name.startswith(name) and child.name not in found:
            found[child.name] = child
            todo += child.children
    return list(found.values())


def pod_ended(run: Run, name: str, outcome: PodOutcome) -> None:
    """A pod ended: its node gets phase, message, outputs and exit code; what a shutdown or deadline has said of it stays."""
    node = run.tree[name]
    run.pods.pop(name, None)
    already = node.phase in (FAILED, ERROR)
    node.synced = True
    node.has_pod = False
    outputs = dict(outcome.outputs)
    if outcome.exit_code is not None:
        outputs["exitCode"] = str(outcome.exit_code)
    node.outputs = outputs or None
    for child in _containers_of(run, node):
        end = outcome.containers.get(child.name[len(node.name) + 1 :])
        if end is None:
            if not child.fulfilled:
                run.tree.mark(child.name, ERROR if outcome.phase == ERROR else FAILED, "container deleted")
        elif not child.fulfilled:
            phase = SUCCEEDED if end.code == 0 else ERROR if end.code == 64 else FAILED
            run.tree.mark(child.name, phase, end.message or None)
    node.finished_at = outcome.finished_at or node.finished_at
    if already:
        run.tree.touch(node)
    else:
        run.tree.mark(name, outcome.phase, outcome.message or ("" if node.message else None))
    export_outputs(run, node.outputs)
    run.wake(owner(run, name))


# --- deadlines and shutdowns


def control_pods(run: Run) -> None:
    """End the pods that may not go on: the workflow is being stopped, or its time is over. Source: applyExecutionControl."""
    overdue = run.deadline is not None and run.now() > run.deadline
    if not run.shutdown and not overdue:
        return
    for name in list(run.pods):
        node = run.tree[name]
        on_exit = node.part_of_exit_handler(run.tree)
        if node.fulfilled:
            continue
        if run.shutdown and not run.allows(on_exit=on_exit):
            _end(run, node, f"workflow shutdown with strategy:  {run.shutdown}")
        elif overdue and not on_exit:
            _end(run, node, DEADLINE_MESSAGE)


def _end(run: Run, node: Node, message: str) -> None:
    if node.phase not in (FAILED, ERROR):
        run.ends.append((node.name, message))
        run.tree.mark(node.name, FAILED, message)
        for child in _containers_of(run, node):
            if not child.fulfilled:
                run.tree.mark(child.name, FAILED, message)
        run.wake(owner(run, node.name))


def fail_nodes_without_pods(run: Run) -> None:
    """Of nodes that wait without a pod, fail those that may not go on.

    Source: failNodesWithoutCreatedPodsAfterDeadlineOrShutdown.
    """
    overdue = run.deadline is not None and run.now() > run.deadline
    if not run.shutdown and not overdue:
        return
    for node in list(run.tree):
        if node.fulfilled or not _waits(run, node):
            continue
        on_exit = node.part_of_exit_handler(run.tree)
        if run.shutdown and not run.allows(on_exit=on_exit):
            if node.suspended or node.waiting_for or node.type == "Retry":
                run.tree.mark(node.name, FAILED, f"Stopped with strategy '{run.shutdown}'")
                run.wake(owner(run, node.name))
        elif overdue and not on_exit and (node.phase == PENDING or node.suspended):
            run.tree.mark(node.name, FAILED, DEADLINE_MESSAGE)
            run.wake(owner(run, node.name))


def _waits(run: Run, node: Node) -> bool:
    if node.type == "Retry":
        return bool(run.shutdown) and run.tree.all_fulfilled(node.name)
    return node.suspended or (node.phase == PENDING and not node.has_pod and node.type != CONTAINER)

"""Executing a dag template. Source: dag.go; what differs is only that a task is visited when something about it changed."""

from __future__ import annotations

from typing import Any

from airflow_argo.argo.dag import DagGraph
from airflow_argo.argo.phases import ERROR, FAILED_OR_ERROR, RUNNING, SUCCEEDED
from airflow_argo.argo.scope import Scope
from airflow_argo.argo.templates import Template
from airflow_argo.local.controller import variables
from airflow_argo.local.controller.artifacts import ArtifactScope
from airflow_argo.local.controller.assess import Assessment, assess
from airflow_argo.local.controller.calls import Call, CallOptions
from airflow_argo.local.controller.dag_body import DagBody
from airflow_argo.local.controller.dag_task import TaskVisit, hook_place, task_variables
from airflow_argo.local.controller.execute import executes
from airflow_argo.local.controller.hooks import named_hooks, run_named_hooks
from airflow_argo.local.controller.outbound import outbound_nodes
from airflow_argo.local.controller.outputs import export_outputs, template_outputs
from airflow_argo.local.controller.state import Run
from airflow_argo.local.controller.tree import DAG, Node


@executes("dag")
def execute_dag(run: Run, call: Call, name: str, template: Template, options: CallOptions, _terminate_at: float | None) -> Node:
    """Visit the tasks about which something changed; see whether the DAG is over."""
    node = run.tree.get(name) or run.add_node(
        name, DAG, RUNNING, holder=call.holder, scope=call.scope, options=options, template=template
    )
    body = call.body
    if not isinstance(body, DagBody):
        body = call.body = _new_body(run, name, template)
    elif template is not call.extra.get("dag"):
        body.change({task["name"]: task for task in template["dag"]["tasks"]})
    call.extra["dag"] = template
    visit = TaskVisit(run, call, body, options)
    body.begin_pass()
    for task in sorted(body.graph.hooked & body.graph.rank.keys()):
        hooked = run.tree.get(body.node_name(task))
        if hooked is not None and (hooked.fulfilled or hooked.phase == RUNNING):
            body.push(task)
    while (next_task := body.next_task()) is not None:
        visit.visit(next_task)
    exits_done = _run_targets_hooks(run, call, body)
    stopped = bool(run.shutdown) and exits_done and not options.on_exit
    phase = _assess(run, body, template, stopped=stopped)
    if body.end_pass():
        call.again()
    if phase == RUNNING:
        return node
    if phase in FAILED_OR_ERROR:
        _set_outbound(run, body, node)
        return run.tree.mark(name, phase)
    node.outputs = _outputs(run, call, body, template) or node.outputs
    _set_outbound(run, body, node)
    return run.tree.mark(name, SUCCEEDED)


def _new_body(run: Run, name: str, template: Template) -> DagBody:
    scope = run.globals.child(variables.input_variables(template))
    return DagBody.of(name, DagGraph.of(template["dag"]), scope, variables.input_artifacts(template))


def _run_targets_hooks(run: Run, call: Call, body: DagBody) -> bool:
    """Once more the named hooks of targets, whose state may have changed in this pass; whether exit hooks are done.

    Raises:
        Fault: a hook's, or a loop before a target gave results that are no JSON. Either makes the DAG an Error.
    """
    done = True
    if body.broken:
        _raise_if_broken(run, body)
    for target in body.graph.targets:
        node = run.tree.get(body.node_name(target))
        if target not in body.graph.hooked or node is None:
            continue
        place = hook_place(run, call, body, target, node)
        run_named_hooks(run, named_hooks(body.graph.tasks[target]), node, place)
        on_exit = run.tree.get(f"{node.name}.onExit")
        if node.completed and on_exit is not None and not on_exit.fulfilled:
            done = False
    return done


def _raise_if_broken(run: Run, body: DagBody) -> None:
    for target in body.graph.targets:
        if run.tree.get(body.node_name(target)) is None:
            continue
        ancestors = body.graph.ancestors(target)
        for task, error in body.broken.items():
            if task in ancestors:
                raise error


def _assess(run: Run, body: DagBody, template: Template, *, stopped: bool) -> str:
    """The DAG's phase, without a walk where it is plain; loops that nobody will come back to are closed."""
    if stopped:
        return "Failed"
    if body.open_tasks and not body.interrupted and not body.lost:
        return RUNNING
    dag = template["dag"]
    fail_fast = dag.get("failFast") is not False
    targets = [body.node_name(target) for target in body.graph.targets]
    waits = not body.open_tasks and any(run.tree.get(target) is None for target in targets)
    if waits and (not fail_fast or run.tree.failures == 0):
        return RUNNING
    assessment = assess(run.tree, body.name, targets, fail_fast=fail_fast, tolerates=_tolerance(body))
    for group, phase in assessment.groups.items():
        run.tree.mark(group, phase)
        if group.startswith(f"{body.name}."):
            task = group[len(body.name) + 1 :]
            if task in body.states:
                body.push(task)
    _note_unreached(run, body, assessment)
    return assessment.phase


def _tolerance(body: DagBody) -> Any:
    tasks = {body.node_name(target): body.graph.tasks[target] for target in body.graph.targets}

    def tolerates(target: str, phase: str) -> bool:
        given = tasks[target].get("continueOn") or {}
        return bool(given.get("error") if phase == ERROR else given.get("failed"))

    return tolerates


def _note_unreached(run: Run, body: DagBody, assessment: Assessment) -> None:
    """Targets that have ended, but don't hang on anything: the DAG will never be over."""
    run.stuck.pop(body.name, None)
    lost = [target for target in assessment.unreached if run.tree.get(target) is not None]
    if assessment.phase == RUNNING and lost:
        names = ", ".join(f"'{target}'" for target in lost)
        run.stuck[body.name] = f"{names} comes after a group that has no last node, so that this DAG never ends"


def _set_outbound(run: Run, body: DagBody, node: Node) -> None:
    targets = (body.node_name(target) for target in body.graph.targets)
    node.outbound = [name for target in targets if run.tree.get(target) for name in outbound_nodes(run.tree, target)]
    run.tree.touch(node)


def _outputs(run: Run, call: Call, body: DagBody, template: Template) -> dict[str, Any] | None:
    """The DAG's outputs; on the way, those of its tasks that have a globalName become the workflow's."""
    wanted = bool((template.get("outputs") or {}).get("parameters") or (template.get("outputs") or {}).get("artifacts"))
    local = Scope(variables.input_variables(template))
    for task in template["dag"]["tasks"]:
        node = run.tree.get(body.node_name(task["name"]))
        if node is None:
            continue
        if wanted:
            for key, value in task_variables(run, call, task, node).items():
                local.set(key, value)
        export_outputs(run, node.outputs)
    if not wanted:
        return None
    artifacts = ArtifactScope(body.artifacts, lambda _key: True, lambda: local)
    return template_outputs(template, local, artifacts)

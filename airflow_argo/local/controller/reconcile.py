"""One pass over a run. Source: operate in operator.go."""

from __future__ import annotations

from copy import copy
from typing import Any, Final

from airflow_argo.argo.expr import ExprError, argo_environment, evaluate_bool
from airflow_argo.argo.phases import ERROR, FAILED, OMITTED, PENDING, RUNNING, SKIPPED, SUCCEEDED, WORKFLOW_DONE
from airflow_argo.local.controller import dag, pods, steps, suspend  # noqa: F401 - they enter what they execute
from airflow_argo.local.controller.calls import CallOptions
from airflow_argo.local.controller.execute import execute_template
from airflow_argo.local.controller.faults import Fault, Panic, ParallelismReached
from airflow_argo.local.controller.pods import control_pods, fail_nodes_without_pods
from airflow_argo.local.controller.state import Run
from airflow_argo.local.controller.tree import Node, NodeFlag
from airflow_argo.local.controller.workflow_variables import duration_text, failures_text, forgotten, metadata_now

_WORKFLOW_PHASE: Final = {
    PENDING: PENDING,
    RUNNING: RUNNING,
    SUCCEEDED: SUCCEEDED,
    SKIPPED: SUCCEEDED,
    OMITTED: SUCCEEDED,
    FAILED: FAILED,
    ERROR: ERROR,
}
_MAX_PASSES: Final = 100_000
"""Passes without any event between them; each changes something, so that this many are a fault of the engine."""


def reconcile(run: Run) -> None:
    """Pass over the run until nothing changes any more without something happening outside."""
    if run.phase in WORKFLOW_DONE:
        return
    for _ in range(_MAX_PASSES):
        before = run.tree.version, run.phase, run.woken
        _pass(run)
        run.restored = False
        if run.phase in WORKFLOW_DONE or before == (run.tree.version, run.phase, run.woken):
            return
    raise AssertionError("the passes over this workflow don't come to an end")


def _pass(run: Run) -> None:
    run.pass_number += 1
    _set(run, "workflow.status", run.phase)
    if run.shows_duration:
        run.globals.set("workflow.duration", duration_text(run))
    if run.phase:
        for variable in forgotten(run):
            run.globals.remove(variable)
    if run.shows_metadata and run.phase:
        for variable, value in metadata_now(run).items():
            _set(run, variable, value)
    try:
        if not _may_go_on(run):
            return
        control_pods(run)
        fail_nodes_without_pods(run)
        if not run.suspended:
            _execute(run)
    except Panic as error:
        _finish(run, ERROR, str(error))


def _set(run: Run, variable: str, value: object) -> None:
    if run.globals.get(variable) != value:
        run.globals.set(variable, value)


def _may_go_on(run: Run) -> bool:
    """Start the run; it may have to wait for a lock of its own."""
    synchronization = run.spec.get("synchronization")
    if synchronization:
        try:
            taken = run.locks.acquire("", synchronization)
        except Fault as error:
            _finish(run, FAILED, f"Failed to acquire the synchronization lock. {error}")
            return False
        if taken is not None:
            run.phase, run.message = run.phase or PENDING, taken.message
            return False
    if run.phase in ("", PENDING):
        run.phase, run.message = RUNNING, ""
        run.started_at = run.started_at or run.now()
        run.set_deadline()
    return True


def _execute(run: Run) -> None:
    name = run.metadata.name
    holder = {"template": run.spec.get("entrypoint") or ""}
    arguments = run.spec.get("arguments") or {}
    try:
        # as it stands now: a hook that can't be called makes it an Error, which counts at the next pass
        node = copy(execute_template(run, name, holder, run.library.local, arguments, CallOptions()))
    except ParallelismReached:
        return
    except Fault as error:
        _finish(run, ERROR, f"error in entry template execution: {error}")
        return
    phase = _WORKFLOW_PHASE[node.phase]
    _set(run, "workflow.status", phase)
    if run.shows_failures:
        _set(run, "workflow.failures", failures_text(run))
    try:
        hooks_done = _run_workflow_hooks(run)
    except Fault as error:
        hooks_done = True
        run.tree.mark(name, ERROR, str(error))
    if not hooks_done or not node.fulfilled:
        return
    try:
        exit_node = _run_on_exit(run)
    except ParallelismReached:
        return
    if exit_node is not None and not exit_node.fulfilled:
        return
    if run.phase not in WORKFLOW_DONE:
        _end(run, node, phase, exit_node)


def _end(run: Run, node: Node, phase: str, exit_node: Node | None) -> None:
    """The run ends as its entrypoint did; a success whose exit handler failed is none."""
    if phase == SUCCEEDED:
        if exit_node is not None and exit_node.unsuccessful:
            _finish(run, exit_node.phase, exit_node.message)
        else:
            _finish(run, SUCCEEDED, "")
        return
    stopped = node.unsuccessful and run.shutdown
    _finish(run, phase, f"Stopped with strategy '{run.shutdown}'" if stopped else node.message)


def _run_workflow_hooks(run: Run) -> bool:
    """Run the workflow's named hooks; whether none is at work. Source: executeWfLifeCycleHook."""
    done = True
    for hook_name, hook in (run.spec.get("hooks") or {}).items():
        if hook_name == "exit":
            continue
        name = f"{run.metadata.name}.hooks.{hook_name}"
        if not hook.get("expression"):
            raise Fault(f"Expression required for hook {name}")
        try:
            holds = evaluate_bool(hook["expression"], argo_environment(run.globals))
        except ExprError as error:
            raise Fault(str(error)) from None
        if holds or run.tree.get(name) is not None:
            node = _call_hook(run, name, hook, on_exit=False)
            run.tree.add_child(run.metadata.name, name)
            done = done and node.fulfilled
    return done


def _call_hook(run: Run, name: str, hook: dict[str, Any], *, on_exit: bool) -> Node:
    holder = {key: hook[key] for key in ("template", "templateRef") if hook.get(key)}
    options = CallOptions(on_exit=on_exit, flag=NodeFlag(hooked=True))
    try:
        return execute_template(run, name, holder, run.library.local, hook.get("arguments") or {}, options)
    except ParallelismReached as reason:
        if on_exit:
            raise
        raise Fault(str(reason)) from None
    except Fault:
        run.calls[name].again()  # an attempt that failed leaves a Retry node that the next visit ends
        raise


def _run_on_exit(run: Run) -> Node | None:
    """The exit handler's node; None if there is no handler, or it may not run.

    Raises:
        ParallelismReached: it has to wait.
    """
    hook = _exit_hook(run)
    name = f"{run.metadata.name}.onExit"
    if hook is None or (run.tree.get(name) is None and not run.allows(on_exit=True)):
        return None
    try:
        return _call_hook(run, name, hook, on_exit=True)
    except Fault as error:
        _finish(run, ERROR, f"error in exit template execution : {error}")
        return None


def _exit_hook(run: Run) -> dict[str, Any] | None:
    """Source: WorkflowSpec.GetExitHook."""
    if run.spec.get("onExit"):
        return {"template": run.spec["onExit"], "arguments": run.spec.get("arguments") or {}}
    hook: dict[str, Any] | None = (run.spec.get("hooks") or {}).get("exit")
    if hook is not None and not hook.get("arguments"):
        return {**hook, "arguments": run.spec.get("arguments") or {}}
    return hook


def _finish(run: Run, phase: str, message: str) -> None:
    """The run is over, unless pods are still at work: then it ends at a later pass. Source: markWorkflowPhase."""
    if any(not run.tree[name].synced for name in run.pods):
        return
    run.phase, run.message = phase, message
    run.finished_at = run.now()
    root = run.tree.get(run.metadata.name)
    if phase == ERROR and root is not None and root.phase == RUNNING:
        run.tree.mark(root.name, ERROR, "Workflow operation error")

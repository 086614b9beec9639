"""Lifecycle hooks and exit handlers of tasks and steps. Source: hooks.go, exit_handler.go."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_argo.argo.expr import ExprError, argo_environment, evaluate_bool
from airflow_argo.argo.scope import Scope
from airflow_argo.argo.templates import TemplateScope
from airflow_argo.local.controller.arguments import mark_absent, resolve
from airflow_argo.local.controller.artifacts import ArtifactScope
from airflow_argo.local.controller.calls import Body, Call, CallOptions
from airflow_argo.local.controller.execute import execute_template
from airflow_argo.local.controller.faults import Fault, ParallelismReached
from airflow_argo.local.controller.state import Run
from airflow_argo.local.controller.tree import Node, NodeFlag

EXIT = "exit"


@dataclass(frozen=True, slots=True, kw_only=True)
class HookPlace:
    """Where hooks hang: on a task or step of a template that runs.

    Attributes:
        owner: the call of the dag or steps node; `body` its body and `key` what it knows the task by.
        templates: where the hooks' templates are looked up.
        reference: `tasks.<name>` or `steps.<name>`.
        variables: what the hook may use.
    """

    owner: Call
    body: Body
    key: Hashable
    boundary: str
    templates: TemplateScope
    reference: str
    variables: Scope
    artifacts: ArtifactScope


def exit_hook(holder: Mapping[str, Any], arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The exit hook of a task or step; the old field `onExit` gets the workflow's arguments. Source: GetExitHook."""
    if holder.get("onExit"):
        return {"template": holder["onExit"], "arguments": arguments}
    hook: Mapping[str, Any] | None = (holder.get("hooks") or {}).get(EXIT)
    return hook


def named_hooks(holder: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The hooks of a task or step that have a condition of their own."""
    return {name: hook for name, hook in (holder.get("hooks") or {}).items() if name != EXIT}


def run_named_hooks(run: Run, hooks: Mapping[str, Mapping[str, Any]], node: Node, place: HookPlace) -> bool:
    """Run the hooks whose condition holds or held; whether none is at work.

    Raises:
        Fault: a condition can't be evaluated, or a hook can't be called. Source: executeTmplLifeCycleHook.
    """
    environment = argo_environment(place.variables)
    started: list[Node] = []
    for name, hook in hooks.items():
        hook_name = f"{node.name}.hooks.{name}"
        if not hook.get("expression"):
            raise Fault(f"Expression required for hook {hook_name}")
        try:
            holds = evaluate_bool(hook["expression"], environment)
        except ExprError as error:
            raise Fault(str(error)) from None
        if not holds and run.tree.get(hook_name) is None:
            continue
        arguments = hook.get("arguments") or {}
        outputs = _outputs(run, node)
        if arguments and outputs is not None:
            arguments = _resolved(arguments, outputs, place)
        options = CallOptions(boundary=place.boundary, flag=NodeFlag(hooked=True))
        try:
            started.append(_call(run, hook_name, hook, arguments, options, place))
        except ParallelismReached as reason:
            raise Fault(str(reason)) from None
        run.tree.add_child(node.name, hook_name)
    return all(hook_node.fulfilled for hook_node in started)


def run_exit_hook(run: Run, hook: Mapping[str, Any] | None, node: Node, place: HookPlace) -> bool:
    """Run the exit hook of a node that is over; whether there is nothing to wait for.

    Raises:
        Fault: its condition or arguments can't be evaluated, or it can't be called.
        ParallelismReached: it has to wait. Source: runOnExitNode.
    """
    if hook is None or not run.allows(on_exit=True):
        return True
    if hook.get("expression"):
        try:
            if not evaluate_bool(hook["expression"], argo_environment(place.variables)):
                return True
        except ExprError as error:
            raise Fault(str(error)) from None
    arguments = hook.get("arguments") or {}
    if arguments:
        arguments = _resolved(arguments, _outputs(run, node) or {}, place)
    name = f"{node.name}.onExit"
    options = CallOptions(boundary=place.boundary, on_exit=True, flag=NodeFlag(hooked=True))
    try:
        return _call(run, name, hook, arguments, options, place).fulfilled
    finally:
        run.tree.add_child(node.name, name)


def _outputs(run: Run, node: Node) -> dict[str, Any] | None:
    return (run.tree.last_attempt(node) or node).outputs


def _call(
    run: Run,
    name: str,
    hook: Mapping[str, Any],
    arguments: Mapping[str, Any],
    options: CallOptions,
    place: HookPlace,
) -> Node:
    holder = {key: hook[key] for key in ("template", "templateRef") if hook.get(key)}
    try:
        return execute_template(
            run,
            name,
            holder,
            place.templates,
            arguments,
            options,
            parent=place.owner,
            parent_body=place.body,
            key=place.key,
        )
    except Fault:
        run.calls[name].again()  # an attempt that failed leaves a Retry node that the next visit ends
        raise


def _resolved(arguments: Mapping[str, Any], outputs: Mapping[str, Any], place: HookPlace) -> Mapping[str, Any]:
    """The arguments with what the node has put out; a tag that can't be replaced stays. Source: resolveExitTmplArgument."""
    own = {
        f"{place.reference}.outputs.parameters.{parameter['name']}": parameter.get("value") or ""
        for parameter in outputs.get("parameters") or []
    }
    variables = place.variables.child(own)
    resolved: dict[str, Any] = resolve(mark_absent(arguments, variables), variables, ())
    artifacts = place.artifacts.with_node(place.reference, outputs)
    return artifacts.in_arguments(resolved, variables, in_steps=True)

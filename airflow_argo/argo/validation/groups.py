"""Checks of dag and steps templates. Source: validateDAG and validateSteps in workflow/validate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from airflow_argo.argo.dag import DagGraph, dependencies
from airflow_argo.argo.depends import InvalidTaskResult, check_results
from airflow_argo.argo.templates import TemplateScope, template_type
from airflow_argo.argo.validation.faults import InvalidSpec, inside
from airflow_argo.argo.validation.leaf import find_cycle
from airflow_argo.argo.validation.parts import check_arguments, check_hooks, check_names, is_parameter, task_name_faults
from airflow_argo.argo.validation.variables import ANY_ITEM, ANY_OUTPUT_ARTIFACT, ANY_OUTPUT_PARAMETER, Known

Part = Mapping[str, Any]


class Checker(Protocol):
    """What checks the templates that tasks and steps name; see `spec`."""

    globals: dict[str, object]

    def check_holder(self, holder: Part, scope: TemplateScope, arguments: Part | None) -> dict[str, Any] | None:
        """Check a call; its template if that is known."""


def check_dag(template: Part, known: Known, checker: Checker, scope: TemplateScope) -> None:
    """The tasks of a dag template and the calls in them.

    Args:
        known: the variables of the template, to which those of the tasks are added.
        scope: where templates are looked up.
    Raises:
        InvalidSpec: something is wrong.
    """
    place = f"templates.{template.get('name', '')}"
    _check_no_deadline(place, template)
    tasks: list[dict[str, Any]] = template["dag"].get("tasks") or []
    if not tasks:
        raise InvalidSpec(f"{place} must have at least one task")
    _check_graph(place, tasks)
    with inside(f"{place}.tasks"):
        check_names(tasks)
    graph = DagGraph.of(template["dag"])
    ordered = [graph.tasks[name] for name in graph.topological()]
    uses_depends = any(task.get("depends") for task in tasks)
    found: dict[str, dict[str, Any] | None] = {}
    for task in ordered:
        _check_dependencies(place, task, uses_depends=uses_depends)
        with inside(f"{place}.tasks.{task['name']} "):
            found[task["name"]] = checker.check_holder(task, scope, None)
        _add_outputs(known, checker, f"tasks.{task['name']}", found[task["name"]], aggregate=_is_aggregated(task))
        _check_results(place, task, graph)
    with inside(f"{place}.targets "):
        known.check(template["dag"].get("target") or "")
    _check_targets(place, template["dag"].get("target") or "", graph)
    for task in ordered:
        if task.get("hooks") is not None:
            known.names.add(f"tasks.{task['name']}.status")
        _check_task(place, task, graph, known, checker, scope)


def _check_no_deadline(place: str, template: Part) -> None:
    if template.get("activeDeadlineSeconds") is not None:
        raise InvalidSpec(f"{place}.activeDeadlineSeconds is only valid for leaf templates")


def _check_graph(place: str, tasks: list[dict[str, Any]]) -> None:
    """Names are unique, dependencies are there, and there is no cycle. Source: TopologicalSorting."""
    by_name: dict[str, dict[str, Any]] = {}
    for task in tasks:
        name = task.get("name") or ""
        if name in by_name:
            raise InvalidSpec(f"{place} sorting failed: duplicated nodeName {name}")
        by_name[name] = task
    needed = {name: dependencies(task) for name, task in by_name.items()}
    for others in needed.values():
        for other in others:
            if other not in by_name:
                raise InvalidSpec(f"{place} sorting failed: invalid dependency {other}")
    if find_cycle(needed):
        raise InvalidSpec(f"{place} sorting failed: graph with cycle")


def _check_dependencies(place: str, task: Part, *, uses_depends: bool) -> None:
    name = task["name"]
    if (uses_depends or task.get("dependencies")) and "0" <= name[0] <= "9":
        rule = "name cannot begin with a digit when using either 'depends' or 'dependencies'"
        raise InvalidSpec(f"{place}.tasks.{name} {rule}")
    if uses_depends and task.get("dependencies"):
        raise InvalidSpec(f"{place} cannot use both 'depends' and 'dependencies' in the same DAG template")
    if uses_depends and task.get("continueOn") is not None:
        rule = "cannot use 'continueOn' when using 'depends'. Instead use 'dep-task.Failed'/'dep-task.Errored'"
        raise InvalidSpec(f"{place} {rule}")


def _check_results(place: str, task: Part, graph: DagGraph) -> None:
    try:
        check_results(task.get("depends") or "")
    except InvalidTaskResult as error:
        raise InvalidSpec(f"{place}.tasks.{task['name']} {error}") from None
    for other, of_loop in dependencies(task).items():
        if of_loop and not any(_loops(graph.tasks[other])):
            rule = "uses an items-based condition such as .AnySucceeded or .AllFailed but does not contain any items"
            raise InvalidSpec(f"{place}.tasks.{other} dependency '{other}' {rule}")


def _check_targets(place: str, target: str, graph: DagGraph) -> None:
    for name in target.split(" ") if target else []:
        if not is_parameter(name) and name not in graph.tasks:
            raise InvalidSpec(f"{place}.targets: target '{name}' is not defined")


def _check_task(
    place: str, task: dict[str, Any], graph: DagGraph, known: Known, checker: Checker, scope: TemplateScope
) -> None:
    ancestors = graph.ancestors(task["name"])

    def status_of_ancestor(name: str) -> bool:
        return name.startswith("tasks.") and name.endswith(".status") and name[len("tasks.") : -len(".status")] in ancestors

    own = set(_inline_inputs(task))
    with inside(f"{place}.tasks.{task['name']} "):
        own |= _item_names(task)
        of_task = Known(own, known.everywhere, known.isolated, lambda name: name in known.names or status_of_ancestor(name))
        of_task.names |= known.names & {ANY_OUTPUT_ARTIFACT, ANY_OUTPUT_PARAMETER}
        of_task.check(json.dumps(task, ensure_ascii=False, separators=(",", ":")))
    arguments = task.get("arguments") or {}
    check_arguments(f"{place}.tasks.{task['name']}.arguments.", arguments, values=True)
    with inside(f"{place}.tasks.{task['name']} "):
        for kind, of, field in (("parameter", "parameters", "value"), ("artifact", "artifacts", "from")):
            for argument in arguments.get(of) or []:
                text = argument.get(field)
                if isinstance(text, str) and text.startswith("{{tasks.") and text.split(".")[1] not in ancestors:
                    raise InvalidSpec(f"missing dependency '{text.split('.')[1]}' for {kind} '{argument['name']}'")
        checker.check_holder(task, scope, arguments)


def check_steps(template: Part, known: Known, checker: Checker, scope: TemplateScope) -> None:
    """The steps of a steps template and the calls in them, as `check_dag` does."""
    place = f"templates.{template.get('name', '')}"
    _check_no_deadline(place, template)
    seen: set[str] = set()
    for index, group in enumerate(template["steps"]):
        for step in group:
            name = step.get("name") or ""
            _check_step_name(f"{place}.steps[{index}].name", name, seen)
            known.names.add(f"steps.{name}.status")
            with inside(f"{place}.steps[{index}].{name} "):
                known.names |= _item_names(step)
            arguments = step.get("arguments") or {}
            check_arguments(f"{place}.steps[{index}].{name}.arguments.", arguments, values=True)
            with inside(f"{place}.steps[{index}].{name} "):
                found = checker.check_holder(step, scope, None)
            if step.get("onExit") or "exit" in (step.get("hooks") or {}):
                _add_outputs(known, checker, f"steps.{name}", found, aggregate=False)
            check_hooks(step.get("hooks") or {}, f"{place}.steps[{index}].{name}")
            inline = set(_inline_inputs(step))
            here = Known(known.names, known.everywhere, known.isolated, inline.__contains__)
            with inside(f"{place}.steps "):
                here.check(json.dumps(step, ensure_ascii=False, separators=(",", ":")))
            _add_outputs(known, checker, f"steps.{name}", found, aggregate=_is_aggregated(step))
            with inside(f"{place}.steps[{index}].{name} "):
                checker.check_holder(step, scope, arguments)


def _check_step_name(place: str, name: str, seen: set[str]) -> None:
    if not name:
        raise InvalidSpec(f"{place} is required")
    if name in seen:
        raise InvalidSpec(f"{place} '{name}' is not unique")
    if task_name_faults(name):
        raise InvalidSpec(f"{place} '{name}' is invalid: {';'.join(task_name_faults(name))}")
    seen.add(name)


def _inline_inputs(holder: Part) -> list[str]:
    inputs = (holder.get("inline") or {}).get("inputs") or {}
    return [f"inputs.parameters.{one['name']}" for one in inputs.get("parameters") or []]


def _loops(holder: Part) -> tuple[bool, bool, bool]:
    """Whether it has items, a param, a sequence, which may be one without fields. Source: ShouldExpand."""
    return bool(holder.get("withItems")), bool(holder.get("withParam")), holder.get("withSequence") is not None


def _is_aggregated(holder: Part) -> bool:
    return bool(holder.get("withItems") or holder.get("withParam"))


def _item_names(holder: Part) -> set[str]:
    """What a loop calls its item. Source: addItemsToScope."""
    if sum(_loops(holder)) > 1:
        raise InvalidSpec("only one of withItems, withParam, withSequence can be specified")
    names: set[str] = set()
    items = holder.get("withItems") or []
    if not isinstance(items, list):  # the API server takes it, and the controller can't read the workflow: it crashes
        kind = "object" if isinstance(items, Mapping) else "bool" if isinstance(items, bool) else "number"
        found = "string" if isinstance(items, str) else kind
        raise InvalidSpec(f"json: cannot unmarshal {found} into Go struct field withItems of type []v1alpha1.Item")
    for item in items:
        if isinstance(item, list):
            names |= {f"item.[{index}]" for index in range(len(item))}
        elif isinstance(item, Mapping):
            names |= {f"item.{key}" for key in item}
        else:
            names.add("item")
    if not names and holder.get("withParam"):
        return {"item", ANY_ITEM}
    sequence = holder.get("withSequence")
    if not names and sequence is not None:
        if sequence.get("count") is not None and sequence.get("end") is not None:
            raise InvalidSpec("only one of count or end can be defined in withSequence")
        return {"item"}
    return names


def _add_outputs(known: Known, checker: Checker, prefix: str, template: Part | None, *, aggregate: bool) -> None:
    """What a task or step leaves for others. Source: addOutputsToScope."""
    names = known.names
    names |= {f"{prefix}.{name}" for name in ("id", "startedAt", "finishedAt", "hostNodeName")}
    if template is None:
        return
    if template.get("daemon"):
        names.add(f"{prefix}.ip")
    if _has_output(template):
        names |= {f"{prefix}.outputs.result", f"{prefix}.exitCode"}
    outputs = template.get("outputs") or {}
    for kind, wildcard in (("parameters", ANY_OUTPUT_PARAMETER), ("artifacts", ANY_OUTPUT_ARTIFACT)):
        for output in outputs.get(kind) or []:
            names.add(f"{prefix}.outputs.{kind}.{output['name']}")
            global_name = output.get("globalName")
            if global_name and is_parameter(global_name):
                names.add(wildcard)
            elif global_name:
                checker.globals[f"workflow.outputs.{kind}.{global_name}"] = "?"
    if aggregate:
        names.add(f"{prefix}.outputs.parameters")
        if template_type(template) in ("script", "containerSet"):
            names |= {f"{prefix}.outputs.result", f"{prefix}.exitCode"}


def _has_output(template: Part) -> bool:
    """Whether a template has a result and an exit code. Source: HasOutput."""
    if template.get("containerSet") is not None:
        return any(one.get("name") == "main" for one in template["containerSet"].get("containers") or [])
    return template_type(template) in ("container", "script", "data", "http", "plugin")

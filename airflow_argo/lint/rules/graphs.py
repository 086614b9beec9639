"""What DAG tasks and containers wait for: `depends`, `dependencies`, `target`. Source: validateDAG; ancestry.go."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches

from airflow_argo.argo.dag import dependencies
from airflow_argo.argo.depends import DependsError, InvalidTaskResult, check_results, expanded, parse_depends
from airflow_argo.argo.names import DEPENDS_WORDS
from airflow_argo.argo.validation.leaf import find_cycle
from airflow_argo.argo.validation.parts import is_parameter
from airflow_argo.lint.finding import Finding, rule
from airflow_argo.lint.subjects import Call, Template


def _tasks(template: Template) -> list[Call]:
    return template.calls if template.kind == "dag" else []


def _field(task: Call) -> str:
    return f"{task.path}.{'depends' if task.holder.get('depends') else 'dependencies'}"


@rule("AA314", on=Template)
def unknown_dependency(template: Template) -> Iterator[Finding]:
    """A task depends on one that isn't in its DAG."""
    for task in _tasks(template):
        for name in dependencies(task.holder):
            if name not in template.by_name and name not in DEPENDS_WORDS:
                yield Finding(
                    _field(task), f"{task.what} depends on '{name}', which isn't in the DAG", _near(name, template.by_name)
                )


def _near(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"did you mean '{near[0]}'?" if near else "add the task, or leave it out"


@rule("AA315", on=Template)
def cycle(template: Template) -> Iterator[Finding]:
    """Tasks wait for one another."""
    needed = {task.name: [name for name in dependencies(task.holder) if name in template.by_name] for task in _tasks(template)}
    found = find_cycle(needed)
    if found:
        yield Finding(
            _field(template.by_name[found[0]]), f"tasks wait for one another: {' → '.join(found)}", "break the circle"
        )


@rule("AA315", on=Template)
def cycle_of_containers(template: Template) -> Iterator[Finding]:
    """Containers of a set wait for one another, or for one that isn't there."""
    containers = (template.body.get("containerSet") or {}).get("containers") or []
    needed = {one["name"]: one.get("dependencies") or [] for one in containers}
    for one in containers:
        for name in needed[one["name"]]:
            if name not in needed:
                found = f"container '{one['name']}' depends on '{name}', which isn't in the set"
                yield Finding(template.document.path(one, "dependencies"), found, _near(name, needed), code="AA315")
                return
    circle = find_cycle(needed)
    if circle:
        path = next(template.document.path(one, "dependencies") for one in containers if one["name"] == circle[0])
        yield Finding(path, f"containers wait for one another: {' → '.join(circle)}", "break the circle")


@rule("AA316", on=Call)
def unreadable_depends(task: Call) -> Iterator[Finding]:
    """A `depends` is an expression over results of tasks."""
    text = task.holder.get("depends") if task.head == "tasks" else None
    if not text or task.template is None or (task.template.graph is not None and task.name in task.template.graph.plain):
        return
    words = [name for name in dependencies(task.holder) if name in DEPENDS_WORDS]
    if words:
        found = f"in a depends '{words[0]}' is a word of the expression language, and every one with it is an Error"
        cure = (
            "call the task otherwise; combine results by &&, || and !"
            if words[0] in task.template.by_name
            else "use &&, || and !"
        )
        yield Finding(f"{task.path}.depends", found, cure)
        return
    try:
        parse_depends(expanded(text))
    except DependsError as error:
        reason = error.reason.partition("\n")[0]
        yield Finding(
            f"{task.path}.depends",
            f"the depends of {task.what} is no expression: {reason}",
            "combine results by &&, ||, ! and ()",
        )


@rule("AA317", on=Call)
def unknown_result(task: Call) -> Iterator[Finding]:
    """A `depends` asks for a result that there is."""
    text = task.holder.get("depends") if task.head == "tasks" else None
    if not text or task.template is None:
        return
    try:
        check_results(text)
    except InvalidTaskResult as error:
        near = get_close_matches(error.result, _RESULTS, 1)
        cure = f"did you mean {near[0]}?" if near else f"results are {', '.join(_RESULTS)}"
        yield Finding(f"{task.path}.depends", f"a task has no result '{error.result}'", cure)
    for name, of_loop in dependencies(task.holder).items():
        other = task.template.by_name.get(name)
        if of_loop and other is not None and not other.is_loop:
            found = f"'{name}' is no loop, and has neither AnySucceeded nor AllFailed"
            yield Finding(f"{task.path}.depends", found, "use Succeeded, Failed or Errored")


_RESULTS = ("Succeeded", "Failed", "Errored", "Skipped", "Omitted", "Daemoned", "AnySucceeded", "AllFailed")


@rule("AA318", on=Template)
def mixed_dependencies(template: Template) -> Iterator[Finding]:
    """A DAG whose tasks use `depends` has neither `dependencies` nor `continueOn`, and no task name begins with a digit."""
    tasks = _tasks(template)
    uses_depends = any(task.holder.get("depends") for task in tasks)
    for task in tasks:
        if uses_depends and task.holder.get("dependencies"):
            found = "depends and dependencies are mixed in one DAG"
            yield Finding(f"{task.path}.dependencies", found, f"write depends: {' && '.join(dependencies(task.holder))}")
        if uses_depends and task.holder.get("continueOn") is not None:
            found = "continueOn does not go together with depends"
            yield Finding(
                f"{task.path}.continueOn", found, f"say {task.name}.Failed or {task.name}.Errored in the depends of others"
            )
        if (uses_depends or task.holder.get("dependencies")) and task.name[:1].isdecimal():
            found = f"the name of {task.what} begins with a digit, in a DAG with dependencies"
            yield Finding(f"{task.path}.name", found, "begin it with a letter")


@rule("AA314", on=Template)
def unknown_target(template: Template) -> Iterator[Finding]:
    """The targets of a DAG are tasks of it."""
    target = str((template.body.get("dag") or {}).get("target") or "") if template.kind == "dag" else ""
    for name in target.split(" ") if target else []:
        if not is_parameter(name) and name not in template.by_name:
            yield Finding(
                f"{template.path}.dag.target", f"target '{name}' is no task of the DAG", _near(name, template.by_name)
            )

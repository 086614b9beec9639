"""Templates that call themselves, and calls inside calls. Source: maxAllowedStackDepth in controller.go; golden/while."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_argo.argo.limits import MAX_TEMPLATE_DEPTH
from airflow_argo.argo.validation.leaf import find_cycle
from airflow_argo.diagnostics import Severity
from airflow_argo.lint.finding import Finding, rule
from airflow_argo.lint.subjects import Call, Document, Template


@rule("AA333", on=Document)
def endless_recursion(document: Document) -> Iterator[Finding]:
    """A template calls itself, directly or not, and nothing on the way has a condition."""
    calls = {id(one): [call for call in one.calls if _always(call)] for one in document.templates}
    needed = {key: [id(call.target) for call in found if id(call.target) in calls] for key, found in calls.items()}
    circle = find_cycle(_by_text(needed))
    if not circle:
        return
    first, second = int(circle[0]), int(circle[1])
    call = next(one for one in calls[first] if id(one.target) == second)
    name = call.template.name if call.template is not None else ""
    if all(_at_once(one) for key in map(int, circle[:-1]) for one in calls[key] if str(id(one.target)) in circle):
        found = f"template '{name}' calls itself, and nothing ends that: at {MAX_TEMPLATE_DEPTH} calls it is an Error"
        yield Finding(call.path, found, f"give {call.what} a when")
    else:
        found = f"template '{name}' calls itself, and only a failure ends that"
        yield Finding(call.path, found, f"give {call.what} a when", Severity.WARNING)


def _by_text(needed: dict[int, list[int]]) -> dict[str, list[str]]:
    return {str(key): [str(other) for other in others] for key, others in needed.items()}


def _always(call: Call) -> bool:
    """Whether nothing but a failure keeps a call from being made."""
    holder = call.holder
    return not holder.get("when") and not holder.get("withParam") and not holder.get("withSequence")


def _at_once(call: Call) -> bool:
    """Whether nothing has to come before a call."""
    return call.group == 0 and not call.holder.get("depends") and not call.holder.get("dependencies")


@rule("AA334", on=Document)
def too_deep(document: Document) -> Iterator[Finding]:
    """Calls are nested more deeply than Argo goes."""
    start = document.entrypoint
    if start is None:
        return
    depths = _depths(start)
    if depths is not None and depths > MAX_TEMPLATE_DEPTH - 1:
        found = f"templates are called {depths} levels deep, and Argo goes no deeper than {MAX_TEMPLATE_DEPTH - 1}"
        yield Finding(f"{document.spec_path}.entrypoint", found, "put fewer groups into one another")


def _depths(start: Template) -> int | None:
    """How many templates are inside one another; None if one calls itself, which ends at run time."""
    order: list[Template] = []
    state: dict[Template, int] = {}
    stack: list[tuple[Template, bool]] = [(start, False)]
    while stack:
        template, left = stack.pop()
        if left:
            state[template] = 2
            order.append(template)
        elif template not in state:
            state[template] = 1
            stack.append((template, True))
            targets = [call.target for call in template.calls if call.target is not None]
            if any(state.get(target) == 1 for target in targets):
                return None
            stack += [(target, False) for target in dict.fromkeys(targets) if target not in state]
    depth: dict[Template, int] = {}
    for template in order:
        depth[template] = 1 + max((depth.get(call.target, 0) for call in template.calls if call.target is not None), default=0)
    return depth[start]

"""Groups that may end without a last node: the second kind of hang (golden/hangs/empty-group-*, step-*-then-task, serial-*).

A DAG is judged by a walk from node to node, and what depends on a group hangs on the last nodes inside it. Without any,
its dependents run, and yet the DAG stays Running for ever. Source: getOutboundNodes in operator.go; assessDAGPhase in dag.go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from airflow_argo.argo.expr import ExprError, parse
from airflow_argo.argo.expr.nodes import Binary, Builtin, Identifier, Member, walk
from airflow_argo.argo.expr.nodes import Call as FunctionCall
from airflow_argo.argo.govaluate import GovaluateError, should_execute
from airflow_argo.diagnostics import Severity
from airflow_argo.lint.finding import Finding, rule
from airflow_argo.lint.mentions import mentions
from airflow_argo.lint.states import RAN
from airflow_argo.lint.subjects import Call, Template

LOST, MAY_BE_LOST = "AA304", "AA305"
_CURE: Final = 'give the group\'s template retryStrategy: {limit: "0"}, which costs no pod'


@dataclass(frozen=True, slots=True)
class Loss:
    """Why a group may have no last node.

    Attributes:
        path: of the cause.
        sure: it doesn't take an unlucky value.
    """

    reason: str
    path: str
    sure: bool


@rule("AA335", on=Call)
def inline_loop(call: Call) -> Iterator[Finding]:
    """What comes after a loop over an inline template can't find that (golden/loops/inline-then-task)."""
    if _is_inline_loop(call):
        found = f"what comes after {call.what} is an Error: Argo doesn't find the template of a loop that is written inline"
        yield Finding(f"{call.path}.inline", found, "give the template a name among the workflow's templates")


def _is_inline_loop(call: Call) -> bool:
    return call.is_loop and call.inline is not None and not call.is_last


@rule("AA336", on=Call)
def lock_of_suspend(call: Call) -> Iterator[Finding]:
    """A lock that a suspend node took, as the last of its group, is not given back (golden/hangs/lock-of-last-suspend)."""
    target, group = call.target, call.template
    if target is None or group is None or target.kind != "suspend":
        return
    if not call.is_last or call.owner is not None or group is call.document.entrypoint:
        return
    locks = target.setting("synchronization") or {}
    if (locks.get("mutexes") or locks.get("semaphores")) and (target.body["suspend"].get("duration") or "") != "0":
        found = f"{call.what} is a suspend with a lock at the end of its group, and never gives it back: others wait for ever"
        yield Finding(call.path, found, "put the lock on the group, or a step that does nothing behind it")


@rule(LOST, MAY_BE_LOST, on=Template)
def lost_group(template: Template) -> Iterator[Finding]:
    """A task depends on nothing but groups that may end without a last node."""
    if template.graph is None:
        return
    losses = {call.name: found for call in template.calls if (found := _loss_of_call(call)) is not None}
    by_cause: dict[Loss, list[str]] = {}
    for name, loss in losses.items():
        if any(losses.keys() >= set(template.graph.upstream[one]) for one in template.graph.downstream[name]):
            by_cause.setdefault(loss, []).append(name)
    for loss, names in by_cause.items():
        yield _finding(template.by_name[names[0]], names, loss)


def _finding(group: Call, names: list[str], loss: Loss) -> Finding:
    groups = ", ".join(f"'{name}'" for name in names[:3]) + (" and others" if len(names) > 3 else "")
    target = group.target
    name = target.name if target is not None else group.name
    reason = f"{loss.reason}, so that group '{name}' has no last node"
    found = f"{reason}; what depends on {groups} then leaves the DAG Running for ever"
    own = target is not None and target.document is group.document
    code, severity = (LOST, Severity.ERROR) if loss.sure else (MAY_BE_LOST, Severity.WARNING)
    return Finding(loss.path if own else group.path, found, _CURE, severity, code)


def _loss_of_call(call: Call) -> Loss | None:
    if call.target is None or not call.document.bundle.states.when_reached(call) & RAN:
        return None
    return _loss(call.target, set())


def _loss(template: Template, inside: set[Template]) -> Loss | None:
    if not template.is_group or template.setting("retryStrategy") is not None or template in inside:
        return None
    inside = inside | {template}
    cut = _cut_short(template) or _loss_by_inline_loop(template)
    if cut is not None:
        return cut
    return _loss_of_steps(template, inside) if template.kind == "steps" else _loss_of_dag(template, inside)


def _loss_of_steps(template: Template, inside: set[Template]) -> Loss | None:
    groups = template.body["steps"]
    if not groups[-1:] or not groups[-1]:
        return Loss("its last step group is empty", f"{template.path}.steps[{len(groups) - 1}]", sure=True)
    failures = [found for call in template.calls if (found := _failure(call)) is not None]
    sure = next((found for found in failures if found.sure), None)
    if sure is not None:
        return sure
    last = [call for call in template.calls if call.group == len(groups) - 1]
    inner = [_loss(call.target, inside) if call.target is not None else None for call in last]
    if all(found is not None for found in inner):
        return min((found for found in inner if found is not None), key=lambda found: not found.sure)
    return failures[0] if failures else None


def _loss_of_dag(template: Template, inside: set[Template]) -> Loss | None:
    if template.graph is None:
        return None
    targets = [template.by_name[name] for name in template.graph.targets]
    inner = [_loss(call.target, inside) if call.target is not None else None for call in targets]
    if inner and all(found is not None for found in inner):
        return next(found for found in inner if found is not None)
    return None


def _cut_short(template: Template) -> Loss | None:
    """A group that failFast ends at its first failure: of a loop that is waited for, or of a pod. Source: checkParallelism."""
    if template.setting("failFast") is not True:
        return None
    limited = template.setting("parallelism") is not None or any(spec.get("parallelism") for spec in template.document.specs)
    loop = next((call for call in template.calls if call.is_loop), None)
    if limited and loop is not None:
        return Loss(f"failFast may cut the loop '{loop.name}' short", f"{template.path}.failFast", sure=True)
    pod = next((call for call in template.calls if call.target is not None and _takes_time(call.target, _is_pod)), None)
    if pod is None:
        return None
    return Loss(f"failFast ends it when {pod.what} fails", f"{template.path}.failFast", sure=True)


def _is_pod(template: Template) -> bool:
    return template.kind not in ("dag", "steps", "suspend", "")


def _is_no_moment(template: Template) -> bool:
    return _is_pod(template) or (template.kind == "suspend" and (template.body.get("suspend") or {}).get("duration") != "0")


def _takes_time(template: Template, takes_time: Callable[[Template], bool]) -> bool:
    """Whether it is such a template, or calls one, directly or not."""
    seen: set[str] = set()
    todo = [template]
    while todo:
        current = todo.pop()
        if takes_time(current):
            return True
        if current.path in seen or not current.is_group:
            continue
        seen.add(current.path)
        todo += [call.target for call in current.calls if call.target is not None]
    return False


@rule("AA338", on=Template)
def empty_group_before_others(template: Template) -> Iterator[Finding]:
    """An empty step group waits for the next one, which nobody looks at meanwhile (golden/hangs/empty-group-then-pod)."""
    groups = template.body.get("steps") or [] if template.kind == "steps" else []
    empty = next((index for index, group in enumerate(groups) if not group), None)
    if empty is None:
        return
    for call in template.calls:
        if (call.group or 0) > empty and call.target is not None and _takes_time(call.target, _is_no_moment):
            found = f"this step group is empty, and {call.what} behind it takes its time: the steps stay Running for ever"
            yield Finding(f"{template.path}.steps[{empty}]", found, "leave the empty group out")
            return


def _loss_by_inline_loop(template: Template) -> Loss | None:
    """What comes after a loop over an inline template makes the group an Error before the rest of it has nodes."""
    loop = next((call for call in template.calls if _is_inline_loop(call)), None)
    return Loss(f"the inline template of loop '{loop.name}' isn't found", f"{loop.path}.inline", sure=True) if loop else None


# --- steps that fail before they have a node


def _failure(step: Call) -> Loss | None:
    """Why a step may fail before it has a node: what it is made of can't be evaluated. Source: executeStepGroup."""
    condition = step.holder.get("when") or ""
    reason, sure = _of_condition(condition)
    if reason:
        return Loss(f"the when of {step.what} {reason}", f"{step.path}.when", sure)
    items = step.holder.get("withParam") or ""
    reason, sure = _of_items(items)
    if reason:
        return Loss(f"the withParam of {step.what} {reason}", f"{step.path}.withParam", sure)
    for argument in step.arguments():
        reason, sure = _of_expressions(str(argument.get("value") or ""))
        if reason:
            path = step.document.path(argument, "value")
            return Loss(f"argument '{argument['name']}' of {step.what} {reason}", path, sure)
    return None


_Reason = tuple[str, bool]
_FINE: Final[_Reason] = ("", True)
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")


def _of_condition(condition: str) -> _Reason:
    if "{{" not in condition:
        return _FINE if _is_condition(condition) else ("is no condition", True)
    reason = _of_expressions(condition)
    if reason[0]:
        return reason
    outside = _QUOTED.sub("''", condition)
    found = mentions(outside)
    if found.whole and found.expressions:
        return _FINE
    risky = any(one.expression is None and one.output != "status" for one in found.references)
    return ("fails if a value in it is no word or number", False) if risky else _FINE


def _is_condition(text: str) -> bool:
    try:
        should_execute(text)
    except GovaluateError:
        return False
    return True


def _of_items(items: str) -> _Reason:
    if not items:
        return _FINE
    if "{{" not in items:
        try:
            is_list = isinstance(json.loads(items), list)
        except ValueError:
            is_list = False
        return _FINE if is_list else ("is no list", True)
    found = mentions(items)
    if found.whole and not found.expressions:
        aggregate = any(one.output in ("outputs.result", "outputs.parameters") for one in found.references)
        return _FINE if aggregate else ("fails if its value is no list", False)
    return _of_expressions(items)


def _of_expressions(text: str) -> _Reason:
    for expression in mentions(text).expressions:
        if expression.unreadable or expression.unknown or expression.fails:
            return "can't be evaluated", True
        if _is_risky(expression.source):
            return "fails if a value in it can't be converted", False
    return _FINE


_CONVERSIONS: Final = frozenset(["int", "float", "fromJSON", "fromBase64", "date", "duration", "timezone", "asInt", "asFloat"])


def _is_risky(source: str) -> bool:
    """Whether an expression fails for some values: it converts them."""
    try:
        tree = parse(source)
    except ExprError:
        return True
    for node in walk(tree):
        match node:
            case Builtin(name=name) if name in _CONVERSIONS:
                return True
            case FunctionCall(callee=Identifier(name=name)) if name in _CONVERSIONS:
                return True
            case FunctionCall(callee=Member(of=Identifier(name="sprig"))):
                continue
            case Binary(operator="-" | "*" | "/" | "%" | "^" | "**"):
                return True
    return False

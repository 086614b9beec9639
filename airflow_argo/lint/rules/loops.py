"""Loops: what they go over, and what their tasks may refer to. Source: expandTask, processItem; golden/loops."""

from __future__ import annotations

import json
from collections.abc import Iterator

from airflow_argo.argo.references import captures_result
from airflow_argo.diagnostics import Severity
from airflow_argo.lint.finding import Finding, rule
from airflow_argo.lint.mentions import mentions
from airflow_argo.lint.rules.variables import HEADS, has_result
from airflow_argo.lint.states import BAD, IDLE
from airflow_argo.lint.subjects import LOOPS, Call, Text


@rule("AA327", on=Call)
def several_loops(call: Call) -> Iterator[Finding]:
    """A task has one kind of items."""
    given = [name for name in LOOPS if call.holder.get(name)]
    if len(given) > 1:
        yield Finding(f"{call.path}.{given[1]}", f"{call.what} has both {' and '.join(given)}", "leave one of them")
    sequence = call.holder.get("withSequence") or {}
    if sequence.get("count") is not None and sequence.get("end") is not None:
        yield Finding(f"{call.path}.withSequence", "a sequence has a count or an end, not both", "leave one of them")


@rule("AA328", on=Call)
def empty_items(call: Call) -> Iterator[Finding]:
    """A literal empty list is no loop at all: the task runs once (golden/nopod/literal-empty-items-*)."""
    if call.holder.get("withItems") == []:
        found = f"withItems: [] makes no loop, so that {call.what} runs once"
        yield Finding(f"{call.path}.withItems", found, "use withParam: '[]' to skip it, or leave the task out")


@rule("AA331", on=Call)
def items_are_no_list(call: Call) -> Iterator[Finding]:
    """What a loop goes over is a JSON list."""
    items = call.holder.get("withParam") or ""
    if not items or "{{" in items:
        return
    try:
        is_list = isinstance(json.loads(items), list)
    except ValueError:
        is_list = False
    if not is_list:
        fatal = call.document.bundle.states.is_fatal(call)
        found = f"the withParam of {call.what} is no JSON list"
        yield Finding(f"{call.path}.withParam", found, 'write one: \'["a", "b"]\'', None if fatal else Severity.WARNING)


@rule("AA323", on=Text)
def unresolved_tag_in_loop(text: Text) -> Iterator[Finding]:
    """Where there are items every tag has to resolve; elsewhere an unknown one stays (golden/loops/unresolved-tag-in-loop)."""
    call = text.call
    if call is None or text.expression or not (call.is_loop or (call.owner is not None and call.owner.is_loop)):
        return
    if any(text.path.startswith(f"{call.path}.{name}") for name in LOOPS):
        return
    for reference in mentions(text.value).references:
        name = ".".join(reference.path)
        if reference.path[0] not in HEADS and not reference.guarded:
            found = f"'{name}' is no variable, and in a loop every tag has to be one"
            yield Finding(text.path, found, "pass the text in by a parameter of the workflow, or by base64")


@rule("AA324", on=Text)
def own_hook_of_loop(text: Text) -> Iterator[Finding]:
    """The exit hook of a loop runs once an item, and can't refer to the task (golden/hooks/loop)."""
    owner = text.call.owner if text.call is not None else None
    if owner is None or not owner.is_loop or text.expression:
        return
    if any(reference.node == owner.name for reference in mentions(text.value).references):
        found = f"the hook of loop '{owner.name}' refers to '{owner.name}', which isn't there while its items run"
        yield Finding(
            text.path, found, "let the hook's template do without, or wrap the body of the loop and put the hook inside"
        )


@rule("AA325", on=Text)
def result_not_captured(text: Text) -> Iterator[Finding]:
    """Argo keeps a result only if it finds a plain mention of it (golden/absent/result-not-captured).

    Source: hasOutputResultRef in operator.go.
    """
    group = text.template
    if group is None or not group.is_group or (text.call is None and not text.output):
        return
    for reference in mentions(text.value, expression=text.expression).references:
        producer = group.by_name.get(reference.node or "")
        if producer is None or reference.expression is None or reference.output != "outputs.result":
            continue
        target = producer.target
        if target is None or not has_result(target) or captures_result(group.json, reference.path[0], producer.name):
            continue
        found = f"Argo doesn't keep the result of '{producer.name}' for a mention that is written like this"
        cure = f"put a comment into the expression: /* {reference.path[0]}.{producer.name}.outputs.result */"
        yield Finding(text.path, found, cure)


@rule("AA332", on=Text)
def short_form_over_loop(text: Text) -> Iterator[Finding]:
    """After a loop without a success `outputs.parameters` is the text [], and has no members (golden/loops/all-fail)."""
    call = text.call
    if call is None or call.template is None or call.owner is not None:
        return
    for expression in mentions(text.value).expressions:
        if "type(" in expression.source.replace(" ", ""):
            return
    for reference in mentions(text.value).references:
        producer = call.template.by_name.get(reference.node or "")
        if producer is None or not producer.is_loop or not reference.guarded or producer.name not in call.ancestors:
            continue
        if reference.path[2:4] == ("outputs", "parameters") and len(reference.path) > 4 and _may_be_text(call, producer):
            found = (
                f"the expression is an Error if no item of '{producer.name}' succeeds: outputs.parameters is the text [] then"
            )
            outputs = f"{reference.path[0]}['{producer.name}'].outputs?.parameters"
            cure = f"test it first: type({outputs} ?? '') == 'map' && … ? … : '[]'"
            yield Finding(text.path, found, cure)


def _may_be_text(call: Call, producer: Call) -> bool:
    reached = call.document.bundle.states.hazards(call, producer, before_when=False)
    return bool(reached & BAD) or IDLE in reached

"""References to variables that there aren't, or that aren't there yet.

Argo refuses a simple tag of an unknown variable (`invalid spec: … failed to resolve`). It doesn't look into expressions: one
that needs a task's variable that never comes waits for ever. Source: resolveAllVariables in workflow/validate; util/template.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Final

from airflow_argo.argo.references import NODE_HEADS, Reference
from airflow_argo.diagnostics import Severity
from airflow_argo.lint.finding import Finding, rule
from airflow_argo.lint.mentions import mentions
from airflow_argo.lint.subjects import Call, Template, Text

UNKNOWN_NODE, UNKNOWN_VARIABLE, UNKNOWN_OUTPUT, NO_ANCESTOR = "AA309", "AA310", "AA311", "AA303"

_OF_NODES: Final = frozenset(["id", "ip", "name", "status", "startedAt", "finishedAt", "hostNodeName", "exitCode", "outputs"])
_OF_WORKFLOWS: Final = frozenset(
    [
        "name",
        "namespace",
        "uid",
        "serviceAccountName",
        "mainEntrypoint",
        "parameters",
        "labels",
        "annotations",
        "outputs",
        "creationTimestamp",
        "scheduledTime",
        "duration",
        "priority",
        "status",
        "failures",
    ]
)
HEADS: Final = frozenset(
    ["inputs", "workflow", "item", "pod", "node", "outputs", "retries", "lastRetry", "tasks", "steps", "cronworkflow"]
)
"""What variables of Argo's begin with; other tags are nobody's, and stay as they are."""


@rule(UNKNOWN_VARIABLE, UNKNOWN_NODE, UNKNOWN_OUTPUT, NO_ANCESTOR, on=Text)
def unknown_variable(text: Text) -> Iterator[Finding]:
    """A tag or an expression names what isn't there."""
    seen = set()
    for reference in mentions(text.value, expression=text.expression).references:
        if reference.path not in seen:
            seen.add(reference.path)
            yield from _faults(text, reference)


def _faults(text: Text, reference: Reference) -> Iterator[Finding]:
    match reference.path[0]:
        case "inputs":
            yield from _inputs(text, reference)
        case "workflow":
            yield from _workflow(text, reference)
        case "item":
            yield from _item(text, reference)
        case "tasks" | "steps":
            yield from _node(text, reference)
        case head if head not in HEADS and reference.expression is not None and not text.expression:
            if not reference.guarded:
                found = f"nothing is called '{head}', so that the expression stays as it is"
                yield Finding(text.path, found, _instead(head, HEADS), Severity.WARNING)


def _inputs(text: Text, reference: Reference) -> Iterator[Finding]:
    if text.template is None or len(reference.path) < 3 or reference.guarded:
        return
    _, kind, name, *_ = reference.path
    templates = [text.template]
    if text.template.caller is not None and text.template.caller.template is not None:
        templates.append(text.template.caller.template)
    if text.call is not None and text.call.inline is not None:
        templates.append(text.call.inline)
    if kind == "parameters":
        declared = [one for template in templates for one in template.inputs]
    elif kind == "artifacts":
        declared = [one for template in templates for one in template.artifacts("inputs")]
    else:
        declared = []
    if name not in declared:
        found = f"template '{text.template.name}' has no input '{name}'" if declared else "there is no such input"
        yield Finding(text.path, found, _instead(name, declared) or "declare it in the template's inputs")


def _workflow(text: Text, reference: Reference) -> Iterator[Finding]:
    path = reference.path
    if len(path) < 2 or reference.guarded:
        return
    if path[1] not in _OF_WORKFLOWS:
        yield Finding(text.path, f"there is no variable workflow.{path[1]}", _instead(path[1], _OF_WORKFLOWS))
        return
    is_known = text.document.is_template or len(path) < 3 or path[2] == "json" or path[2] in text.document.parameters
    if path[1] == "parameters" and not is_known:
        cure = _instead(path[2], text.document.parameters) or "declare it in spec.arguments.parameters"
        yield Finding(text.path, f"the workflow has no parameter '{path[2]}'", cure)


def _item(text: Text, reference: Reference) -> Iterator[Finding]:
    loop = text.call
    if loop is None and text.template is not None:
        loop = text.template.caller
    if loop is not None and loop.owner is not None:
        loop = loop.owner
    if loop is None:
        yield Finding(text.path, "there is no item outside of a loop", "pass it to the template as an argument")
    elif not loop.is_loop:
        yield Finding(text.path, f"{loop.what} is no loop, and has no item", "give it withItems, withParam or withSequence")
    elif len(reference.path) > 1 and not reference.guarded:
        yield from _item_key(text, reference, loop)


def _item_key(text: Text, reference: Reference, loop: Call) -> Iterator[Finding]:
    key = reference.path[1] if reference.expression is not None else ".".join(reference.path[1:])
    items = loop.holder.get("withItems") or []
    keys = [name for item in items if isinstance(item, dict) for name in item]
    if loop.holder.get("withSequence") or (items and not keys and not any(isinstance(item, list) for item in items)):
        yield Finding(text.path, f"the items of {loop.what} are no maps, and have no '{key}'", "use {{item}}")
    elif items and all(isinstance(item, dict) for item in items) and key not in keys:
        yield Finding(text.path, f"no item of {loop.what} has a '{key}'", _instead(key, keys))


# --- tasks and steps


def _node(text: Text, reference: Reference) -> Iterator[Finding]:
    if len(reference.path) < 2 or (reference.optional_from or 2) < 2:
        return
    if reference.path[1:] == ("name",):
        yield from _own_name(text, reference)
        return
    head, name, *rest = reference.path
    call, group = _place(text)
    if group is None:
        if call is None:
            found = f"outputs of {head} can only be used where they are called, and in the outputs of their template"
            yield Finding(text.path, found, "pass it to the template as an argument", code=UNKNOWN_NODE)
        return
    if not group.is_group:
        return
    if head != ("tasks" if group.kind == "dag" else "steps") or name not in group.by_name:
        kind = head.removesuffix("s")
        cure = _instead(name, group.by_name) if head in NODE_HEADS else ""
        yield Finding(text.path, f"template '{group.name}' has no {kind} '{name}'", cure, code=UNKNOWN_NODE)
        return
    if call is not None and name not in call.ancestors:
        yield _no_ancestor(text, call, name)
        return
    yield from _variable_of(text, reference, group.by_name[name], rest)


def _own_name(text: Text, reference: Reference) -> Iterator[Finding]:
    """Only the inside of a template knows what its task or step is called (golden/hangs/steps-name)."""
    in_call = text.call is not None and text.call.owner is None
    in_inputs = text.template is not None and text.path.startswith(f"{text.template.path}.inputs.")
    if in_call or in_inputs:
        name = ".".join(reference.path)
        found = f"{name} is known only inside of the template that is called; here it is waited for for ever"
        yield Finding(text.path, found, "use it in the template, or write the name", code=NO_ANCESTOR)


def _place(text: Text) -> tuple[Call | None, Template | None]:
    """The call whose field a text is, or that its inline template is written in, and the group that this is in."""
    if text.call is not None:
        return text.call, text.call.template
    if text.template is not None and text.template.caller is not None and not text.output:
        return text.template.caller, text.template.caller.template
    return None, text.template if text.output else None


def _no_ancestor(text: Text, call: Call, name: str) -> Finding:
    if name == call.name:
        return Finding(
            text.path, f"{call.what} reads a variable of its own, which isn't there before it has run", code=NO_ANCESTOR
        )
    if call.head == "steps":
        found, cure = (
            f"{call.what} reads a variable of '{name}', which isn't in an earlier step group",
            "put it into a later group",
        )
    else:
        found = f"{call.what} reads a variable of '{name}', on which it doesn't depend"
        cure = f"add {name} to its depends, in a state in which it has the variable"
    return Finding(text.path, f"{found}: Argo refuses that, or waits for it for ever", cure, code=NO_ANCESTOR)


def _variable_of(text: Text, reference: Reference, producer: Call, rest: list[str]) -> Iterator[Finding]:
    if not rest:
        if reference.expression is None:
            yield Finding(text.path, f"'{producer.name}' alone is no variable", "name its status or an output")
        return
    if rest[0] not in _OF_NODES:
        if not reference.guarded:
            yield Finding(text.path, f"{producer.what} has no variable '{rest[0]}'", _instead(rest[0], _OF_NODES))
        return
    if rest[0] != "outputs" or producer.target is None or reference.guarded:
        return
    missing = _missing_output(producer.target, rest[1:])
    if missing:
        template = producer.target.name
        found = f"{producer.what} has no {missing}: its template '{template}' declares none" if template else f"no {missing}"
        cure = "declare it in the template's outputs"
        if missing.startswith("output parameter"):
            cure = _instead(rest[2], producer.target.outputs) or cure
        yield Finding(text.path, found, cure, code=UNKNOWN_OUTPUT)


def _missing_output(template: Template, output: list[str]) -> str:
    match output:
        case ["result"] if not has_result(template):
            return "result"
        case ["parameters", name, *_] if name not in template.outputs:
            return f"output parameter '{name}'"
        case ["artifacts", name, *_] if name not in template.artifacts("outputs"):
            return f"output artifact '{name}'"
        case [kind, *_] if kind not in ("result", "parameters", "artifacts", "exitCode"):
            return f"outputs.{kind}"
    return ""


def has_result(template: Template) -> bool:
    """Whether Argo keeps what a template prints. Source: HasOutput."""
    if template.kind == "containerSet":
        containers = (template.body.get("containerSet") or {}).get("containers") or []
        return any(one.get("name") == "main" for one in containers)
    return template.kind in ("container", "script", "data", "http", "plugin", "")


def _instead(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, 1)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"there are: {', '.join(sorted(known))}" if 0 < len(known) <= 20 else ""

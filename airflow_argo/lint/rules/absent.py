"""Outputs that may not be there: the first kind of hang (golden/hangs/failed-*, skipped-result-*, loop-*, steps-failed-tag).

A task that needs an output of one that failed, or the result of one that was skipped, waits for it for ever: the workflow stays
Running. A declared output of a skipped task is nil instead, which only its own default, that of the input that it goes into,
or an expression with `??` puts up with. Source: docs/variables.md; scope.go; facts of golden/absent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from airflow_argo.argo.references import Reference
from airflow_argo.diagnostics import Severity
from airflow_argo.lint.finding import Finding, rule
from airflow_argo.lint.mentions import mentions
from airflow_argo.lint.states import BAD, ERRORED, FAILED, IDLE, OMITTED, SKIPPED, SUCCEEDED, Ends
from airflow_argo.lint.subjects import Call, Text

HANG, NIL = "AA301", "AA302"
_WORDS = {FAILED: "failed", ERRORED: "an Error", SKIPPED: "skipped", OMITTED: "omitted", IDLE: "without an item that ran"}


class Absence(Enum):
    """What becomes of who needs an output that isn't there."""

    NIL = "an Error"
    RARELY = "waits, if the pod was lost"
    HANG = "waits for ever"


@rule(NIL, on=Text)
def absent_in_output(text: Text) -> Iterator[Finding]:
    """An output of a group is made of an output that isn't there, which makes the group an Error (golden/absent/output-*)."""
    group = text.template
    if not text.output or group is None or has_default(text):
        return
    states = text.document.bundle.states
    for reference in dict.fromkeys(mentions(text.value, expression=text.expression).references):
        producer = group.by_name.get(reference.node or "")
        if producer is None or reference.guarded or reference.path[2:3] != ("outputs",) or "?" in (reference.expression or ""):
            continue
        ends = states.forward(group)[producer.name] if group.graph is not None else states.when_reached(producer)
        absent = frozenset(end for end in ends if end != SUCCEEDED and not _has_default_of(producer, reference))
        if not absent or not (SKIPPED in absent or absent == ends):
            continue
        made_of = f"{'.'.join(reference.path[2:])} of '{producer.name}'"
        found = f"the output is made of {made_of}, and is an Error if that is {_states(absent)}"
        severity = Severity.ERROR if absent == ends else Severity.WARNING
        yield Finding(text.path, found, "give it a valueFrom.default, or use an expression with ?. and ??", severity)


def has_default(text: Text) -> bool:
    """Whether what an output is made of may fail, since it has a default."""
    group = text.template
    outputs = group.outputs.values() if group is not None else ()
    sources = [one for one in outputs if text.path.startswith(f"{text.document.path(one)}.")]
    return any((one.get("valueFrom") or {}).get("default") is not None for one in sources)


def _has_default_of(producer: Call, reference: Reference) -> bool:
    match reference.path[3:]:
        case ("parameters", name) if producer.target is not None:
            return ((producer.target.outputs.get(name) or {}).get("valueFrom") or {}).get("default") is not None
        case ("artifacts", *_):
            return True
    return producer.target is None


@dataclass(frozen=True, slots=True)
class _Need:
    """A text of a task or step needs a variable of another one."""

    text: Text
    call: Call
    producer: Call
    reference: Reference
    whole: bool


@rule(HANG, NIL, on=Text)
def absent_output(text: Text) -> Iterator[Finding]:
    """A task or step needs an output that may not be there when it starts."""
    call = text.call
    if call is None or call.template is None or call.owner is not None or text.expression:
        return
    found = mentions(text.value)
    seen = set()
    for reference in found.references:
        producer = call.template.by_name.get(reference.node or "")
        usable = producer is not None and reference.path[0] == call.head and producer.name in call.ancestors
        if producer is None or not usable or reference.guarded or reference.path in seen:
            continue
        seen.add(reference.path)
        yield from _findings(_Need(text, call, producer, reference, found.whole))


def _findings(need: _Need) -> Iterator[Finding]:
    absences = {end: found for end in _ENDS if (found := _absence(need, end)) is not None}
    if not absences:
        return
    before_when = need.text.path == f"{need.call.path}.when"
    reached = need.text.document.bundle.states.hazards(need.call, need.producer, before_when=before_when)
    by_kind = {kind: frozenset(end for end in reached if absences.get(end) is kind) for kind in Absence}
    if by_kind[Absence.HANG]:
        yield _hang(need, by_kind[Absence.HANG], Severity.WARNING if _only_by_values(need, by_kind[Absence.HANG]) else None)
    elif by_kind[Absence.RARELY]:
        yield _rare_hang(need)
    if by_kind[Absence.NIL] and not _provided_for(need):
        yield _nil(need, by_kind[Absence.NIL], sure=by_kind[Absence.NIL] == reached)


_ENDS = (IDLE, FAILED, ERRORED, SKIPPED, OMITTED)


def _only_by_values(need: _Need, ends: Ends) -> bool:
    """Whether it takes an empty list, made by the run, to skip the other one."""
    holder = need.producer.holder
    items = f"{holder.get('withParam') or ''}{holder.get('withSequence') or ''}"
    return ends == frozenset([SKIPPED]) and need.producer.is_loop and "{{" in items


# --- what is there when


def _absence(need: _Need, end: str) -> Absence | None:
    match need.reference.path[2:]:
        case ("exitCode",):
            return Absence.HANG if end in (SKIPPED, OMITTED) else None
        case ("outputs", "result"):
            return _of_result(need.producer, end)
        case ("outputs", "parameters"):
            return Absence.HANG if end in (SKIPPED, OMITTED) else None
        case ("outputs", "parameters", name, *_):
            return _of_loop(need, name, end) if need.producer.is_loop else _of_parameter(need, name, end)
    return None


def _of_result(producer: Call, end: str) -> Absence | None:
    if end in (SKIPPED, OMITTED):
        return Absence.HANG
    if producer.is_loop:
        return None
    return Absence.HANG if end == ERRORED else Absence.RARELY


def _of_parameter(need: _Need, name: str, end: str) -> Absence | None:
    template = need.producer.target
    if template is None:
        return None
    output = template.outputs.get(name)
    has_default = output is not None and (output.get("valueFrom") or {}).get("default") is not None
    if end in (SKIPPED, OMITTED):
        if output is None:
            return Absence.HANG if need.reference.expression is not None else None
        return None if has_default else Absence.NIL
    if end == FAILED and template.kind == "suspend":
        return None
    return Absence.RARELY if end == FAILED and has_default and not template.is_group else Absence.HANG


def _of_loop(need: _Need, name: str, end: str) -> Absence | None:
    template = need.producer.target
    if template is None:
        return None
    if end in BAD or end == IDLE:
        return Absence.HANG
    output = template.outputs.get(name) or {}
    return None if (output.get("valueFrom") or {}).get("default") is not None else Absence.NIL


def _provided_for(need: _Need) -> bool:
    """Whether nil does no harm: the input has a default, or the expression makes something else of it."""
    if need.reference.expression is not None:
        return "?" in need.reference.expression
    if not need.whole:
        return False
    target = need.call.target
    if target is None:
        return True
    arguments = [one for one in need.call.arguments() if need.text.path == need.text.document.path(one, "value")]
    inputs = [target.inputs.get(one["name"], {}) for one in arguments]
    return any(one.get("default") is not None or one.get("value") is not None for one in inputs)


# --- what is said


def safe_form(need: _Need) -> str:
    """The way to write a reference that works in whatever state the other one is."""
    head, name, *rest = need.reference.path
    if rest == ["exitCode"]:
        return f"{{{{= {head}['{name}'].exitCode ?? '' }}}}"
    default = "'[]'" if need.producer.is_loop else "''"
    value = f"{head}['{name}'].{rest[0]}?." + "?.".join(rest[1:])
    if rest[-1] == "result":
        return f"{{{{= /* {head}.{name}.outputs.result */ {value} ?? {default} }}}}"
    if need.producer.is_loop and len(rest) > 2:
        outputs = f"{head}['{name}'].outputs?.parameters"
        is_list = f"type({outputs} ?? '') == 'map' && ({outputs}?.{rest[2]} ?? '') startsWith '['"
        return f"{{{{= {is_list} ? {outputs}?.{rest[2]} : '[]' }}}}"
    return f"{{{{= {value} ?? {default} }}}}"


def _what(need: _Need) -> str:
    return f"{need.call.what} needs {'.'.join(need.reference.path[2:])} of '{need.producer.name}'"


def _states(ends: Ends) -> str:
    return " or ".join(_WORDS[end] for end in _ENDS if end in ends)


def _hang(need: _Need, ends: Ends, severity: Severity | None) -> Finding:
    found = f"{_what(need)}, and waits for it for ever if that is {_states(ends)}"
    cure = f"write {safe_form(need)}"
    if need.call.head == "tasks" and IDLE not in ends:
        cure += f", or start only after {need.producer.name}.Succeeded"
    return Finding(need.text.path, found, cure, severity)


def _rare_hang(need: _Need) -> Finding:
    found = f"{_what(need)}, and waits for it for ever if that failed without a trace, as by a deadline or a lost node"
    return Finding(need.text.path, found, f"write {safe_form(need)}", Severity.WARNING)


def _nil(need: _Need, ends: Ends, *, sure: bool) -> Finding:
    found = f"{_what(need)}, which is nil if that is {_states(ends)}, and is an Error then"
    severity = Severity.ERROR if sure and need.text.document.bundle.states.is_fatal(need.call) else Severity.WARNING
    return Finding(need.text.path, found, f"write {safe_form(need)}, or give the output a valueFrom.default", severity, NIL)

"""Expressions: in tags, and in the fields that hold one. `argo lint` looks at none of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airflow_argo.diagnostics import Severity
from airflow_argo.lint.finding import Finding, rule
from airflow_argo.lint.mentions import Expression, mentions
from airflow_argo.lint.rules.absent import has_default
from airflow_argo.lint.states import SKIPPED
from airflow_argo.lint.subjects import Call, Document, Text


@rule("AA319", on=Text)
def unreadable_expression(text: Text) -> Iterator[Finding]:
    """An expression that is none."""
    for expression in mentions(text.value, expression=text.expression).expressions:
        if expression.unreadable:
            yield _unreadable(text.path, expression)


def _unreadable(path: str, expression: Expression) -> Finding:
    found = f"'{_short(expression.source)}' is no expression: {expression.unreadable}"
    return Finding(path, found, "correct it; the language is that of expr-lang.org")


@rule("AA320", on=Text)
def failing_expression(text: Text) -> Iterator[Finding]:
    """An expression that fails whatever the values are: it calls an unknown function, or has no values."""
    if (text.output and has_default(text)) or _is_never_evaluated(text):
        return
    for expression in mentions(text.value, expression=text.expression).expressions:
        if expression.unknown:
            found = f"there is no function '{expression.unknown}'"
            yield Finding(text.path, found, "functions are those of expr-lang, asInt, asFloat, jsonpath, toJson and sprig.*")
        elif expression.fails:
            found = f"'{_short(expression.source)}' fails whenever it is evaluated: {expression.fails}"
            yield Finding(text.path, found, "correct it", None if _is_fatal(text) else Severity.WARNING)


def _is_never_evaluated(text: Text) -> bool:
    """Whether a literal `when: false` is in the way: a skipped task's arguments are never read."""
    call = text.call
    if call is None or text.path == f"{call.path}.when":
        return False
    return call.document.bundle.states.when_reached(call) == frozenset([SKIPPED])


def _is_fatal(text: Text) -> bool:
    states = text.document.bundle.states
    if text.call is not None:
        return text.call.owner is None and states.is_fatal(text.call)
    template = text.template
    if template is None or template.is_inline:
        return template is not None
    callers = [call for other in text.document.templates for call in other.calls if call.target is template]
    if not callers or template is text.document.entrypoint:
        return True
    return any(states.is_fatal(call) for call in callers)


@rule("AA322", on=Text)
def open_tag(text: Text) -> Iterator[Finding]:
    """A tag that isn't closed takes the next closing braces of the manifest, or none."""
    if mentions(text.value, expression=text.expression).is_open:
        found = "a tag is opened by {{ and not closed"
        yield Finding(
            text.path, found, "close it by }}; text with {{ in it travels as base64: {{= sprig.b64dec(…) }}", Severity.WARNING
        )


@rule("AA319", on=Document)
def unreadable_schedule_condition(document: Document) -> Iterator[Finding]:
    """A CronWorkflow's stopStrategy has an expression."""
    strategy = (document.clean.get("spec") or {}).get("stopStrategy") if document.kind == "CronWorkflow" else None
    source: Any = strategy.get("expression") if isinstance(strategy, dict) else None
    if isinstance(source, str):
        for expression in mentions(source, expression=True).expressions:
            if expression.unreadable:
                yield _unreadable("spec.stopStrategy.expression", expression)


@rule("AA326", on=Call)
def hook_without_condition(hook: Call) -> Iterator[Finding]:
    """Hooks other than `exit` have a condition. Source: validateHooks."""
    if hook.hook and hook.hook not in ("exit", "onExit") and not hook.holder.get("expression"):
        found = f"hook '{hook.hook}' has no expression, which all but exit need"
        yield Finding(hook.path, found, "say when it runs, or call it exit")


def _short(source: str) -> str:
    source = " ".join(source.split())
    return source if len(source) <= 60 else f"{source[:57]}…"

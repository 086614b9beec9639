"""Conditions of tasks and steps: `when` is govaluate's language, and has to be a boolean. Source: shouldExecute in steps.go."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from airflow_argo.argo.govaluate import GovaluateError, parsed, should_execute
from airflow_argo.argo.tags import tags
from airflow_argo.diagnostics import Severity
from airflow_argo.lint.finding import Finding, rule
from airflow_argo.lint.mentions import first_line
from airflow_argo.lint.subjects import Call

_SAMPLES: Final = ("word", "1", "true", "'word'", "[]")
"""What a tag may stand for, by kind."""
_CURE: Final = 'quote texts in it, or write it as one expression: when: "{{= … }}"'


@rule("AA321", on=Call)
def bad_condition(call: Call) -> Iterator[Finding]:
    """A `when` that is no condition is an Error of its task, and doesn't skip it."""
    condition = call.holder.get("when") or ""
    reason = _fault(condition)
    if reason is None:
        return
    fatal = call.document.bundle.states.is_fatal(call)
    yield Finding(f"{call.path}.when", f"the when of {call.what} {reason}", _CURE, None if fatal else Severity.WARNING)


@lru_cache(maxsize=16384)
def _fault(condition: str) -> str | None:
    if not condition:
        return None
    if "{{" not in condition:
        try:
            should_execute(condition)
        except GovaluateError as error:
            return f"can't be evaluated: {first_line(error)}"
        return None
    if re.sub(r"{{.*?}}", "", condition, flags=re.DOTALL).count("{{"):
        return None  # a tag that isn't closed is another rule's
    return _fault_whatever_the_values(condition)


def _fault_whatever_the_values(condition: str) -> str | None:
    faults = [_unreadable(_filled(condition, sample)) for sample in _SAMPLES]
    return f"can't be read: {faults[0]}" if all(faults) else None


def _unreadable(condition: str) -> str:
    try:
        parsed(condition)
    except GovaluateError as error:
        return first_line(error)
    return ""


def _filled(condition: str, sample: str) -> str:
    """The condition with a value for each tag; all the same, since it is only read."""
    text = json.dumps(condition, ensure_ascii=False)[1:-1]
    pieces, position = [], 0
    for tag in tags(text):
        pieces += [text[position : tag.start], sample]
        position = tag.end
    filled: str = json.loads(f'"{"".join([*pieces, text[position:]])}"')
    return filled

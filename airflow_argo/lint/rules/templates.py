"""What a template is made of: inputs, outputs, the pod that it runs, times, retries. Source: workflow/validate."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from airflow_argo.argo.durations import InvalidDuration, parse_duration, parse_go_duration
from airflow_argo.argo.validation.faults import InvalidSpec
from airflow_argo.argo.validation.parts import check_inputs, check_outputs
from airflow_argo.diagnostics import Severity
from airflow_argo.lint.finding import Finding, rule
from airflow_argo.lint.located import located
from airflow_argo.lint.subjects import Call, Template


@rule("AA414", on=Template)
def outputs(template: Template) -> Iterator[Finding]:
    """Outputs come from where this kind of template has them: files, tasks, a resource."""
    yield from _refused(template, check_outputs)


@rule("AA415", on=Template)
def inputs(template: Template) -> Iterator[Finding]:
    """Artifacts that come in have a path in a pod, and none in a group."""
    yield from _refused(template, check_inputs)


def _refused(template: Template, check: Callable[[dict[str, Any]], None]) -> Iterator[Finding]:
    """What the controller refuses in a part of a template; its first fault."""
    if not template.kind or _has_bad_names(template):
        return
    try:
        check(template.body)
    except InvalidSpec as error:
        document = template.document
        path, reason = located(error.message, document.spec, document.spec_path, document.paths)
        yield Finding(path if path != document.spec_path else template.path, reason)
    except (KeyError, TypeError, AttributeError):
        return  # a part of a Kubernetes object has a wrong shape, which the schema says


def _has_bad_names(template: Template) -> bool:
    parts = [*template.inputs, *template.outputs, *template.artifacts("inputs"), *template.artifacts("outputs")]
    return len(parts) < sum(
        len((template.body.get(side) or {}).get(kind) or [])
        for side in ("inputs", "outputs")
        for kind in ("parameters", "artifacts")
    )


@rule("AA413", on=Template)
def misplaced_setting(template: Template) -> Iterator[Finding]:
    """Some settings are for templates with a pod, some for those with tasks or steps."""
    wrong = ("timeout", "pendingTimeout", "activeDeadlineSeconds") if template.is_group else ("parallelism",)
    if template.kind == "suspend":
        wrong = ("timeout", "pendingTimeout", "parallelism")
    for name in wrong if template.kind else ():
        if template.body.get(name) is not None and template.body[name] != "":
            what = "a group" if template.is_group else f"a {template.kind} template"
            cure = "limit the templates inside, or the workflow" if template.is_group else "leave it out"
            yield Finding(f"{template.path}.{name}", f"{name} has no meaning for {what}, and Argo refuses it", cure)


@rule("AA422", on=Template)
def durations(template: Template) -> Iterator[Finding]:
    """Durations are whole seconds or Go's: 30, 90s, 1h30m. A suspend without any digit is the idiom for an Error."""
    suspend = template.body.get("suspend") or {}
    duration = suspend.get("duration") or ""
    if any(letter.isdecimal() for letter in duration) and not _is_duration(duration):
        found = f"'{duration}' is no duration, so that the node is an Error"
        yield Finding(f"{template.path}.suspend.duration", found, "write seconds, or 1h30m")
    for name in ("timeout", "pendingTimeout"):
        value = template.body.get(name) or ""
        if value and "{{" not in value and not _is_go_duration(value):
            yield Finding(
                f"{template.path}.{name}", f"'{value}' is no duration", "give it a unit: 30s, 2m, 1h30m", Severity.ERROR
            )
    backoff = (template.body.get("retryStrategy") or {}).get("backoff") or {}
    for name in ("duration", "maxDuration", "cap"):
        value = backoff.get(name) or ""
        if value and not _is_duration(value):
            path = template.document.path(backoff, name)
            yield Finding(path, f"'{value}' is no duration", "write seconds, or 1h30m", Severity.ERROR)


@rule("AA337", on=Call)
def duration_of_now(call: Call) -> Iterator[Finding]:
    """Arguments are resolved at each visit, so that a duration made of now() shrinks (golden/nopod/suspend-duration-of-now)."""
    duration = str(((call.target.body if call.target else {}).get("suspend") or {}).get("duration") or "")
    for argument in call.arguments() if "{{" in duration else ():
        value = str(argument.get("value") or "")
        if _TELLS_TIME.search(value) and str(argument.get("name")) in duration:
            path = call.document.path(argument, "value")
            yield Finding(path, _SHRINKS, _MADE_ONCE)


@rule("AA337", on=Template)
def own_duration_of_now(template: Template) -> Iterator[Finding]:
    """The same, where the template itself tells the time."""
    duration = str((template.body.get("suspend") or {}).get("duration") or "")
    if _TELLS_TIME.search(duration):
        yield Finding(f"{template.path}.suspend.duration", _SHRINKS, _MADE_ONCE)


_TELLS_TIME: Final = re.compile(r"{{=.*\bnow\(\)", re.DOTALL)
_SHRINKS: Final = "Argo resolves it at each visit, so that this duration shrinks, and the task waits too short"
_MADE_ONCE: Final = "make it an output of a task before, by valueFrom.expression: that is made once"


def _is_duration(text: str) -> bool:
    return "{{" in text or _parses(parse_duration, text)


def _is_go_duration(text: str) -> bool:
    return not text.isdecimal() and _parses(parse_go_duration, text)


def _parses(parse: Callable[[str], float], text: str) -> bool:
    try:
        parse(text)
    except InvalidDuration:
        return False
    return True


@rule("AA423", on=Template)
def retries(template: Template) -> Iterator[Finding]:
    """The times between attempts are kept only if their number is limited. Source: processNodeRetries."""
    strategy = template.body.get("retryStrategy") or {}
    backoff = strategy.get("backoff")
    if backoff and strategy.get("limit") is None:
        path = template.document.path(strategy, "backoff")
        yield Finding(path, "without a limit Argo doesn't wait between attempts", "give the retryStrategy a limit")


@rule("AA424", on=Template)
def numbers_of_retries(template: Template) -> Iterator[Finding]:
    """Limits and factors are whole numbers."""
    strategy = template.body.get("retryStrategy") or {}
    for holder, name in ((strategy, "limit"), (strategy.get("backoff") or {}, "factor")):
        value = holder.get(name)
        if isinstance(value, str) and "{{" not in value and not value.lstrip("+-").isdecimal():
            yield Finding(template.document.path(holder, name), f"'{value}' is no whole number", "write one")


@rule("AA425", on=Template)
def value_of_suspend(template: Template) -> Iterator[Finding]:
    """An output of a suspend that has a plain value crashes a pass (golden/nopod/suspend-output-value-panics)."""
    if template.kind == "suspend":
        for one in template.outputs.values():
            if one.get("value") is not None:
                found = "an output of a suspend template that has a value makes the workflow an Error"
                yield Finding(template.document.path(one, "value"), found, _SUPPLIED)


_SUPPLIED: Final = "use valueFrom: {supplied: {}, default: …}, or a group that is never run"

"""How a task runs: by the translation of its operator, or, where that can't say all of it, as the operator itself."""

from __future__ import annotations

from typing import Any

from airflow_argo.diagnostics import Diagnostic, Severity
from airflow_argo.model.graph import Body, ForLoop, Graph, WhileLoop
from airflow_argo.model.jobs import Resource
from airflow_argo.model.values import SecretText
from airflow_argo.model.walk import found_in
from airflow_argo.translator.airflow_names import is_mapped, operator_class_of
from airflow_argo.translator.context import TaskContext, WantsAirflow
from airflow_argo.translator.mapped_groups import has_instances
from airflow_argo.translator.mapping import applies_functions, loop_of, unmapped
from airflow_argo.translator.operators.empty import empty
from airflow_argo.translator.parse_time import reads_of, secrets_in
from airflow_argo.translator.real_operator import operator_name, real_operator
from airflow_argo.translator.registry import Translator, has_known_constructor, translator_of

FINAL = frozenset({"AA204", "AA228", "AA237"})
"""Codes of errors that the operator itself would end in as well, in a pod."""

_CALLBACKS = tuple(f"on_{event}_callback" for event in ("execute", "failure", "success", "retry", "skipped"))

_CALLBACKS_OF_NOTHING = ("on_execute_callback", "on_success_callback")
"""An EmptyOperator neither fails nor skips itself. Source: TaskInstance.is_task_schedulable."""


def body_of(task: Any, ctx: TaskContext) -> Body | None:
    """The body of a task's step; None, and findings, if there is none."""
    translator = translator_of(operator_class_of(task))
    reason = _asks_for_airflow(task)
    if translator is None:
        reason = f"there is no translation of {operator_name(task)}"
    if reason is None:
        assert translator is not None
        body, reason = _own(task, translator, ctx)
        if reason is None:
            return body
    job = real_operator(task, ctx, reason)
    return loop_of(task, job, ctx, counts=True) if job is not None and has_instances(task) else job


def _asks_for_airflow(task: Any) -> str | None:
    """What a task asks for that only Airflow's task runner does."""
    does_nothing = translator_of(operator_class_of(task)) is empty
    asked = [name for name in (_CALLBACKS_OF_NOTHING if does_nothing else _CALLBACKS) if getattr(task, name, None)]
    if asked:
        return f"it has {asked[0]}"
    if _has_hooks(task):
        return "it has hooks around its execution"
    if does_nothing:
        return None
    if getattr(task, "map_index_template", None) and not hasattr(task, "python_callable"):
        return "it has a map_index_template"
    if getattr(task, "retry_policy", None) is not None:
        return "it has a retry_policy"
    if getattr(task, "email", None) and (task.email_on_failure or task.email_on_retry):
        return "it sends mail"
    return None


def _has_hooks(task: Any) -> bool:
    """Whether something runs before or after the operator, such as the condition of `@task.skip_if`."""
    if is_mapped(task):
        return any(task.partial_kwargs.get(name) is not None for name in ("pre_execute", "post_execute"))
    return any(getattr(task, name, None) is not None for name in ("_pre_execute_hook", "_post_execute_hook"))


def _own(task: Any, translator: Translator, ctx: TaskContext) -> tuple[Body | None, str | None]:
    """The body by the operator's own translator, or why there is none; what was found on the way is then forgotten."""
    found, after = len(ctx.dag_context.diagnostics), dict(ctx.after)
    try:
        body, reason = _translated(task, translator, ctx), None
        shown = secrets_in(body, reads_of(ctx.dag_context.dag))
        if shown:
            reason = f"the manifest would show a secret of {shown[0].kind} '{shown[0].name}', which its pod can read itself"
        if any(next(found_in(resource, SecretText), None) for resource in found_in(body, Resource)):
            reason = "a Variable is in the object that it creates, which its pod can read itself"
    except WantsAirflow as wish:
        body, reason = None, str(wish.args[0])
    findings = ctx.dag_context.taken_back(found)
    errors = [one for one in findings if one.severity is Severity.ERROR]
    if reason is None and (not errors or any(one.code in FINAL for one in errors)):
        beside = [one for one in errors if one.code not in FINAL]  # of them the operator itself would be the cure
        ctx.dag_context.diagnostics |= dict.fromkeys(one for one in findings if one not in beside)
        return body, None
    ctx.after = after
    return None, reason or _why(errors)


def _translated(task: Any, translator: Translator, ctx: TaskContext) -> Body | None:
    if not has_instances(task):
        return translator(task, ctx)
    if applies_functions(task):
        raise WantsAirflow("it is mapped over an XCom with .map()")
    if is_mapped(task) and translator is not empty and not has_known_constructor(operator_class_of(task)):
        raise WantsAirflow("it is mapped, and has a constructor of its own, which may look at what only a run has")
    one = unmapped(task) if is_mapped(task) else task
    return _looped(task, translator(one, ctx), ctx)


def _looped(task: Any, body: Body, ctx: TaskContext) -> Body:
    if isinstance(body, Graph | ForLoop | WhileLoop):
        raise WantsAirflow("it is mapped, and takes several steps")
    return loop_of(task, body, ctx)


def _why(errors: list[Diagnostic]) -> str:
    return errors[0].message

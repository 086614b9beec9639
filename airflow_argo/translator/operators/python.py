"""PythonOperator and @task: a call of a function whose source travels along. Branches and short circuits are such calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from airflow_argo.model.jobs import Env, Job, NoOp, PodSettings, PythonCall
from airflow_argo.model.values import Constant, Value
from airflow_argo.pod.functions import NAMED
from airflow_argo.translator.branches import branch_facts, skips_others
from airflow_argo.translator.context import MappedItem, TaskContext, WantsAirflow, check_known
from airflow_argo.translator.context_use import asks_for_airflow, place_of_airflow
from airflow_argo.translator.mapped_groups import has_instances
from airflow_argo.translator.registry import translates
from airflow_argo.translator.slices import Slice
from airflow_argo.translator.tries import limit_in_pod, limit_of_pod, retry_of
from airflow_argo.translator.xcom import pulls_in

_STANDARD = "airflow.providers.standard"


@translates(
    f"{_STANDARD}.operators.python.PythonOperator",
    f"{_STANDARD}.decorators.python._PythonDecoratedOperator",
    "airflow.operators.python.PythonOperator",
    "airflow.decorators.python._PythonDecoratedOperator",
)
def python(task: Any, ctx: TaskContext) -> Job:
    """Source: PythonOperator.execute."""
    return _call(task, ctx, {})


@translates(
    f"{_STANDARD}.operators.python.BranchPythonOperator",
    f"{_STANDARD}.decorators.branch_python._BranchPythonDecoratedOperator",
    "airflow.operators.python.BranchPythonOperator",
    "airflow.decorators.branch_python._BranchPythonDecoratedOperator",
)
def branch(task: Any, ctx: TaskContext) -> Job:
    """Source: BranchPythonOperator.execute. What it decides reaches its dependents as the output `follow`."""
    return _call(task, ctx, {"branch": branch_facts(ctx.task, ctx.dag_context.dag)})


@translates(
    f"{_STANDARD}.operators.python.ShortCircuitOperator",
    f"{_STANDARD}.decorators.short_circuit._ShortCircuitDecoratedOperator",
    "airflow.operators.python.ShortCircuitOperator",
    "airflow.decorators.short_circuit._ShortCircuitDecoratedOperator",
)
def short_circuit(task: Any, ctx: TaskContext) -> Job:
    """Source: ShortCircuitOperator.execute. What it decides reaches its dependents as the output `follow`."""
    return _call(task, ctx, {"short_circuit": {"skips": skips_others(ctx.task, ctx.dag_context.dag)}})


def call_of(task: Any, ctx: TaskContext) -> Job:
    """The call of a task's function, where that is a part of what the operator does."""
    return _call(task, ctx, {})


def call_in(image: str, task: Any, ctx: TaskContext, pod: PodSettings, env: Env = (), python: str = "python3") -> Job:
    """The call of a task's function in an image of the author's, which needs Python and what the function imports."""
    call = _call(task, ctx, {}, own_image=True)
    if not isinstance(call, PythonCall):
        return call
    return replace(call, image=image, pod=pod, env=env, interpreter=tuple(python.split()))


def _call(task: Any, ctx: TaskContext, decides: dict[str, Any], *, own_image: bool = False) -> Job:
    if getattr(task, "templates_dict", None) or getattr(task, "templates_exts", None):
        raise WantsAirflow("it has a templates_dict")
    pod = ctx.pod_settings() if own_image else ctx.pod_without_its_file(runs_python=True)
    source = ctx.python_slice(task.python_callable)
    if source is None:
        return NoOp()
    if not own_image:
        _check_needs(source, ctx)
    xcoms, unordered = pulls_in(source, ctx)
    mapped = [task_id for task_id, _ in xcoms if task_id in ctx.dag_context.mapped]
    facts = {
        "task": {**ctx.facts_of_task(), **({"mapped": mapped} if mapped else {})},
        "file": ctx.dag_context.path.rsplit("/", 1)[-1],
        "module": source.module,
        "params": ctx.dag_context.params.for_pods(),
        "own_params": _own_params(ctx),
        "unordered": unordered,
        **limit_in_pod(task),
        **decides,
    }
    if not task.do_xcom_push:
        facts["quiet"] = True
    if name := _name_of_instances(task, ctx):
        facts["name"] = name
    args, kwargs, more = _arguments(task, ctx)
    more_args = ctx.value(task.op_args) if isinstance(task.op_args, MappedItem) else None
    return PythonCall(
        image=ctx.image(),
        source=source.source,
        function=source.function,
        args=args,
        more_args=more_args,
        kwargs=kwargs,
        more_kwargs=more,
        modules=tuple(source.modules.items()),
        facts=Constant.of({key: value for key, value in facts.items() if value}),
        xcoms=xcoms,
        spread=bool(getattr(task, "multiple_outputs", False)),
        may_skip=source.needs_airflow,  # in an image of the author's
        retry=retry_of(task, ctx, reports=True),
        timeout_seconds=limit_of_pod(task),
        pod=pod,
    )


def _own_params(ctx: TaskContext) -> dict[str, Any]:
    own = ctx.own_params
    try:
        Constant.of(own)
    except (TypeError, ValueError):
        raise WantsAirflow("a param of its own has no value, or none that JSON knows") from None
    return own


def _name_of_instances(task: Any, ctx: TaskContext) -> str | None:
    """The template of what an instance of a mapped task is called; None if the author doesn't say.

    Raises:
        WantsAirflow: only Airflow can render it, or it can't be rendered: the task then fails, mapped or not.
    """
    template, dag = getattr(ctx.task, "map_index_template", None), ctx.dag_context.dag
    if not template:
        return None
    asked = {found[1] or found[2] for found in NAMED.finditer(template)}
    known = set() if isinstance(task.op_kwargs, MappedItem) else set(task.op_kwargs)
    is_plain = not (dag.render_template_as_native_obj or dag.jinja_environment_kwargs)
    if "{" in NAMED.sub("", template) or not asked <= known or not is_plain:
        raise WantsAirflow("it has a map_index_template")
    return str(template) if has_instances(ctx.task) else None


def _arguments(task: Any, ctx: TaskContext) -> tuple[tuple[Value, ...], tuple[tuple[str, Value], ...], Value | None]:
    check_known(task, "op_args", "op_kwargs")
    ctx.gathered, ctx.is_called = ctx.dag_context.gathered, True
    args = () if isinstance(task.op_args, MappedItem) else tuple(ctx.value(value) for value in task.op_args)
    if isinstance(task.op_kwargs, MappedItem):
        return args, (), ctx.value(task.op_kwargs)
    whole = {name: value for name, value in task.op_kwargs.items() if isinstance(value, MappedItem) and name == WHOLE_ITEM}
    kwargs = tuple((name, ctx.value(value)) for name, value in task.op_kwargs.items() if name not in whole)
    return args, kwargs, ctx.value(next(iter(whole.values()))) if whole else None


WHOLE_ITEM = "**"
"""The keyword argument under which `mapping` puts an item whose keys are keyword arguments."""


def _check_needs(source: Slice, ctx: TaskContext) -> None:
    """A function that needs Airflow is best run by it, unless the author names an image for the task.

    Raises:
        WantsAirflow: it needs Airflow, and the image of Python tasks doesn't have it.
    """
    if ctx.names_its_image:
        return
    if source.needs_airflow:
        raise WantsAirflow("the function imports Airflow")
    if place := next(filter(None, map(place_of_airflow, (source.source, *source.modules.values()))), None):
        raise WantsAirflow(f"the function names {place}, which is in images with Airflow")
    asked = asks_for_airflow(source.source, source.function, source.modules.values())
    if asked is not None:
        raise WantsAirflow(f"the function {asked}")

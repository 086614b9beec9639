"""PythonOperator and @task: a call of a function whose source travels along. Branches and short circuits are such calls."""

from __future__ import annotations

from typing import Any

from airflow_argo.model.jobs import Job, NoOp, PythonCall
from airflow_argo.model.values import Constant, Value
from airflow_argo.translator.branches import branch_facts
from airflow_argo.translator.context import MappedItem, TaskContext
from airflow_argo.translator.registry import translates
from airflow_argo.translator.tries import retry_of, timeout_of
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
    return _call(task, ctx, {"branch": branch_facts(task, ctx.dag_context.dag)})


@translates(
    f"{_STANDARD}.operators.python.ShortCircuitOperator",
    f"{_STANDARD}.decorators.short_circuit._ShortCircuitDecoratedOperator",
    "airflow.operators.python.ShortCircuitOperator",
    "airflow.decorators.short_circuit._ShortCircuitDecoratedOperator",
)
def short_circuit(task: Any, ctx: TaskContext) -> Job:
    """Source: ShortCircuitOperator.execute. What it decides reaches its dependents as the output `follow`."""
    return _call(task, ctx, {"short_circuit": True})


def _call(task: Any, ctx: TaskContext, decides: dict[str, Any]) -> Job:
    if getattr(task, "templates_dict", None) or getattr(task, "templates_exts", None):
        ctx.report("AA229", "templates_dict is not carried over", "pass the texts as op_kwargs")
    source = ctx.python_slice(task.python_callable)
    if source is None:
        return NoOp()
    facts = {
        "task": {"task_id": ctx.task_id, "dag_id": ctx.dag_context.dag.dag_id},
        "file": ctx.dag_context.path.rsplit("/", 1)[-1],
        "params": ctx.dag_context.params.for_pods(),
        **decides,
    }
    if not task.do_xcom_push and "branch" not in decides:
        facts["quiet"] = True
    args, kwargs, more = _arguments(task, ctx)
    needs_airflow = source.needs_airflow or _takes_dates(task.python_callable)
    return PythonCall(
        image=ctx.image(needs_airflow=needs_airflow),
        source=source.source,
        function=source.function,
        args=args,
        kwargs=kwargs,
        more_kwargs=more,
        modules=tuple(source.modules.items()),
        facts=Constant.of({key: value for key, value in facts.items() if value}),
        xcoms=pulls_in(source, ctx),
        spread=bool(getattr(task, "multiple_outputs", False)),
        may_skip=source.needs_airflow,
        retry=retry_of(task, ctx, reports=True),
        timeout_seconds=timeout_of(task),
        pod=ctx.pod_settings(),
    )


def _arguments(task: Any, ctx: TaskContext) -> tuple[tuple[Value, ...], tuple[tuple[str, Value], ...], Value | None]:
    if isinstance(task.op_args, MappedItem):
        ctx.report("AA215", "op_args of a mapped task is not translated", "map op_kwargs instead")
        return (), (), None
    args = tuple(ctx.value(value) for value in task.op_args)
    if isinstance(task.op_kwargs, MappedItem):
        return args, (), ctx.value(task.op_kwargs)
    whole = {name: value for name, value in task.op_kwargs.items() if isinstance(value, MappedItem) and name == WHOLE_ITEM}
    kwargs = tuple((name, ctx.value(value)) for name, value in task.op_kwargs.items() if name not in whole)
    return args, kwargs, ctx.value(next(iter(whole.values()))) if whole else None


WHOLE_ITEM = "**"
"""The keyword argument under which `mapping` puts an item whose keys are keyword arguments."""


def _takes_dates(function: Any) -> bool:
    """Whether a function asks for dates as Airflow gives them, which only an image with pendulum can make."""
    code = getattr(function, "__code__", None)
    names = set() if code is None else set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    return bool(names & {"logical_date", "data_interval_start", "data_interval_end", "execution_date"})

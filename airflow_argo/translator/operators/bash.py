"""BashOperator: a container that runs bash. `@task.bash`: one that calls a function, and runs what that returns."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from airflow_argo.model.jobs import Bash, Container, Job, LastLine, PythonCall, Report
from airflow_argo.model.values import Constant, Text
from airflow_argo.pod.commands import JINJA
from airflow_argo.translator.context import MappedItem, TaskContext, WantsAirflow, check_known
from airflow_argo.translator.operators.python import call_of
from airflow_argo.translator.parsed import nodes_in
from airflow_argo.translator.registry import translates
from airflow_argo.translator.skips import skip_codes_of
from airflow_argo.translator.tries import limit_in_pod, limit_of_pod, retry_of


@translates("airflow.providers.standard.operators.bash.BashOperator", "airflow.operators.bash.BashOperator")
def bash(task: Any, ctx: TaskContext) -> Job:
    """Source: BashOperator.execute. It returns the last line of what the command writes, stdout and stderr as they come."""
    _check_output(task, ctx)
    env = _env(task, ctx)
    return Container(
        image=ctx.image(),
        command=("bash", "-c"),
        args=(ctx.text(task.bash_command),),
        env=env,
        report=Report(
            returns=LastLine() if task.do_xcom_push else None,
            skip_codes=skip_codes_of(task.skip_on_exit_code),
            only_env=task.env is not None and not task.append_env,
            folder=None if task.cwd is None else ctx.text(task.cwd),
            facts=Constant.of({"task": ctx.facts_of_task(), **limit_in_pod(task)}),
        ),
        retry=retry_of(task, ctx, reports=False),
        timeout_seconds=limit_of_pod(task),
        pod=ctx.pod_without_its_file(env),
    )


@translates(
    "airflow.providers.standard.decorators.bash._BashDecoratedOperator", "airflow.decorators.bash._BashDecoratedOperator"
)
def bash_task(task: Any, ctx: TaskContext) -> Job:
    """`@task.bash`. Source: _BashDecoratedOperator.execute: what the function returns is rendered, and run as a command.

    Raises:
        WantsAirflow: what it returns may be a template.
    """
    _check_output(task, ctx)
    if task.multiple_outputs:
        raise WantsAirflow("it has multiple_outputs")
    if ctx.dag_context.dag.jinja_environment_kwargs:
        raise WantsAirflow("the function's text is rendered with the DAG's jinja_environment_kwargs")
    if getattr(task, "render_template_as_native_obj", None) or ctx.dag_context.dag.render_template_as_native_obj:
        raise WantsAirflow("the function's text is rendered as a native object")
    call = call_of(task, ctx)
    if not isinstance(call, PythonCall):
        return call
    _check_texts([call.source, *(text for _, text in call.modules)])
    skip_codes = skip_codes_of(task.skip_on_exit_code)
    return replace(
        call,
        bash=Bash(
            env=_env(task, ctx),
            only_env=task.env is not None and not task.append_env,
            folder=None if task.cwd is None else ctx.text(task.cwd),
            skip_codes=skip_codes,
        ),
        may_skip=call.may_skip or bool(skip_codes),
        retry=retry_of(task, ctx, reports=False),  # bash may end in any code
    )


def _check_texts(sources: list[str]) -> None:
    """Raises WantsAirflow if a function has texts of templates, or of the names of their files, which it may return."""
    for text in (text for source in sources for text in _constants(source)):
        if found := JINJA.search(text):
            raise WantsAirflow(f"the function has a text with {found[0]!r}, which Airflow would render")
        if text.endswith((".sh", ".bash")):
            raise WantsAirflow(f"the function has the text {text!r}, which Airflow would take for a template's file")


def _constants(source: str) -> Iterator[str]:
    """The texts in a module, but for those that stand alone, as docstrings do."""
    nodes = nodes_in(source)
    alone = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def _check_output(task: Any, ctx: TaskContext) -> None:
    if not _is_default_processor(task):
        ctx.report("AA229", "output_processor is not carried over", "use a Python task that runs the command")
    if task.output_encoding.lower().replace("-", "") != "utf8":
        ctx.report("AA229", f"output_encoding '{task.output_encoding}' is not carried over", "write UTF-8")


def _env(task: Any, ctx: TaskContext) -> tuple[tuple[str, Any], ...]:
    """The command's own variables."""
    if isinstance(task.env, MappedItem):
        ctx.report("AA215", "env of a mapped task is not translated", "map bash_command instead")
        return ()
    check_known(task, "env")
    return tuple((name, _variable(value, ctx)) for name, value in (task.env or {}).items())


def _variable(given: Any, ctx: TaskContext) -> str | Text:
    """The value of an environment variable. Bash isn't started with one that is no text. Source: subprocess.Popen."""
    if not isinstance(given, str) and isinstance(ctx.value(given), Constant):
        raise WantsAirflow("its env has a value that is no text")
    found = ctx.text(given)
    return found if isinstance(given, str) or isinstance(found, str) else replace(found, only_texts=True)


def _is_default_processor(task: Any) -> bool:
    """Whether the operator returns the line as it is."""
    kind: Any = type(task)
    default = _default_processor(kind)
    return default is None or task.output_processor is default


@lru_cache(maxsize=16)
def _default_processor(operator: type) -> Any:
    """The one that a class of operators has by default; which of its bases says so is another matter in each version."""
    signatures = (inspect.signature(vars(base)["__init__"]).parameters for base in operator.__mro__ if "__init__" in vars(base))
    given = next((parameters["output_processor"] for parameters in signatures if "output_processor" in parameters), None)
    return None if given is None else given.default

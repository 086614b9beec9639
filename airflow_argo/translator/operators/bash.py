"""BashOperator: a container that runs bash."""

from __future__ import annotations

import inspect
from typing import Any

from airflow_argo.model.jobs import Container, Job, LastLine, Report
from airflow_argo.model.values import Item
from airflow_argo.translator.context import MappedItem, TaskContext
from airflow_argo.translator.registry import translates
from airflow_argo.translator.skips import skip_codes_of
from airflow_argo.translator.tries import retry_of, timeout_of


@translates("airflow.providers.standard.operators.bash.BashOperator", "airflow.operators.bash.BashOperator")
def bash(task: Any, ctx: TaskContext) -> Job:
    """Source: BashOperator.execute. It returns the last line of what the command writes, stdout and stderr as they come."""
    if not _is_default_processor(task):
        ctx.report("AA229", "output_processor is not carried over", "use a Python task that runs the command")
    if task.output_encoding.lower().replace("-", "") != "utf8":
        ctx.report("AA229", f"output_encoding '{task.output_encoding}' is not carried over", "write UTF-8")
    return Container(
        image=ctx.image(),
        command=("bash", "-c"),
        args=(ctx.text(task.bash_command),),
        env=_env(task, ctx),
        working_dir=None if task.cwd is None else str(ctx.text(task.cwd)),
        report=Report(
            returns=LastLine() if task.do_xcom_push else None,
            skip_codes=skip_codes_of(task.skip_on_exit_code),
            only_env=task.env is not None and not task.append_env,
            expects=_expected_keys(task),
        ),
        retry=retry_of(task, ctx, reports=False),
        timeout_seconds=timeout_of(task),
        pod=ctx.pod_settings(),
    )


def _env(task: Any, ctx: TaskContext) -> tuple[tuple[str, Any], ...]:
    """The command's own variables, and those by which Airflow tells it where it runs. Source: context_to_airflow_vars."""
    if isinstance(task.env, MappedItem):
        ctx.report("AA215", "env of a mapped task is not translated", "map bash_command instead")
        return ()
    about = {"AIRFLOW_CTX_DAG_ID": ctx.dag_context.dag.dag_id, "AIRFLOW_CTX_TASK_ID": ctx.task_id}
    return (*about.items(), *ctx.env(task.env or {}))


def _is_default_processor(task: Any) -> bool:
    parameters = inspect.signature(type(task).__init__).parameters
    return "output_processor" not in parameters or task.output_processor is parameters["output_processor"].default


def _expected_keys(task: Any) -> Any:
    """Of a task mapped by expand_kwargs over what another returns: the keys that its items may have."""
    mapped = [value for value in (task.bash_command, task.cwd) if isinstance(value, MappedItem)]
    whole = [item for item in mapped if item.key is not None]
    return (Item(task.task_id, whole[0].axis), frozenset(str(item.key) for item in whole)) if whole else None

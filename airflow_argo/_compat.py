"""What the provider takes from Airflow, 2.11 or 3.x. The provider's other modules import Airflow's classes from here."""

from __future__ import annotations

from typing import Any

from airflow import __version__ as AIRFLOW_VERSION  # noqa: N812, TID253 - a constant there too
from airflow.providers.common.compat.sdk import (  # noqa: TID253 - Airflow's own, whichever version
    AirflowException,
    AirflowFailException,
    AirflowNotFoundException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    BaseHook,
    BaseOperator,
    BaseOperatorLink,
    BaseSensorOperator,
    DecoratedOperator,
    SkipMixin,
    TaskGroup,
    XCom,
    conf,
    redact,
    task_decorator_factory,
    task_group,
)
from airflow.triggers.base import BaseTrigger, TriggerEvent  # noqa: TID253

try:
    from airflow.sdk.exceptions import AirflowRescheduleException
except ImportError:  # before 3.1
    from airflow.exceptions import AirflowRescheduleException

__all__ = [
    "AIRFLOW_3",
    "AIRFLOW_3_3",
    "HAS_TABS",
    "AirflowException",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowRescheduleException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "AirflowTaskTimeout",
    "BaseHook",
    "BaseOperator",
    "BaseOperatorLink",
    "BaseSensorOperator",
    "BaseTrigger",
    "DecoratedOperator",
    "SkipMixin",
    "TaskGroup",
    "TriggerEvent",
    "XCom",
    "async_connection",
    "conf",
    "handled_output",
    "holds_secret",
    "no_timetable",
    "redact",
    "skip_tasks",
    "state_store",
    "task_decorator_factory",
    "task_group",
    "task_state",
    "task_states",
]

_VERSION = tuple(int(part) for part in AIRFLOW_VERSION.split(".")[:2])
AIRFLOW_3 = _VERSION >= (3, 0)
HAS_TABS = _VERSION >= (3, 1)
"""Whether plugins can put tabs beside those of a DAG run."""
AIRFLOW_3_3 = _VERSION >= (3, 3)
"""Triggers are told of kills by users (`on_kill`); before, they only see that they are cancelled."""


async def async_connection(conn_id: str) -> Any:
    """A Connection, for code on an event loop: the lookup may block.

    Raises:
        AirflowNotFoundException: there is none of that id.
    """
    from airflow.providers.common.compat.connection import get_async_connection

    return await get_async_connection(conn_id)


def task_state(dag_id: str, task_id: str, run_id: str, map_index: int) -> str | None:
    """The state that Airflow has for a task instance now; None if it has none, as after a clear."""
    if AIRFLOW_3:
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

        found = RuntimeTaskInstance.get_task_states(
            dag_id=dag_id, task_ids=[task_id], run_ids=[run_id], map_index=map_index if map_index >= 0 else None
        )
        states = found.get(run_id) or {}
        state = states.get(f"{task_id}_{map_index}" if map_index >= 0 else task_id)
    else:
        from airflow.models.taskinstance import TaskInstance

        instance = TaskInstance.get_task_instance(dag_id=dag_id, run_id=run_id, task_id=task_id, map_index=map_index)
        state = instance.state if instance else None
    return None if state is None else str(getattr(state, "value", state))


def task_states(context: Any, task_ids: list[str]) -> dict[str, tuple[str, ...]]:
    """The states that task instances of the present run have now: task id → those of its instances, none where it has none."""
    ti = context["ti"]
    if AIRFLOW_3:
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

        states = RuntimeTaskInstance.get_task_states(dag_id=ti.dag_id, task_ids=task_ids, run_ids=[ti.run_id]).get(
            ti.run_id, {}
        )
        found = [(task_id, name, state) for task_id in task_ids for name, state in states.items() if _is_of(name, task_id)]
        # an unmapped task may have the name of another's instance: then it is asked for by its own name
        named = [(task_id, state) for task_id, name, state in found if name == task_id or name not in task_ids]
    else:
        instances = context["dag_run"].get_task_instances()
        named = [(one.task_id, one.state) for one in instances if one.task_id in task_ids]
    return {
        task_id: tuple(str(getattr(state, "value", state)) for one, state in named if one == task_id and state is not None)
        for task_id in task_ids
    }


def _is_of(name: str, task_id: str) -> bool:
    """Whether a name in an answer of states is a task's, or that of an instance of it: `task_3`."""
    return name == task_id or (name.startswith(f"{task_id}_") and name[len(task_id) + 1 :].isdigit())


def no_timetable() -> Any:
    """The timetable of a DAG without a schedule."""
    from airflow.timetables.simple import NullTimetable

    return NullTimetable()


def skip_tasks(operator: Any, tasks: list[Any], context: Any) -> None:
    """Let a SkipMixin skip tasks of the present run."""
    if AIRFLOW_3:
        operator.skip(ti=context["ti"], tasks=tasks)
    else:
        run = context["dag_run"]
        operator.skip(run, run.execution_date, tasks, map_index=context["ti"].map_index)


def state_store(context: Any) -> Any | None:
    """What Airflow keeps for a task instance over its tries and clears; None where it doesn't (before 3.3)."""
    return context.get("task_state_store") if AIRFLOW_3_3 else None


def holds_secret(text: str) -> bool:
    """Whether a text holds what Airflow has taken note of as a secret: a password, a Variable named like one."""
    return bool(redact(text) != text)


def handled_output(operator: Any, value: Any, context: Any) -> Any:
    """What a decorated operator makes of what its function returned: `multiple_outputs` are pushed one by one."""
    if _VERSION > (3, 0):
        return operator._handle_output(return_value=value)  # noqa: SLF001 - there is no other way after a wait
    push = getattr(operator, "xcom_push", None)  # in 3.0 it is asked for, not used, and of `airflow.models` alone
    return operator._handle_output(return_value=value, context=context, xcom_push=push)  # noqa: SLF001

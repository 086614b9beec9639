"""What the provider takes from Airflow, 2.11 or 3.x. The provider's other modules import Airflow's classes from here."""

from __future__ import annotations

from typing import Any

from airflow import __version__ as AIRFLOW_VERSION  # noqa: N812, TID253 - a constant there too
from airflow.providers.common.compat.sdk import (  # noqa: TID253 - Airflow's own, whichever version
    XCOM_RETURN_KEY,
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
    Connection,
    DecoratedOperator,
    PokeReturnValue,
    TaskGroup,
    XCom,
    conf,
    task_decorator_factory,
)
from airflow.triggers.base import BaseTrigger, TriggerEvent  # noqa: TID253

__all__ = [
    "AIRFLOW_3",
    "AIRFLOW_3_3",
    "XCOM_RETURN_KEY",
    "AirflowException",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "AirflowTaskTimeout",
    "BaseHook",
    "BaseOperator",
    "BaseOperatorLink",
    "BaseSensorOperator",
    "BaseTrigger",
    "Connection",
    "DecoratedOperator",
    "PokeReturnValue",
    "TaskGroup",
    "TriggerEvent",
    "XCom",
    "async_connection",
    "conf",
    "task_decorator_factory",
    "task_state",
]

_VERSION = tuple(int(part) for part in AIRFLOW_VERSION.split(".")[:2])
AIRFLOW_3 = _VERSION >= (3, 0)
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

"""EmptyOperator: a step that costs no pod."""

from __future__ import annotations

from typing import Any

from airflow_argo.model.jobs import Job, NoOp
from airflow_argo.translator.context import TaskContext
from airflow_argo.translator.registry import translates


@translates(
    "airflow.providers.standard.operators.empty.EmptyOperator",
    "airflow.operators.empty.EmptyOperator",
    "airflow.operators.dummy.DummyOperator",
)
def empty(_task: Any, _ctx: TaskContext) -> Job:
    """Source: EmptyOperator, which Airflow doesn't run either."""
    return NoOp()

"""`offload(dag)`: one line that turns a whole DAG into one workflow, under the same schedule."""

from __future__ import annotations

from typing import Any

from airflow_argo.diagnostics import InputError
from airflow_argo.offload.moved import move


def offload(dag: Any, *, show_steps: bool = True, strict: bool = False, **argo: Any) -> Any:
    """Let the tasks of a DAG run as one Argo workflow. Returns the DAG, changed; schedule, params and id stay as they are.

    with DAG("daily", schedule="@daily") as dag:
        extract() >> load()

    offload(dag)

    Args:
        dag: with all of its tasks.
        show_steps: a task in the grid for each of them, that ends as its step did; else one task for all.
        strict: whatever can't be carried over is an error when the workflow is submitted; else the task's log says so.
        argo: arguments of ArgoSubmitWorkflowOperator, e.g. `argo_conn_id="argo"`.

    Raises:
        InputError: there is nothing to move, or it can't be; or it is no DAG.
    """
    if not hasattr(dag, "task_group"):
        found = f"offload() is given {dag!r}, which is no DAG"
        raise InputError(found, "give it the DAG: of a function with @dag what its call returns")
    move(dag, dag.task_group, show_steps=show_steps, strict=strict, **argo)
    return dag

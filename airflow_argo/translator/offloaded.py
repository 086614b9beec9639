"""DAGs whose file has moved their tasks into workflows (`airflow_argo.offload`): they are translated as they were written."""

from __future__ import annotations

import copy
from typing import Any

from airflow_argo.translator.template_files import resolve_template_files


def as_written(dag: Any) -> Any:
    """The DAG with all of its tasks as they were written, if they were moved; else the DAG itself."""
    parts = [task.workflow for task in dag.tasks if hasattr(getattr(task, "workflow", None), "written_in")]
    if not parts:
        return dag
    whole = copy.copy(dag)
    tasks = dict(dag.task_dict)
    written: dict[str, Any] = {}
    for part in parts:
        written |= part.written_in(whole)
        tasks = {task_id: task for task_id, task in tasks.items() if task_id not in part.around()}
    object.__setattr__(whole, "task_dict", tasks | written)
    resolve_template_files(whole, written.values())  # of those that were moved, Airflow has not
    return whole

"""The tasks whose end states make that of the run. Source: DagRun._tis_for_dagrun_state."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any


def leaves_of(dag: Any, own: Collection[str] | None = None) -> set[str]:
    """Ids of the tasks that are followed by nothing, or only by teardowns whose failure doesn't count.

    Args:
        own: ids of the tasks that are meant, where that isn't all of the DAG's.
    """
    tasks = {task_id: task for task_id, task in dag.task_dict.items() if own is None or task_id in own}
    later = {task_id: [tasks[one] for one in task.downstream_task_ids if one in tasks] for task_id, task in tasks.items()}
    leaves = {task_id for task_id, task in tasks.items() if counts(task) and not any(map(counts, later[task_id]))}
    return leaves or {task_id for task_id in tasks if not later[task_id]}


def counts(task: Any) -> bool:
    """Whether a task's failure may be one of the run: not that of a teardown, unless its author wants that."""
    return not task.is_teardown or bool(task.on_failure_fail_dagrun)

"""The tasks whose end states make that of the run. Source: DagRun._tis_for_dagrun_state."""

from __future__ import annotations

from typing import Any


def leaves_of(dag: Any) -> set[str]:
    """Ids of the tasks that are followed by nothing, or only by teardowns whose failure doesn't count."""
    leaves = {task.task_id for task in dag.tasks if _counts(task) and not any(map(_counts, task.downstream_list))}
    return leaves or {task.task_id for task in dag.tasks if not task.downstream_list}


def _counts(task: Any) -> bool:
    return not task.is_teardown or bool(task.on_failure_fail_dagrun)

"""How many runs of a DAG, and instances of a task over all runs, go on at once: Argo's locks, at which others wait.

One is a mutex, more are a semaphore, whose size is in a ConfigMap that goes with the workflow. Source: [core]
max_active_runs_per_dag and max_active_tasks_per_dag; Argo's docs/synchronization.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_argo.argo.names import limits_name, object_name, task_slug
from airflow_argo.translator.labels import label_of

AIRFLOWS_DEFAULT = 16
"""How many runs of a DAG, and tasks of a run, Airflow lets go on at once, if not told otherwise."""

RUNS = "max-active-runs"

Dict = dict[str, Any]


def limits_of(dag: Any) -> dict[str, int]:
    """The sizes of the semaphores that a DAG's limits need, by their keys."""
    found = {RUNS: dag.max_active_runs} if _needs_semaphore(dag.max_active_runs) and not _is_default(dag) else {}
    tasks = {_task_key(task): task.max_active_tis_per_dag for task in dag.tasks if _needs_semaphore(_of_task(task))}
    return {**found, **tasks}


def of_runs(dag: Any) -> Dict:
    """The workflow's `synchronization`; nothing if only Airflow's own default limits it."""
    limit = dag.max_active_runs
    if limit == 1:
        return {"mutexes": [{"name": f"dag-{label_of(dag.dag_id).lower()}"}]}
    return {} if not limit or _is_default(dag) else {"semaphores": [_semaphore(dag.dag_id, RUNS)]}


def of_instances(task: Any) -> Dict:
    """The `synchronization` of a task's template by `max_active_tis_per_dag`."""
    limit = _of_task(task)
    if limit == 1:
        return {"mutexes": [{"name": object_name(f"dag-{task.dag_id}-task-{task.task_id}", _MAX_MUTEX_NAME)}]}
    return {"semaphores": [_semaphore(task.dag_id, _task_key(task))]} if limit else {}


def both(one: Mapping[str, Any], other: Mapping[str, Any]) -> Dict:
    """All locks of two."""
    return {kind: [*one.get(kind, []), *other.get(kind, [])] for kind in dict.fromkeys([*one, *other])}


_MAX_MUTEX_NAME = 63


def _of_task(task: Any) -> int | None:
    return getattr(task, "max_active_tis_per_dag", None) or None


def _needs_semaphore(limit: int | None) -> bool:
    return bool(limit) and limit != 1


def _is_default(dag: Any) -> bool:
    return bool(dag.max_active_runs == AIRFLOWS_DEFAULT)


def _semaphore(dag_id: str, key: str) -> Dict:
    return {"configMapKeyRef": {"name": limits_name(dag_id), "key": key}}


def _task_key(task: Any) -> str:
    return f"task-{task_slug(task.task_id)}"

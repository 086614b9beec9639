"""Tasks of a DAG are taken out of it, into a workflow; in their places stand tasks that show its steps.

    x ─▶ a ─▶ b ─▶ y      becomes      x ─▶ submit ─▶ a' ─▶ b' ─▶ y      and the workflow      a ─▶ b
                                       x ───────────▶ a'

Each a', b' has its task's id, group, edges, trigger rule, expansion and callbacks, waits for its step, and ends as that ended:
with its logs, what it pushed, and its state. So Airflow decides the same with them as it would with the tasks, and the rest of
the DAG may depend on them and pull their XComs. `submit` runs when all before the tasks have ended, however: what has become of
those, and what they pushed, goes into the workflow (`translator.outside`). With `show_steps=False` there is one task alone,
which waits for the workflow.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from airflow_argo._compat import TaskGroup
from airflow_argo.diagnostics import InputError, Origin
from airflow_argo.offload.around import OF_ITS_OWN, ArgoOffloadOperator
from airflow_argo.offload.edges import SubmissionsUpstreamIds
from airflow_argo.offload.hidden import stand_for
from airflow_argo.offload.part import GATHERING, PartOfDag
from airflow_argo.offload.shown import show
from airflow_argo.offload.written import copied
from airflow_argo.translator.airflow_names import airflow_names, rule_name_of

_MADE_HERE: Final = frozenset(
    {"task_id", "dag", "task_group", "workflow", "manifest", "workflow_template", "cluster_workflow_template"}
    | {"cron_workflow", "airflow_dag", "trigger_rule", "depends_on_past", "wait_for_downstream"}
)
"""Arguments of ArgoSubmitWorkflowOperator that follow from the tasks that are moved."""


def move(dag: Any, group: Any, *, show_steps: bool, strict: bool, **options: Any) -> Any:
    """Turn the tasks of a group into one workflow. Returns the task that submits it.

    Args:
        dag: that the tasks are of; changed.
        group: the DAG's own, or one in it; its tasks are those that are moved.
        show_steps: a task for each step.
        strict: whatever can't be carried over is an error.
        options: arguments of ArgoSubmitWorkflowOperator.

    Raises:
        InputError: the group has no tasks, is in a mapped group, or has a group of ours; or an option isn't the author's.
    """
    if made := sorted(_MADE_HERE & options.keys()):
        found = f"{_called(group)} is offloaded with {made[0]}="
        raise InputError(found, "leave that out: it follows from the tasks", Origin(str(dag.fileloc)))
    tasks = {task_id: dag.task_dict[task_id] for task_id in _ids_within(group)}
    _check(dag, group, tasks)
    written = {task_id: copied(task) for task_id, task in tasks.items()}
    part = PartOfDag(dag, group, written, show_steps=show_steps, strict=strict)
    before = {task_id: set(task.upstream_task_ids) - tasks.keys() for task_id, task in tasks.items()}
    submit = _submit(dag, group, part, options)
    submit.upstream_task_ids = SubmissionsUpstreamIds(set(), submit.task_id, part)
    if show_steps:
        for task in tasks.values():
            show(task, part, submit)
            if not task.upstream_task_ids or rule_name_of(task) in GATHERING:
                submit.set_downstream(task)
    else:
        stand_for(tasks, part, submit)
    for task_id, outside in before.items():
        for one in sorted(outside):
            part.comes_after(one)
            if show_steps:
                submit.set_downstream(dag.task_dict[task_id])
                part.unbind(task_id)
    return submit


def _check(dag: Any, group: Any, tasks: Mapping[str, Any]) -> None:
    place = Origin(str(dag.fileloc))
    called = _called(group)
    if not tasks:
        raise InputError(f"there are no tasks in {called}", "write them before it is offloaded", place)
    ours = next((one for one in tasks.values() if isinstance(getattr(one, "workflow", None), PartOfDag)), None)
    if ours is not None:
        raise InputError(f"{called} has tasks that are offloaded already", "offload the outermost, once", place)
    around = group
    while around is not None:
        if isinstance(around, airflow_names().mapped_task_group):
            cure = "let the mapped group be inside of what is offloaded, not around it"
            raise InputError(f"{called} is in the mapped group '{around.group_id}'", cure, place)
        around = around.parent_group


def _called(group: Any) -> str:
    return f"task group '{group.group_id}'" if group.group_id else "the DAG"


def _ids_within(group: Any) -> list[str]:
    """Ids of the tasks of a group and those in it, in the order in which they were written."""
    found: list[str] = []
    for key, child in group.children.items():
        found += _ids_within(child) if isinstance(child, TaskGroup) else [key]
    return found


def _submit(dag: Any, group: Any, part: PartOfDag, options: Mapping[str, Any]) -> Any:
    own: dict[str, Any] = {
        "wait_for_completion": not part.show_steps,
        "retry_strategy": "retry",
        "trigger_rule": part.rule,
        "execution_timeout": None,  # a default for tasks is none for all of them together
        "depends_on_past": False,
        "wait_for_downstream": False,
        **OF_ITS_OWN,
        **({"retries": 2, "retry_delay": timedelta(seconds=10)} if part.show_steps else {}),
    }
    # of the submission alone: steps are tried again by Argo, as often as their tasks say
    return ArgoOffloadOperator(task_id=part.submit_name, workflow=part, dag=dag, task_group=group, **{**own, **options})

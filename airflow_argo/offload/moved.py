"""Tasks of a DAG are taken out of it, into a DAG that only becomes a workflow; in their places stand tasks that show its steps.

    a ─▶ b ─▶ c      becomes      submit ─▶ a' ─▶ b' ─▶ c'      and the workflow      a ─▶ b ─▶ c

Each a', b', c' has its task's id, group, edges, trigger rule and callbacks, waits for its step, and ends as that ended: with
its logs, its return value, and its state. So Airflow decides the same with them as it would with the tasks, and the rest of the
DAG may depend on them and pull their XComs. With `show_steps=False` there is one task alone, which waits for the workflow.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from airflow_argo._compat import TaskGroup
from airflow_argo.diagnostics import InputError, Origin
from airflow_argo.offload.steps import ArgoStepOperator
from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator

SUBMIT = "submit"
_KEPT = ("owner", "doc_md", "pool", "priority_weight", "outlets", "inlets", "email_on_failure", "email")
_CALLBACKS = ("on_execute_callback", "on_failure_callback", "on_success_callback", "on_skipped_callback")


def move(dag: Any, group: Any, *, show_steps: bool, **options: Any) -> Any:
    """Turn the tasks of a group into one workflow. Returns the task that submits it.

    Args:
        dag: that the tasks are of; changed.
        group: the DAG's own, or one in it; its tasks are those that are moved.
        show_steps: a task for each step.
        options: arguments of ArgoSubmitWorkflowOperator.

    Raises:
        InputError: the group has no tasks, a mapped group, or a task named as ours.
    """
    tasks = [dag.task_dict[task_id] for task_id in _ids_within(group)]
    if not tasks:
        raise InputError(
            f"there are no tasks in {_called(group)}", "write them before it is offloaded", Origin(str(dag.fileloc))
        )
    places = {task.task_id: _group_of(task) for task in tasks}
    edges = _edges(tasks)
    before, after = _outside(tasks, dag)
    inner = _inner_dag(dag, tasks)
    for task in tasks:
        places[task.task_id].children.pop(task.task_id)
        del dag.task_dict[task.task_id]
        dag.task_group.used_group_ids.discard(task.task_id)
    submit = _submit(dag, group, inner, show_steps, options)
    shown = {task.task_id: _shown(task, places[task.task_id], dag, submit) for task in tasks} if show_steps else {}
    if not show_steps:
        _remove_groups(group)
    _connect(submit, shown, edges, before, after, dag)
    return submit


def _called(group: Any) -> str:
    return f"task group '{group.group_id}'" if group.group_id else "the DAG"


def _ids_within(group: Any) -> list[str]:
    """Ids of the tasks of a group and those in it, in the order in which they were written."""
    found: list[str] = []
    for key, child in group.children.items():
        if isinstance(child, TaskGroup):
            if type(child).__name__ == "MappedTaskGroup":
                cure = "map the tasks one by one, or leave the group in Airflow"
                raise InputError(f"task group '{child.group_id}' is mapped, and can't be offloaded", cure)
            found += _ids_within(child)
        else:
            found.append(key)
    return found


def _group_of(task: Any) -> Any:
    """The task's group itself, where the task has a weak reference to it."""
    group = task.task_group
    parent = group.parent_group
    return group if parent is None else parent.children.get(group.group_id, group)


def _edges(tasks: Iterable[Any]) -> list[tuple[str, str]]:
    ids = {task.task_id for task in tasks}
    return [(task.task_id, below) for task in tasks for below in sorted(task.downstream_task_ids & ids)]


def _outside(tasks: Iterable[Any], dag: Any) -> tuple[list[str], list[tuple[str, str]]]:
    """Edges to tasks that stay, taken off both: ids before any of the tasks, and (task, id after it)."""
    ids = {task.task_id for task in tasks}
    before: dict[str, None] = {}
    after: list[tuple[str, str]] = []
    for task in tasks:
        for one in sorted(task.upstream_task_ids - ids):
            before[one] = None
            dag.task_dict[one].downstream_task_ids.discard(task.task_id)
            task.upstream_task_ids.discard(one)
        for one in sorted(task.downstream_task_ids - ids):
            after.append((task.task_id, one))
            dag.task_dict[one].upstream_task_ids.discard(task.task_id)
            task.downstream_task_ids.discard(one)
    return list(before), after


def _inner_dag(dag: Any, tasks: Iterable[Any]) -> Any:
    """A DAG that Airflow doesn't know, with the tasks and all that the DAG says to each of them."""
    inner = copy.copy(dag)
    object.__setattr__(inner, "task_dict", {task.task_id: task for task in tasks})
    for task in inner.task_dict.values():
        if hasattr(type(task), "_dag") or "_dag" in vars(task):
            object.__setattr__(task, "_dag", inner)  # Airflow itself never moves a task from one DAG to another
        else:
            object.__setattr__(task, "dag", inner)
    return inner


def _submit(dag: Any, group: Any, inner: Any, show_steps: bool, options: Mapping[str, Any]) -> Any:
    if group.child_id(SUBMIT) in {*dag.task_dict, *inner.task_dict}:
        raise InputError(f"{_called(group)} has a task '{SUBMIT}', which is to submit the workflow", "rename it")
    own: dict[str, Any] = {"wait_for_completion": not show_steps, "retry_strategy": "retry", "trigger_rule": "all_success"}
    if show_steps:
        own["retries"] = 2  # of the submission alone: steps are tried again by Argo, as often as their tasks say
    return ArgoSubmitWorkflowOperator(task_id=SUBMIT, workflow=inner, dag=dag, task_group=group, **{**own, **options})


def _shown(task: Any, group: Any, dag: Any, submit: Any) -> Any:
    """The task that stands in a task's place."""
    kept = {name: value for name in (*_KEPT, *_CALLBACKS) if (value := getattr(task, name, None))}
    rule = str(getattr(task.trigger_rule, "value", task.trigger_rule))
    made = ArgoStepOperator(
        task_id=task.label,
        step=task.task_id,
        submitted_by=submit.task_id,
        argo_conn_id=submit.argo_conn_id,
        deferrable=submit.deferrable,
        poll_interval=submit.poll_interval,
        log_tail=submit.log_tail,
        trigger_rule="all_done" if rule == "always" else rule,  # the workflow has to be there
        task_group=group,
        dag=dag,
        **kept,
    )
    if task.is_teardown:
        made.is_teardown, made.on_failure_fail_dagrun = True, task.on_failure_fail_dagrun
    made.is_setup = task.is_setup
    return made


def _connect(
    submit: Any,
    shown: Mapping[str, Any],
    edges: Iterable[tuple[str, str]],
    before: Iterable[str],
    after: Iterable[tuple[str, str]],
    dag: Any,
) -> None:
    for one in before:
        dag.task_dict[one].set_downstream(submit)
    for above, below in edges:
        if shown:
            shown[above].set_downstream(shown[below])
    for one in shown.values():
        if not one.upstream_task_ids or one.trigger_rule == "all_done":
            submit.set_downstream(one)
    for inside, one in after:
        shown.get(inside, submit).set_downstream(dag.task_dict[one])


def _remove_groups(group: Any) -> None:
    """The groups in a group, which have no tasks any more."""
    for key, child in list(group.children.items()):
        if isinstance(child, TaskGroup):
            del group.children[key]

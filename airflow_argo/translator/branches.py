"""Branches and short circuits: what a task decides at run time about those after it. Source: airflow.sdk.bases.skipmixin.

The deciding task reports `follow`. Of a branch it is the list of its direct dependents that run; of a short circuit a bool.
Each dependent tests it, whatever its trigger rule says.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any, Literal

from airflow_argo.model.conditions import Condition, IsIn, Truth
from airflow_argo.model.values import Constant, Output, SameItem, Type, Value
from airflow_argo.translator.airflow_names import airflow_names, is_mapped, operator_class_of, rule_name_of
from airflow_argo.translator.mapped_groups import has_instances, is_counted_at_start, mapped_group_of
from airflow_argo.translator.sources import text_of

FOLLOW = "follow"


def branch_facts(task: Any, dag: Any) -> dict[str, Any]:
    """What a branch's pod has to know.

    `children`, its direct dependents; `ids`, what it may choose → children that then run; `returns`, whether it returns its
    choice even if that skips somebody. A choice keeps the tasks chosen and those before them; of a group, its first tasks.
    """
    children = sorted(task.downstream_task_ids)
    groups = dag.task_group.get_task_group_dict()
    ids: dict[str, list[str]] = {}
    for task_id in sorted(dag.task_dict):
        ids[task_id] = _children_followed([task_id], children, dag)
    for group_id, group in sorted((key, group) for key, group in groups.items() if key):
        ids[group_id] = _children_followed([root.task_id for root in group.get_roots()], children, dag)
    # an instance's decision skips nobody at once, so nothing stops it from returning; nor does a skip in Airflow 2
    returns = has_instances(task) or airflow_names().is_2
    return {"children": children, "ids": ids, **({"returns": True} if returns else {})}


def _children_followed(chosen: list[str], children: list[str], dag: Any) -> list[str]:
    """The children that are not skipped: those chosen, and those after something chosen."""
    followed = set(chosen)
    for task_id in chosen:
        followed |= dag.task_dict[task_id].get_flat_relative_ids(upstream=False)
    return [child for child in children if child in followed]


def decision_of(task: Any, dag: Any) -> list[str] | Literal[True] | None:
    """What a task may decide about those after it: the list of those that it chooses among, True for all at once, or None."""
    if is_short_circuit(task):
        return True
    if is_branch(task):
        return sorted(task.downstream_task_ids)
    return _later(task, dag) if _is_a(task, {"SkipMixin"}) or _may_skip_others(task, dag) else None


def conditions_on_decisions(dag: Any, own: Collection[str]) -> dict[str, list[tuple[str, Condition]]]:
    """Task id → the deciding tasks that it obeys, each with the condition under which it isn't skipped by them.

    Args:
        own: ids of the tasks that are meant.
    """
    found: dict[str, list[tuple[str, Condition]]] = {}
    for task in dag.tasks:
        match decision_of(task, dag) if task.task_id in own else None:
            case None:
                continue
            case True:
                follow = Output(task.task_id, FOLLOW, Type.BOOL, Constant("true"))
                for later in _short_circuited(task, dag):
                    _obey(found, task, dag.task_dict[later], Truth, follow)
            case list(children):
                for child in children:
                    # absent if it decided nothing: then all may run
                    follow = Output(task.task_id, FOLLOW, Type.JSON, Constant.of([child]))
                    _obey(found, task, dag.task_dict[child], partial(IsIn, Constant.of(child)), follow)
    return found


def _obey(
    found: dict[str, list[tuple[str, Condition]]], decider: Any, child: Any, test: Callable[[Value], Condition], follow: Output
) -> None:
    """Adds what a decision means for a task, if anything. Source: SkipMixin, NotPreviouslySkippedDep.

    A decider in a mapped group skips nothing. One that is mapped is obeyed by the instances of the same index, if Airflow's
    version still knows of a mapped task that it decides: 3.3 forgets. Tasks further down are skipped by their id, which
    instances that are made at the start of a run don't have.
    """
    is_direct = child.task_id in decider.downstream_task_ids
    if mapped_group_of(decider) is not None or (not is_direct and is_counted_at_start(child)):
        return
    if rule_name_of(child) == "always":
        return  # it runs before anything is decided
    if not is_mapped(decider):
        found.setdefault(child.task_id, []).append((decider.task_id, test(follow)))
    elif is_direct and has_instances(child) and getattr(decider, "inherits_from_skipmixin", True):
        found.setdefault(child.task_id, []).append((decider.task_id, test(SameItem(child.task_id, follow))))


def _may_skip_others(task: Any, dag: Any) -> bool:
    """Whether a task may raise what SkipMixin raises: the DAG file names it. Source: task_runner, DownstreamTasksSkipped."""
    if getattr(task, "inherits_from_empty_operator", False):
        return False
    try:
        return "DownstreamTasksSkipped" in text_of(dag.fileloc)
    except (OSError, SyntaxError, UnicodeDecodeError):
        return False  # it isn't in a file


def _short_circuited(task: Any, dag: Any) -> list[str]:
    ignores_rules = getattr(task, "ignore_downstream_trigger_rules", True)
    ids = _later(task, dag) if ignores_rules else task.downstream_task_ids
    return sorted(one for one in ids if not dag.task_dict[one].is_teardown)


def skips_others(task: Any, dag: Any) -> bool:
    """Whether a short circuit may skip something at once, and then returns nothing. Source: SkipMixin.skip of Airflow 3."""
    return not airflow_names().is_2 and not has_instances(task) and bool(_short_circuited(task, dag))


def _later(task: Any, dag: Any) -> list[str]:
    """All tasks after a task that it could skip."""
    ids = task.get_flat_relative_ids(upstream=False)
    return sorted(one for one in ids if not dag.task_dict[one].is_teardown)


def is_branch(task: Any) -> bool:
    """Whether a task chooses among its direct dependents."""
    return _is_a(task, {"BranchMixIn", "BaseBranchOperator", "BranchPythonOperator"})


def is_short_circuit(task: Any) -> bool:
    """Whether a task is a short circuit."""
    return _is_a(task, {"ShortCircuitOperator"})


def _is_a(task: Any, names: set[str]) -> bool:
    return bool({base.__name__ for base in operator_class_of(task).__mro__} & names)

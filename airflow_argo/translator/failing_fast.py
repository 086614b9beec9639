"""`fail_fast`: a task's failure skips all that hasn't ended, teardowns aside. Source: TaskInstance, _stop_remaining_tasks.

What comes after the failed task is skipped in any case. What stands beside it may be anywhere when it fails: here it goes on to
its end, which is how a run of Airflow goes in which it was done before.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from airflow_argo.model.conditions import TRUE, Every, Rule, State, all_of
from airflow_argo.translator.left_out import LeftOut
from airflow_argo.translator.mapped_groups import are_members, has_instances

NOT_FAILED = frozenset(State) - {State.FAILED}


def behind_failures(task: Any, ancestors: Mapping[str, frozenset[str]]) -> list[str]:
    """What a task comes after whose failure the rule doesn't show by which it begins.

    Teardowns end well all the same; and of tasks in its own mapped group a rule asks for the instance of the same index, where
    one that failed skips all that begin when these have ended.
    """
    hidden = {far for one in task.upstream_list if one.is_teardown for far in ancestors.get(one.task_id, ())}
    return sorted(hidden | {one.task_id for one in task.upstream_list if are_members(task, one)})


def rule_failing_fast(rule: Rule, behind: list[str]) -> Rule:
    """A task's rule, where a failure before it skips it."""
    return Rule(TRUE, all_of([rule.needs, rule.wants, *(Every(far, NOT_FAILED) for far in behind)]))


def chances_of(dag: Any, ancestors: Mapping[str, frozenset[str]]) -> Iterator[LeftOut]:
    """What a failure meets depends on the moment, unless all tasks run one after the other.

    Args:
        ancestors: of the tasks that the workflow has; the DAG may have others.
    """
    in_order = sorted((one for one in dag.task_dict if one in ancestors), key=lambda one: len(ancestors[one]))
    alone = all(before in ancestors[after] for before, after in itertools.pairwise(in_order))
    if not alone or any(has_instances(dag.task_dict[one]) for one in in_order):
        found = "with fail_fast, tasks beside a failed one run to their end; those after it are skipped, as in Airflow"
        yield LeftOut("AA221", found, "let tasks run one after the other, if they must not begin beside a failure")

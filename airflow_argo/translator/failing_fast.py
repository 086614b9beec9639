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
from airflow_argo.translator.mapped_groups import has_instances

NOT_FAILED = frozenset(State) - {State.FAILED}


def fails_fast(dag: Any) -> bool:
    """Whether a DAG asks for it, under the name of either version of Airflow."""
    return bool(getattr(dag, "fail_fast", False) or getattr(dag, "fail_stop", False))


def behind_teardowns(task: Any, ancestors: Mapping[str, frozenset[str]]) -> list[str]:
    """What a task comes after whose failure its upstream tasks don't show: teardowns end well all the same."""
    return sorted({far for one in task.upstream_list if one.is_teardown for far in ancestors[one.task_id]})


def rule_failing_fast(rule: Rule, behind: list[str]) -> Rule:
    """A task's rule, where a failure before it skips it."""
    return Rule(TRUE, all_of([rule.needs, rule.wants, *(Every(far, NOT_FAILED) for far in behind)]))


def chances_of(dag: Any, ancestors: Mapping[str, frozenset[str]]) -> Iterator[LeftOut]:
    """What a failure meets depends on the moment, unless all tasks run one after the other."""
    in_order = sorted(dag.task_dict, key=lambda one: len(ancestors[one]))
    alone = all(before in ancestors[after] for before, after in itertools.pairwise(in_order))
    if not alone or any(has_instances(task) for task in dag.tasks):
        found = "with fail_fast, tasks beside a failed one run to their end; those after it are skipped, as in Airflow"
        yield LeftOut("AA221", found, "let tasks run one after the other, if they must not begin beside a failure")

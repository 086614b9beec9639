"""What a task or a DAG asks for and the translation doesn't carry over: each gets a diagnostic, none is dropped in silence."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any, NamedTuple

from airflow_argo.diagnostics import Severity
from airflow_argo.translator.asset_events import WRITTEN, events_in
from airflow_argo.translator.cluster_policies import changes_instances
from airflow_argo.translator.pods import DEFAULT_POOL, left_of_override


class LeftOut(NamedTuple):
    """A finding, for whoever reports it."""

    code: str
    message: str
    cure: str
    severity: Severity = Severity.WARNING


class _Check(NamedTuple):
    """An attribute, what its value is if nobody set it, and what to say if somebody did."""

    attribute: str
    unset: tuple[Any, ...]
    code: str
    cure: str


DEFAULT_QUEUE = "default"
"""Source: [operators] default_queue."""

_UNSET: tuple[Any, ...] = (None, False, (), [], {}, "")

_DEFAULT_WEIGHTS = {"_DownstreamPriorityWeightStrategy": "downstream"}
"""Before Airflow 3.1 the default weight_rule is an object of this class."""

_IN_ORDER = "let one task run after the other: Argo starts what is ready in the order of the manifest"
_PAST = "set max_active_runs=1 and let the first task look at the earlier run's result; or backfill with --max-active-runs 1"

_TASK_CHECKS: tuple[_Check, ...] = (
    _Check("pool_slots", (*_UNSET, 1), "AA208", "give it a pool of its own, of as many slots as tasks of it may run at once"),
    _Check("weight_rule", ("downstream", *_UNSET), "AA209", _IN_ORDER),
    _Check("executor", _UNSET, "AA210", "leave it out: every task is a pod of Argo"),
    _Check("depends_on_past", _UNSET, "AA212", _PAST),
    _Check("wait_for_downstream", _UNSET, "AA212", _PAST),
    _Check("inlets", _UNSET, "AA218", "Argo has no assets"),
    _Check("outlets", _UNSET, "AA218", "Argo has no assets: trigger what follows by a task"),
    _Check("sla", _UNSET, "AA206", "watch the workflow's duration"),
)

_DAG_CHECKS: tuple[_Check, ...] = (
    _Check("deadline", _UNSET, "AA206", "watch the workflow's duration"),
    _Check("allowed_run_types", _UNSET, "AA222", "let only those create workflows in its namespace who may start it"),
    _Check(
        "max_consecutive_failed_dag_runs", (*_UNSET, 0, 1), "AA222", "set it to 1: Argo counts failed runs, not those in a row"
    ),
)


def left_out_of_task(
    task: Any,
    *,
    pools: bool = False,
    queues: Container[str] = (),
    runs: bool = True,
    carried: Container[str] = (),
) -> Iterator[LeftOut]:
    """What a task asks for and doesn't get. Callbacks, hooks and mails it gets: by Airflow's task runner, see `bodies`.

    Args:
        pools: the sizes of pools are known, so that they hold.
        queues: those of which the settings say what their pods get.
        runs: something runs it. Airflow's scheduler takes an EmptyOperator for done, so that where it would run means nothing.
        carried: what tasks ask of asset events, or say to them, that an Airflow around the workflow gives and takes.
    """
    for check in _TASK_CHECKS:
        if (runs or check.code not in _WHERE_IT_RUNS) and not _is_unset(getattr(task, check.attribute, None), check.unset):
            yield LeftOut(check.code, f"{check.attribute} is not carried over", check.cure)
    for name in (one for one in events_in(task) if one not in carried):
        if name not in WRITTEN or _is_unset(getattr(task, "outlets", None), _UNSET):  # else the finding above says it
            yield LeftOut("AA218", f"{name} is not carried over", "Argo has no assets: leave that to a task that Airflow runs")
    if runs:
        yield from _left_out_of_running(task, pools, queues)


_WHERE_IT_RUNS = frozenset({"AA208", "AA209", "AA210"})


def _left_out_of_running(task: Any, pools: bool, queues: Container[str]) -> Iterator[LeftOut]:
    queue = getattr(task, "queue", None)
    if queue and queue != DEFAULT_QUEUE and queue not in queues:
        cure = (
            f"say in airflow-argo.toml what its pods get: a table [queues.{queue}] with nodeSelector, tolerations or the like"
        )
        yield LeftOut("AA210", f"queue '{queue}' is not carried over", cure)
    if getattr(task, "pool", DEFAULT_POOL) != DEFAULT_POOL and not pools:
        cure = "name a ConfigMap with the sizes of pools in the setting pools_config_map"
        yield LeftOut("AA208", f"pool '{task.pool}' is not carried over", cure)
    if getattr(task, "priority_weight", 1) != 1:
        yield LeftOut("AA209", "priority_weight is not carried over", _IN_ORDER)
    user = str(getattr(task, "run_as_user", None) or "")
    if user and not user.isdecimal():
        yield LeftOut("AA210", f"run_as_user '{user}' is not carried over", "give the user's number, or set it in the image")
    left = left_of_override(task)
    if left:
        yield LeftOut(
            "AA211", f"{', '.join(left)} of the pod_override is not carried over", "leave it out: Argo's pods have their own"
        )
    foreign = set(getattr(task, "executor_config", None) or {}) - {"argo", "pod_override"}
    if foreign:
        yield LeftOut(
            "AA211", f"executor_config {', '.join(sorted(map(str, foreign)))} is not carried over", 'use {"argo": {…}}'
        )


def left_out_of_dag(dag: Any) -> Iterator[LeftOut]:
    """What a DAG asks for and doesn't get."""
    for check in _DAG_CHECKS:
        if not _is_unset(getattr(dag, check.attribute, None), check.unset):
            yield LeftOut(check.code, f"{check.attribute} is not carried over", check.cure)
    if changes_instances():
        cure = "change the tasks in task_policy, or their pods in pod_mutation_hook"
        yield LeftOut("AA245", "task_instance_mutation_hook is not carried over", cure)


def _is_unset(value: Any, unset: tuple[Any, ...]) -> bool:
    text = _DEFAULT_WEIGHTS.get(type(value).__name__, str(getattr(value, "value", value)))
    return any(value is one or (type(value) is type(one) and value == one) for one in unset) or text in [
        one for one in unset if isinstance(one, str) and one
    ]

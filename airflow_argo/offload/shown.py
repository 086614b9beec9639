"""A task becomes, in its place, the task that shows its step; a copy of it, as it was written, goes into the workflow.

It stays the same object, since authors hold on to it: `result = total(rows)` is an XCom of it, whatever it has become. So do
the groups, edges and expansions that refer to it.
"""

from __future__ import annotations

from typing import Any, Final

from airflow_argo.offload.edges import UpstreamIds
from airflow_argo.offload.part import AT_ONCE, PartOfDag
from airflow_argo.offload.steps import (
    NAME_TEMPLATE,
    RETRIES,
    RETRY_DELAY,
    ArgoDecidingStepOperator,
    ArgoStepOfMapped,
    ArgoStepOperator,
)
from airflow_argo.offload.written import CALLBACKS
from airflow_argo.translator.airflow_names import is_mapped, rule_name_of

_KEPT: Final = (
    *("owner", "doc_md", "doc", "doc_json", "doc_yaml", "doc_rst", "task_display_name", "map_index_template"),
    *("pool", "pool_slots", "priority_weight", "queue", "executor", "run_as_user"),
    *("outlets", "inlets", "email", "email_on_failure", "depends_on_past", "wait_for_downstream"),
    *("max_active_tis_per_dag", "max_active_tis_per_dagrun"),
)
"""What Airflow goes on doing for a task."""

_MAIL: Final = ("email", "email_on_failure")
"""Deprecated as arguments, of which only the author is to be told."""


def show(task: Any, part: PartOfDag, submit: Any) -> None:
    """Turn a task into the one that shows its step."""
    own: dict[str, Any] = {
        "step": task.task_id,
        "submitted_by": submit.task_id,
        "argo_conn_id": submit.argo_conn_id,
        "deferrable": submit.deferrable,
        "poll_interval": submit.poll_interval,
        "log_tail": submit.log_tail,
        "timeout": submit.timeout,
        "on_kill_action": submit.on_kill_action,
        "waits_for_submission": rule_name_of(task) in AT_ONCE,
    }
    base = {name: value for name in (*_KEPT, *CALLBACKS) if (value := _value(task, name)) is not None}
    if "map_index_template" in base:
        base["map_index_template"] = NAME_TEMPLATE
    base |= {"retries": RETRIES, "retry_delay": RETRY_DELAY}  # of looks, whatever the DAG's defaults are
    base["trigger_rule"] = rule_name_of(task)
    if is_mapped(task):
        _become_mapped(task, own, base)
    else:
        _become(task, own, base)
    upstream = UpstreamIds(task.upstream_task_ids, task.task_id, part)
    object.__setattr__(task, "upstream_task_ids", upstream)


def _value(task: Any, name: str) -> Any:
    return task.partial_kwargs.get(name) if is_mapped(task) else getattr(task, name, None)


def _become(task: Any, own: dict[str, Any], base: dict[str, Any]) -> None:
    decider = _decider(task)
    mail = {name: base.pop(name) for name in _MAIL if name in base}
    made = (ArgoDecidingStepOperator if decider else ArgoStepOperator)(
        task_id=task.task_id,
        dag=task.dag,
        task_group=task.task_group,
        start_date=task.start_date,
        end_date=task.end_date,
        _airflow_from_mapped=True,  # made without being put anywhere
        **own,
        **base,
    )
    if decider:
        made.decides = decider
    kept = mail | {name: getattr(task, name) for name in ("task_id", "upstream_task_ids", "downstream_task_ids")}
    setups = ("is_setup", "is_teardown", "on_failure_fail_dagrun")
    kept |= {key: value for key, value in vars(task).items() if key.lstrip("_") in setups}
    vars(task).clear()
    object.__setattr__(task, "__class__", type(made))
    vars(task).update({**vars(made), **kept})
    for name in vars(task):
        if name.endswith("__from_mapped"):
            vars(task)[name] = False


def _become_mapped(task: Any, own: dict[str, Any], base: dict[str, Any]) -> None:
    """Of a mapped task the expansion stays: Airflow makes as many instances of it, in the same order.

    So does `_can_skip_downstream`: to Airflow a mapped BranchPythonOperator can skip instances that are made later; a mapped
    `@task.branch` can't.
    """
    setups = {
        name: task.partial_kwargs[name]
        for name in ("is_setup", "is_teardown", "on_failure_fail_dagrun")
        if name in task.partial_kwargs
    }
    decider = _decider(task)
    if decider:
        own["decides"] = decider
    fields = {
        "operator_class": ArgoStepOfMapped,
        "partial_kwargs": {
            **base,
            **setups,
            "argo_step": {**own, **base},
            "op_kwargs": {},
            "argo_conn_id": own["argo_conn_id"],
        },
        "template_fields": ArgoStepOfMapped.template_fields,
        "template_ext": (),
        "template_fields_renderers": {},
        "operator_extra_links": ArgoStepOfMapped.operator_extra_links,
        "ui_color": ArgoStepOfMapped.ui_color,
        "_is_empty": False,
        "_is_sensor": False,
        "_task_module": ArgoStepOfMapped.__module__,
        "task_type": ArgoStepOfMapped.__name__,
        "_task_type": ArgoStepOfMapped.__name__,
        "_operator_name": ArgoStepOfMapped.custom_operator_name,
        "_disallow_kwargs_override": False,
    }
    for name, value in fields.items():
        if hasattr(task, name):
            object.__setattr__(task, name, value)


def _decider(task: Any) -> str:
    """What a task decides about those after it, for the one that shows it: "" if nothing."""
    from airflow_argo.translator.branches import decision_of, is_short_circuit

    if decision_of(task, task.dag) is None:
        return ""
    if is_short_circuit(task):
        ignores = (
            task.partial_kwargs.get("ignore_downstream_trigger_rules", True)
            if is_mapped(task)
            else task.ignore_downstream_trigger_rules
        )
        return "all" if ignores else "direct"
    return "choice"

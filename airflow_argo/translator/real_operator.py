"""The operator itself, in an image that has Airflow: what runs where there is no translation of its own.

The pod loads the DAG file and hands the task to Airflow's task runner, so that templates, callbacks, hooks, skips, triggers and
pushes are Airflow's. What the translator has to find are the XComs that it reads, since Argo passes values along dependencies.
"""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from types import FunctionType
from typing import Any

from airflow_argo.diagnostics import Severity
from airflow_argo.model.jobs import Env, FieldPath, Job, PodSettings, PythonCall
from airflow_argo.model.values import Constant, Output, SameItem, Type, Value
from airflow_argo.settings import Settings
from airflow_argo.translator.airflow_names import AIRFLOW_2, airflow_names, operator_class_of
from airflow_argo.translator.asset_events import INLET, TRIGGERING, events_in
from airflow_argo.translator.branches import decision_of
from airflow_argo.translator.context import NOTHING, RETURN_VALUE, DagContext, TaskContext, pod_settings_of
from airflow_argo.translator.labels import NAMESPACE_VARIABLE
from airflow_argo.translator.lambdas import lambdas_of
from airflow_argo.translator.mapped_groups import are_members, values_given, values_kept
from airflow_argo.translator.params import is_unset
from airflow_argo.translator.parsed import nodes_in, tree_of
from airflow_argo.translator.prior_dates import prior_pulls_in_python, prior_pulls_in_templates, report_prior_dates
from airflow_argo.translator.pulled import Pulled
from airflow_argo.translator.pulled_names import Named
from airflow_argo.translator.set_variables import report_set_variables, sets_variables
from airflow_argo.translator.shipping import MAX_BYTES, Shipment, shipment_of
from airflow_argo.translator.sources import means_airflow_2, text_of
from airflow_argo.translator.template_files import ported_late, texts_rendered
from airflow_argo.translator.tries import least_wait, retry_of
from airflow_argo.translator.value_files import CONNECTION_PREFIX, VARIABLE_PREFIX

NEEDS_SERVER = {
    "HITLOperator": "somebody answers it in Airflow's user interface",
    "SubDagOperator": "it makes a run in Airflow's database",
    "_StubOperator": "its code is not in Python",
    "ArgoSubmitWorkflowOperator": "it submits a workflow of its own by a connection of Airflow's",
    "ArgoWorkflowSensor": "it looks for workflows by a connection of Airflow's",
}
"""Operators that mean nothing without Airflow's server, by the names of their classes, and why."""


def real_operator(task: Any, ctx: TaskContext, reason: str) -> Job | None:
    """The job that runs an operator as it is; None, and a finding, if it needs more of Airflow than its code.

    Args:
        task: as it stands in the DAG, mapped or not.
        reason: why it isn't translated.
    """
    why = _needs_server(task)
    if why is not None:
        ctx.report("AA232", f"{operator_name(task)} needs Airflow's server: {why}", "keep the task in Airflow, or replace it")
        return None
    shipment = shipped(ctx.dag_context, ctx.task_id)
    if shipment is None:
        return None
    _report_stores(task, ctx, shipment)
    templates = tuple(texts_rendered(task, values_given(task), ctx.dag_context.environment))
    for shown in [*prior_pulls_in_templates(templates, ctx.dag_context.environment), *_prior_pulls(task, shipment)]:
        report_prior_dates(shown, ctx)
    ctx.report("AA231", f"it runs in an Airflow image: {reason}", "nothing, if pods with Airflow are fine", Severity.NOTE)
    pulled = Pulled.by(shipment.texts.values(), templates, ctx.dag_context.environment)
    for task_id in dict.fromkeys(task_id for task_id, _ in pulled.pulls):
        ctx.check_is_before(task_id)
    for value in values_kept(task):
        for operator, _ in airflow_names().xcom_arg.iter_xcom_references(value):
            ctx.check_is_before(operator.task_id)  # Airflow draws no edge for it
    xcoms, pushed, unsure = _xcoms(task, ctx, pulled)
    passed = dict.fromkeys([*(task_id for task_id, _ in xcoms), *(task_id for task_id, _ in pushed)])
    least = least_wait(task)
    facts: dict[str, Any] = {
        "kind": "operator",
        "task": {"task_id": ctx.task_id, "dag_id": ctx.dag_context.dag.dag_id},
        "file": shipment.name,
        "path": shipment.path,
        "params": ctx.dag_context.params.for_pods(),
        "mapped": sorted(one for one in passed if one in ctx.dag_context.mapped and not _gives_one(one, ctx, pulled)),
        "siblings": sorted(one for one in passed if _is_sibling(one, ctx)),
        "silent": sorted(ctx.dag_context.ancestors[ctx.task_id] - ctx.dag_context.pushes.keys()),
        "outside": sorted(frozenset(ctx.dag_context.dag.task_dict) - ctx.dag_context.own),
        "unsure": unsure,
        "set": airflow_settings(ctx.dag_context.path),
        "todays": ported_late(task),
        "decides": decision_of(task, ctx.dag_context.dag),
        "retry": None if least is None else {"argo_waits": least},
        "variables": ctx.settings.required("variables_secret") if sets_variables(ctx.dag_context.path) else None,
        **_asset_events(task, ctx),
    }
    return PythonCall(
        image=ctx.image(needs_airflow=True),
        source="",
        function="",
        beside=shipment.beside,
        facts=Constant.of({key: value for key, value in facts.items() if value not in (None, [], {})}),
        env=_environment(task, ctx, shipment),
        xcoms=xcoms,
        pushed=pushed,
        may_skip=True,
        retry=retry_of(task, ctx, reports=True),
        pod=ctx.own_pod(with_environment(ctx.settings)),
    )


def _asset_events(task: Any, ctx: TaskContext) -> dict[str, Any]:
    """What an Airflow around the workflow knows of the events of assets that a task asks for."""
    asked, outside = events_in(task), ctx.dag_context.outside
    found: dict[str, Any] = {"triggering": list(outside.triggering) if TRIGGERING in asked else []}
    inlet = outside.inlet.get(ctx.task_id) if INLET in asked else None
    if inlet is not None:
        found["inlet"] = {"of_assets": inlet.of_assets, "of_aliases": dict(inlet.of_aliases)}
        if inlet.left:
            cure = "ask for what happened after the last run, and let the others be pruned"
            ctx.report("AA218", f"{INLET}: the {inlet.left} oldest events are not carried over", cure)
    return found


def airflow_settings(dag_file: str) -> list[list[str]]:
    """Settings of Airflow under which its operators run, as environment variables: those under which the DAG file was read."""
    return [list(pair) for pair in AIRFLOW_2.items()] if means_airflow_2(dag_file) else []


LOOKS_AT_RUNS = ("ExternalTaskSensor", "TriggerDagRunOperator")
_ASKS_FOR_RUNS = (
    "get_dr_count(",
    "get_ti_count(",
    "get_task_states(",
    "get_dagrun_state(",
    "DagStateTrigger",
    "WorkflowTrigger",
)


def _environment(task: Any, ctx: TaskContext, shipment: Shipment) -> Env:
    """The variable by which a pod knows where runs of other DAGs and Variables are, if it may look at them."""
    looks = any(base.__name__ in LOOKS_AT_RUNS for base in operator_class_of(task).__mro__)
    if sets_variables(ctx.dag_context.path):
        report_set_variables(ctx.dag_context)
    elif not looks and not any(word in text for text in shipment.texts.values() for word in _ASKS_FOR_RUNS):
        return ()
    if looks:
        cure = "let the service account list, get (and create, delete) workflows and workflowtemplates"
        ctx.report("AA240", "it looks at workflows of another DAG, by Kubernetes' API", cure)
    if getattr(task, "run_after", None) is not None and not is_unset(task.run_after):
        found = "run_after fails the task if it is in the future: a workflow begins when it is made"
        ctx.report("AA235", found, "let a DateTimeSensor wait before it")
    return ((NAMESPACE_VARIABLE, FieldPath("metadata.namespace")),)


def operator_name(task: Any) -> str:
    """What authors call the operator: `@task.virtualenv`, `FileSensor`."""
    given = getattr(task, "operator_name", None) or getattr(task, "task_type", None)
    return str(given or type(task).__name__)


def _needs_server(task: Any) -> str | None:
    names = [base.__name__ for base in operator_class_of(task).__mro__]
    return next((NEEDS_SERVER[name] for name in names if name in NEEDS_SERVER), None)


def _report_stores(task: Any, ctx: TaskContext, shipment: Shipment) -> None:
    """A task that goes on where its last try stopped would begin anew with each, and may never end well."""
    if not task.retries:
        return
    if any("task_state_store" in text for text in _texts_of(task, shipment)):
        found = "what it keeps in task_state_store is gone with each try"
        ctx.report("AA234", found, "keep it outside, such as in a bucket, or give it no retries")


def _texts_of(task: Any, shipment: Shipment) -> list[str]:
    """The source of what a task calls; all texts if it has no function, or one without a source."""
    try:
        return [_source_of(task.python_callable)]
    except (AttributeError, OSError, TypeError):
        return list(shipment.texts.values())


@lru_cache(maxsize=64)
def _source_of(of: Any) -> str:
    """The source of a class or a function: many tasks have the same, and Python looks through the whole file for a class.

    Raises:
        OSError: it has none.
        TypeError: it is neither.
    """
    if not isinstance(of, FunctionType) or of.__name__ != "<lambda>":
        return inspect.getsource(of)
    code = of.__code__  # for a lambda Python has all of the line that it is in
    if not (found := lambdas_of(code, tree_of(text_of(code.co_filename)))):
        raise OSError("it can't be told from others in its line")
    return "\n".join(map(ast.unparse, found))


def _prior_pulls(task: Any, shipment: Shipment) -> list[str]:
    """Calls in a task's own code that reach for values of earlier runs."""
    if hasattr(task, "python_callable"):
        texts = _texts_of(task, shipment)
    else:
        texts = [text for base in operator_class_of(task).__mro__ if (text := _own_source(base, shipment))]
    return [call for text in texts for call in prior_pulls_in_python(text)]


def _own_source(of: type, shipment: Shipment) -> str | None:
    """The source of a class that is among the author's files."""
    if not any(of.__name__ in _classes_in(text) for text in shipment.texts.values()):
        return None  # to look for it in a library takes as long as all else
    try:
        found = _source_of(of)
    except (OSError, TypeError):
        return None
    return found if any(found in text for text in shipment.texts.values()) else None


@lru_cache(maxsize=64)
def _classes_in(text: str) -> frozenset[str]:
    return frozenset(node.name for node in nodes_in(text) if isinstance(node, ast.ClassDef))


def shipped(ctx: DagContext, task_id: str | None = None) -> Shipment | None:
    """The files that a pod needs to import the DAG file; None, and a finding, if they are too large to travel."""
    if ctx.shipment is None:
        ctx.shipment = shipment_of(ctx)
        for path in ctx.shipment.elsewhere:
            found = f"the DAG file reads {path} as it is imported, and that doesn't travel: it lies outside the DAGs folder"
            ctx.report("AA243", found, "put it into the DAGs folder, or into the image at that path")
        for path, why in ctx.shipment.left:
            cure = (
                "put the DAGs folder into the image, and say where: dags_in_image; or make it a Connection, if it is a secret"
            )
            ctx.report("AA243", f"its tasks may read {path}, and that doesn't travel: {why}", cure)
    if ctx.shipment.size > MAX_BYTES:
        found = f"the DAG file and its own files have {ctx.shipment.size // 1024} KiB, and {MAX_BYTES // 1024} KiB can travel"
        ctx.report("AA233", found, "put them into the image, and say where: dags_in_image", task_id=task_id)
        return None
    return ctx.shipment


def with_environment(settings: Settings) -> PodSettings:
    """What settings say about pods, and Airflow's Connections, Variables and configuration as environment variables."""
    connections, variables = settings.required("connections_secret"), settings.required("variables_secret")
    return _with_secrets(pod_settings_of(settings), connections, variables, settings["airflow_secret"])


@lru_cache(maxsize=64)  # tasks have few settings of their own
def _with_secrets(own: PodSettings, connections: str, variables: str, airflow: str | None) -> PodSettings:
    sources = [
        {"prefix": prefix, "secretRef": {"name": secret, "optional": True}}
        for prefix, secret in ((CONNECTION_PREFIX, connections), (VARIABLE_PREFIX, variables))
    ]
    if airflow:
        sources.append({"prefix": "", "secretRef": {"name": airflow}})
    return PodSettings.of({**json.loads(own.container), "envFrom": sources}, json.loads(own.template))


# XComs

Xcoms = tuple[tuple[str, tuple[tuple[str, Value], ...]], ...]
Pushed = tuple[tuple[str, Value], ...]


def _xcoms(task: Any, ctx: TaskContext, pulled: Pulled) -> tuple[Xcoms, Pushed, list[str]]:
    """What the operator may read: task id → key → value; task id → all under keys; and tasks outside, read by unknown keys."""
    outside = frozenset(ctx.dag_context.dag.task_dict) - ctx.dag_context.own
    before = ctx.dag_context.ancestors[ctx.task_id] | outside
    candidates = _candidates(pulled, before)
    unsure = [task_id for task_id in candidates if task_id in outside] if pulled.named.any_key else []
    xcoms: dict[str, dict[str, Value]] = {}
    for task_id, key in dict.fromkeys([*_referred(task), *pulled.pulls, *_by_names(pulled.named, candidates, before, ctx)]):
        if task_id in outside:
            given: Value = Constant.of(ctx.dag_context.outside.given(task_id, key, sparse=True))
            if given != NOTHING or task_id in unsure:
                xcoms.setdefault(task_id, {})[key] = given
        elif task_id in before and task_id in ctx.dag_context.pushes:
            may_push = ctx.dag_context.may_push(task_id, key)
            xcoms.setdefault(task_id, {})[key] = _given(task_id, key, ctx, pulled) if may_push else NOTHING
    pushed: dict[str, Value] = {}
    for task_id in candidates if pulled.named.any_key else ():
        if ctx.dag_context.pushes.get(task_id, NOT_KEYED) is None:
            pushed[task_id] = _given(task_id, "", ctx, pulled, keyed=True)
    return tuple((task_id, tuple(keys.items())) for task_id, keys in xcoms.items()), tuple(pushed.items()), unsure


def _candidates(pulled: Pulled, before: frozenset[str]) -> list[str]:
    """Ids of the tasks that may be pulled from by calls that don't name both the task and the key."""
    if pulled.named.any_task or not pulled.named.names_tasks:
        return sorted(before)
    return sorted(task_id for task_id in before if pulled.named.may_mean(task_id))


def _by_names(named: Named, candidates: list[str], before: frozenset[str], ctx: TaskContext) -> Iterator[tuple[str, str]]:
    """Ids and keys that calls may pull that don't name both; keys that only the run knows aren't among them."""
    if named.names_tasks or named.any_task:
        for task_id in candidates:
            known = (ctx.dag_context.pushes.get(task_id) or NOT_KEYED) if named.any_key else NOT_KEYED
            yield from ((task_id, key) for key in sorted((named.keys - before) | known | {RETURN_VALUE}))


NOT_KEYED: frozenset[str] = frozenset()
"""Stands for the keys of a task that pushes nothing."""


def _given(task_id: str, key: str, ctx: TaskContext, pulled: Pulled, *, keyed: bool = False) -> Value:
    """What a task pushed under a key, or under all keys but that of its return value."""
    ctx.after[task_id] = None
    given = Output(task_id, key, Type.JSON, NOTHING, sparse=task_id in ctx.dag_context.mapped, keyed=keyed)
    return SameItem(ctx.task_id, replace(given, sparse=False)) if _gives_one(task_id, ctx, pulled) else given


def _gives_one(task_id: str, ctx: TaskContext, pulled: Pulled) -> bool:
    """Whether a task is read by arguments only, or by calls, that mean its instance of the same index.

    A call of `xcom_pull` that doesn't say so means all instances, of the same mapped group too. (Airflow 2's own task instance,
    in the pod, finds one by its index only in a run that has them all.)
    """
    return _is_sibling(task_id, ctx) and (airflow_names().is_2 or not pulled.of_all.may_mean(task_id))


def _is_sibling(task_id: str, ctx: TaskContext) -> bool:
    """Whether a task is in the same mapped group."""
    return are_members(ctx.task, ctx.dag_context.dag.task_dict[task_id])


def _referred(task: Any) -> Iterator[tuple[str, str]]:
    """XComArgs in the operator's template fields, or in what it is mapped over, or that it reads itself."""
    names = airflow_names()
    for value in [*values_given(task), *values_kept(task)]:
        yield from ((operator.task_id, key) for operator, key in names.xcom_arg.iter_xcom_references(value))

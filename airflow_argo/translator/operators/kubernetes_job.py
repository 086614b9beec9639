"""KubernetesJobOperator and its kin: resource templates that create, delete and change a Job.

The Job is the one that the operator itself would build. It has ended when it has a condition of the type Complete or Failed, as
the operator judges it. Only a Job that is complete has a completionTime. Failed may be any of its conditions; there is at
most one of a type.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from airflow_argo.diagnostics import Severity
from airflow_argo.model.graph import Body
from airflow_argo.model.jobs import NoOp, OutputSpec, Resource
from airflow_argo.model.values import Constant, Listing, Record, RunDate, Text, Type, Value
from airflow_argo.translator.built import ANY_NAMESPACE, Built
from airflow_argo.translator.context import NOTHING, RETURN_VALUE, MappedItem, TaskContext, WantsAirflow
from airflow_argo.translator.operators.kubernetes_pod import authors_of, built_by, report_other_cluster
from airflow_argo.translator.operators.kubernetes_resource import create_resource, delete_resource, resource_pod
from airflow_argo.translator.readers import check_unread
from airflow_argo.translator.registry import translates
from airflow_argo.translator.templates import DATES
from airflow_argo.translator.tries import retry_of, timeout_of

COMPLETE = "status.completionTime"
CONDITION_TYPES = ("Suspended", "Complete", "Failed", "FailureTarget", "SuccessCriteriaMet")
"""Source: k8s.io/api/batch/v1 JobConditionType."""

FAILED = ", ".join(f"status.conditions.{index}.type == Failed" for index, _ in enumerate(CONDITION_TYPES))

_MODULE = "airflow.providers.cncf.kubernetes.operators.job"
_GOOGLE = "airflow.providers.google.cloud.operators.kubernetes_engine"
_WHOLE_JOB = "job"
"""The key under which the operator pushes the Job as Kubernetes' Python client shows it."""

_LONGEST_NAME, _PREFIX = 63, "job-"
_RANDOM = 9
"""Characters that the operator keeps for a random suffix, its hyphen included."""

_LONGEST_DATE = len("2024-05-06")


@translates(f"{_MODULE}.KubernetesJobOperator")
def kubernetes_job(task: Any, ctx: TaskContext) -> Body:
    """Source: KubernetesJobOperator.execute, build_job_request_obj; KubernetesHook.is_job_complete, is_job_failed.

    Raises:
        WantsAirflow: only the operator itself can do it.
    """
    waits = _waits(task, ctx)
    report_other_cluster(task, ctx)
    built = built_by(task, ctx, lambda builder: _unnamed(builder).build_job_request_obj())
    if built is None:
        return NoOp()
    if waits:
        found = "what the Job's pods write stays in their own logs, and the Job of a run that is stopped goes on"
        ctx.report("AA241", found, "look at them by their label job-name; delete the Job")
    ctx.report("AA241", "it acts on Kubernetes objects", "let the service account create and get Jobs")
    return Resource(
        action="create",
        manifest=_manifest(built, task, ctx, waits=waits),
        success_condition=COMPLETE if waits else None,
        failure_condition=FAILED if waits else None,
        outputs=(_pushed("job_name", ".metadata.name"), _pushed("job_namespace", ".metadata.namespace")),
        retry=retry_of(task, ctx, reports=False),
        timeout_seconds=None if waits else timeout_of(task),
        pod=resource_pod(ctx),
    )


@translates(f"{_MODULE}.KubernetesDeleteJobOperator")
def delete_job(task: Any, ctx: TaskContext) -> Body:
    """Source: KubernetesDeleteJobOperator.execute. It leaves the Job's pods, as Kubernetes does if nobody says otherwise."""
    if task.delete_on_status is not None or task.wait_for_completion:
        raise WantsAirflow("it looks at how the Job stands first")
    report_other_cluster(task, ctx)
    ctx.report("AA241", "it acts on Kubernetes objects", "let the service account delete Jobs")
    item = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": task.name, "namespace": task.namespace}}
    return Resource(
        action="delete",
        manifest=_texts(item, ctx),
        flags=("--cascade=orphan",),
        retry=retry_of(task, ctx, reports=False),
        timeout_seconds=timeout_of(task),
        pod=resource_pod(ctx),
    )


@translates(f"{_MODULE}.KubernetesPatchJobOperator")
def patch_job(task: Any, ctx: TaskContext) -> Body:
    """Source: KubernetesPatchJobOperator.execute; Kubernetes' client sends an object as a strategic merge patch."""
    return _patched(task, task.body, ctx)


def _patched(task: Any, body: Any, ctx: TaskContext) -> Resource:
    if not isinstance(body, dict) or "kind" in body:
        raise WantsAirflow("its body is no object with the parts to change alone")
    if not all(isinstance(one, str) and "{" not in one for one in (task.name, task.namespace)):
        raise WantsAirflow("the Job's name is known only when it runs")
    if task.do_xcom_push:
        check_unread(RETURN_VALUE, ctx)
        found = "the Job after the change is not its XCom, which no task reads"
        ctx.report("AA229", found, "nothing, or do_xcom_push=False", Severity.NOTE)
    report_other_cluster(task, ctx)
    ctx.report("AA241", "it acts on Kubernetes objects", "let the service account get and patch Jobs")
    return Resource(
        action="patch",
        manifest=_texts(body, ctx),
        merge_strategy="strategic",
        flags=("job", task.name, "--namespace", task.namespace),
        retry=retry_of(task, ctx, reports=False),
        timeout_seconds=timeout_of(task),
        pod=resource_pod(ctx),
    )


# Those of Google's cloud


@translates(f"{_GOOGLE}.GKESuspendJobOperator")
def suspend_job(task: Any, ctx: TaskContext) -> Body:
    """Source: GKESuspendJobOperator.execute."""
    _report_cluster(task, ctx)
    return _patched(task, {"spec": {"suspend": True}}, ctx)


@translates(f"{_GOOGLE}.GKEResumeJobOperator")
def resume_job(task: Any, ctx: TaskContext) -> Body:
    """Source: GKEResumeJobOperator.execute."""
    _report_cluster(task, ctx)
    return _patched(task, {"spec": {"suspend": False}}, ctx)


def _in_a_cloud(translator: Callable[[Any, TaskContext], Body]) -> Callable[[Any, TaskContext], Body]:
    """What finds its cluster in a cloud, and does there what its base does. Source: GKEOperatorMixin."""

    def translated(task: Any, ctx: TaskContext) -> Body:
        _report_cluster(task, ctx)
        return translator(task, ctx)

    return translated


for _translator, _names in (
    (kubernetes_job, ("GKEStartJobOperator", "GKEStartKueueJobOperator")),
    (delete_job, ("GKEDeleteJobOperator",)),
    (create_resource, ("GKECreateCustomResourceOperator",)),
    (delete_resource, ("GKEDeleteCustomResourceOperator",)),
):
    translates(*(f"{_GOOGLE}.{name}" for name in _names))(_in_a_cloud(_translator))


def _report_cluster(task: Any, ctx: TaskContext) -> None:
    found = f"what it acts on is in the cluster '{task.cluster_name}', and is to be in that of the workflow"
    ctx.report("AA229", found, "submit the workflow there", Severity.WARNING)


# The Job


def _waits(task: Any, ctx: TaskContext) -> bool:
    """Whether the task ends as the Job does.

    Raises:
        WantsAirflow: what it does while it waits can't be said.
    """
    if task.do_xcom_push:
        raise WantsAirflow("the XComs of a Job are in its pods")
    if task.callbacks:
        raise WantsAirflow("it has callbacks")
    check_unread(_WHOLE_JOB, ctx)
    if not task.wait_until_job_complete:
        return False
    if task.parallelism is not None and task.parallelism < 1:
        raise WantsAirflow("with a parallelism of 0 there is nothing to wait for, which fails it")
    if task.suspend:
        raise WantsAirflow("a Job that is suspended has no pods, which fails it")
    return True


def _unnamed(builder: Any) -> Any:
    """The operator, which adds no random letters to names."""
    builder.random_name_suffix = False
    builder.name = builder._set_name(builder.name)  # noqa: SLF001 - as its execute does
    return builder


def _manifest(built: Built, task: Any, ctx: TaskContext, *, waits: bool) -> Value:
    item = built.item
    metadata = {key: value for key, value in item["metadata"].items() if key != "name" and value not in ({}, ANY_NAMESPACE)}
    spec = dict(item["spec"])
    limits = [spec.get("activeDeadlineSeconds"), timeout_of(task) if waits else None]
    if any(limits):  # Airflow removes a Job when the task's time is over; here Kubernetes ends it, which fails it as well
        spec["activeDeadlineSeconds"] = min(limit for limit in limits if limit)
    inner = spec["template"].get("metadata") or {}
    about = {key: authors_of(inner.get(key)) for key in ("labels", "annotations")}
    metadata_inside = {key: value for key, value in about.items() if value}
    spec["template"] = {"metadata": metadata_inside, "spec": _pod_spec(spec["template"]["spec"])}
    named = ("generateName" if task.random_name_suffix else "name", _name(built, task, ctx))
    fields: dict[str, Value] = {"apiVersion": Constant.of("batch/v1"), "kind": Constant.of("Job")}
    fields |= {"metadata": Record((named, *built.record(metadata).of)), "spec": built.record(spec)}
    return Record(tuple(fields.items()))


def _pod_spec(spec: dict[str, Any]) -> dict[str, Any]:
    """The pods' spec without the empty lists and objects that the operator states for what nobody asked for."""
    pod = _not_empty(spec)
    return pod | {key: [_not_empty(one) for one in pod[key]] for key in ("containers", "initContainers") if key in pod}


def _not_empty(found: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value not in ([], {})}


def _name(built: Built, task: Any, ctx: TaskContext) -> Value:
    """The Job's name, or what Kubernetes puts random letters behind, as the operator does. Source: add_unique_suffix."""
    if task.name is None or built.operator.name is not None:
        name = built.item["metadata"]["name"]
        assert isinstance(name, str)
        longest = _LONGEST_NAME - len(_PREFIX) - _RANDOM
        shortened = f"{_PREFIX}{name.removeprefix(_PREFIX)[:longest].strip('-.')}-"
        return Constant.of(shortened if task.random_name_suffix else name)
    parts = _parts_of(task.name, ctx)
    if sum(len(part) if isinstance(part, str) else _LONGEST_DATE for part in parts) > _LONGEST_NAME - len(_PREFIX) - _RANDOM:
        raise WantsAirflow("its name is too long to be told before it runs")
    return Text((_PREFIX, *parts, *(("-",) if task.random_name_suffix else ())))


def _parts_of(name: Any, ctx: TaskContext) -> tuple[str | RunDate, ...]:
    """A name with dates in it. Source: KubernetesPodOperator._set_name, which leaves only letters that a name may have."""
    text = None if isinstance(name, MappedItem) else ctx.text(name)
    parts: list[str | RunDate] = []
    for part in text.parts if isinstance(text, Text) else (None,):
        if isinstance(part, str):
            parts.append(re.sub(r"[^a-z0-9-]+", "-", part.lower()))
        elif isinstance(part, RunDate) and part.format in (DATES["ds"], DATES["ds_nodash"]):
            parts.append(part)
        else:
            raise WantsAirflow("its name is known only when it runs")
    return tuple(parts)


def _pushed(key: str, path: str) -> OutputSpec:
    return OutputSpec(key, Type.JSON, f'"{{{path}}}"', NOTHING)


def _texts(found: Any, ctx: TaskContext) -> Value:
    """An object with templates in its texts; a text stays one, whatever is put into it."""
    if isinstance(found, dict) and all(isinstance(key, str) for key in found):
        return Record(tuple((key, _texts(value, ctx)) for key, value in found.items()))
    if isinstance(found, list | tuple):
        return Listing(tuple(_texts(value, ctx) for value in found))
    if isinstance(found, str):
        text = ctx.text(found)
        return text if isinstance(text, Text) else Constant.of(text)
    if not isinstance(found, int | float | None):
        raise WantsAirflow("what it acts on is known only when it runs")
    return ctx.constant(found)

"""KubernetesPodOperator: a container of the author's own. The pod is the one that the operator itself would build."""

from __future__ import annotations

import copy
import inspect
import json
from types import SimpleNamespace
from typing import Any

from airflow_argo.diagnostics import Severity
from airflow_argo.model.jobs import (
    ConfigKey,
    Container,
    EnvValue,
    FieldPath,
    Job,
    JsonFile,
    NoOp,
    OutputSpec,
    PodSettings,
    Report,
    SecretKey,
)
from airflow_argo.model.values import Text, Type
from airflow_argo.translator.context import NOTHING, RETURN_VALUE, MappedItem, TaskContext, WantsAirflow
from airflow_argo.translator.operators.python import call_in
from airflow_argo.translator.registry import translates
from airflow_argo.translator.skips import skip_codes_of
from airflow_argo.translator.tries import retry_of, timeout_of

XCOM_FILE = "/airflow/xcom/return.json"
"""Where the operator's sidecar reads the value from. Source: airflow.providers.cncf.kubernetes xcom_sidecar."""

_OWN_FIELDS = frozenset({"name", "image", "command", "args", "env", "workingDir", "terminationMessagePolicy"})
_TEMPLATE_FIELDS = (
    "nodeSelector",
    "affinity",
    "tolerations",
    "volumes",
    "hostAliases",
    "priorityClassName",
    "schedulerName",
    "serviceAccountName",
    "securityContext",
    "initContainers",
)
_CARRIED = frozenset({*_TEMPLATE_FIELDS, "containers", "restartPolicy", "activeDeadlineSeconds"})
_OPERATORS_LABELS = frozenset({"airflow_version", "airflow_kpo_in_cluster", "kubernetes_pod_operator"})
_ARGUMENTS_REFUSED = ("callbacks",)


@translates("airflow.providers.cncf.kubernetes.operators.pod.KubernetesPodOperator")
def kubernetes_pod(task: Any, ctx: TaskContext) -> Job:
    """Source: KubernetesPodOperator.build_pod_request_obj; of its life, what Argo does for any pod."""
    _report_what_is_left(task, ctx)
    pod = _pod(task, ctx)
    if pod is None:
        return NoOp()
    base = next(one for one in pod["spec"]["containers"] if one["name"] == task.base_container_name)
    skip_codes = skip_codes_of(getattr(task, "skip_on_exit_code", None))
    if "command" not in base:
        cure = "give cmds, to be independent of the registry"
        ctx.report("AA230", f"Argo looks the entrypoint of '{base['image']}' up in its registry", cure)
        if skip_codes:
            found = "skip_on_exit_code is told by a shell around the command, and the image's own isn't known"
            ctx.report("AA229", found, "give cmds")
    return Container(
        image=ctx.text(base["image"]),
        command=tuple(ctx.text(word) for word in base.get("command", [])),
        args=tuple(ctx.text(word) for word in base.get("args", [])),
        env=tuple((entry["name"], _variable(entry, ctx)) for entry in base.get("env", [])),
        working_dir=base.get("workingDir"),
        outputs=(OutputSpec(RETURN_VALUE, Type.JSON, XCOM_FILE, NOTHING),) if task.do_xcom_push and not skip_codes else (),
        report=Report(JsonFile(XCOM_FILE) if task.do_xcom_push else None, skip_codes, by_shell=True) if skip_codes else None,
        retry=retry_of(task, ctx, reports=False),
        timeout_seconds=_timeout(task, pod),
        pod=_settings(pod, base, ctx),
    )


@translates(
    "airflow.providers.google.cloud.operators.kubernetes_engine.GKEStartPodOperator",
    "airflow.providers.amazon.aws.operators.eks.EksPodOperator",
)
def pod_of_a_cloud(task: Any, ctx: TaskContext) -> Job:
    """A KubernetesPodOperator that finds its cluster in a cloud. The workflow runs in the cluster to which it is submitted."""
    cluster = getattr(task, "cluster_name", None)
    found = f"its pod is to run in the cluster '{cluster}', and runs in that of the workflow"
    ctx.report("AA229", found, "submit the workflow there", Severity.WARNING)
    return kubernetes_pod(task, ctx)


@translates("airflow.providers.cncf.kubernetes.decorators.kubernetes._KubernetesDecoratedOperator")
def kubernetes_task(task: Any, ctx: TaskContext) -> Job:
    """`@task.kubernetes`: a call of the function in the author's image. Source: _KubernetesDecoratedOperator.execute."""
    _report_what_is_left(task, ctx)
    if getattr(task, "skip_on_exit_code", None):
        raise WantsAirflow("it has a skip_on_exit_code")
    pod = _pod(task, ctx)
    if pod is None:
        return NoOp()
    base = next(one for one in pod["spec"]["containers"] if one["name"] == task.base_container_name)
    image = ctx.text(base["image"])
    if not isinstance(image, str):
        raise WantsAirflow("its image is known only when it runs")
    env = tuple((entry["name"], _variable(entry, ctx)) for entry in base.get("env", []))
    return call_in(image, task, ctx, _settings(pod, base, ctx), env)


def _timeout(task: Any, pod: dict[str, Any]) -> int | None:
    """The shorter one of the task's and the pod's."""
    times = [timeout_of(task), pod["spec"].get("activeDeadlineSeconds")]
    return min((time for time in times if time), default=None)


def _report_what_is_left(task: Any, ctx: TaskContext) -> None:
    for name in _ARGUMENTS_REFUSED:
        if getattr(task, name, None):
            ctx.report("AA229", f"{name} is not carried over", "do it in the container", Severity.ERROR)
    mapped = [name for name in task.template_fields if isinstance(getattr(task, name, None), MappedItem)]
    for name in mapped:
        if name not in ("image", "op_kwargs"):
            ctx.report("AA215", f"{name} of a mapped pod is not translated as a whole", "map a Python or bash task")
    own = ctx.settings["namespace"]
    if task.namespace and task.namespace != own:
        found = f"namespace '{task.namespace}' is not carried over: all pods of a workflow are in its own"
        ctx.report("AA229", found, "submit the workflow there", Severity.WARNING)
    connection = inspect.signature(type(task).__init__).parameters.get("kubernetes_conn_id")
    if task.kubernetes_conn_id not in (None, connection.default if connection else None, "kubernetes_default"):
        found = f"connection '{task.kubernetes_conn_id}' may lead to another cluster"
        ctx.report("AA229", found, "submit the workflow to that cluster", Severity.WARNING)
    for name in ("config_file", "cluster_context"):
        if getattr(task, name, None):
            found = f"{name} '{getattr(task, name)}' may lead to another cluster"
            ctx.report("AA229", found, "submit the workflow to that cluster", Severity.WARNING)


def _pod(task: Any, ctx: TaskContext) -> dict[str, Any] | None:
    """The pod as JSON, its templates as they were written."""
    from kubernetes.client import ApiClient

    builder = copy.copy(task)
    builder.do_xcom_push = False
    builder.namespace = builder.namespace or "default"
    builder.__dict__["hook"] = SimpleNamespace(is_in_cluster=True, get_namespace=lambda: "default")
    try:
        made = builder.build_pod_request_obj()
    except Exception as error:  # noqa: BLE001 - a border: the operator's own code on the author's arguments
        ctx.report("AA229", f"the operator can't build its pod: {type(error).__name__}: {error}", "correct its arguments")
        return None
    pod = ApiClient().sanitize_for_serialization(made)
    return pod if isinstance(pod, dict) else None


def _settings(pod: dict[str, Any], base: dict[str, Any], ctx: TaskContext) -> PodSettings:
    """What the pod says, over what the settings say."""
    spec, ours = pod["spec"], ctx.pod_settings()
    container = {key: value for key, value in base.items() if key not in _OWN_FIELDS and value}
    template = {key: spec[key] for key in _TEMPLATE_FIELDS if spec.get(key)}
    sidecars = [one for one in spec["containers"] if one["name"] != base["name"]]
    if sidecars:
        template["sidecars"] = sidecars
    metadata = {key: _authors(pod["metadata"].get(key) or {}) for key in ("labels", "annotations")}
    if any(metadata.values()):
        template["metadata"] = {key: value for key, value in metadata.items() if value}
    left = {key: spec[key] for key in sorted(spec) if key not in _CARRIED and spec[key] not in (None, [], {}, "")}
    if left.get("hostNetwork") is False:  # Kubernetes' own default, which the operator always states
        del left["hostNetwork"]
    if left.pop("automountServiceAccountToken", None) is False:
        found = "automountServiceAccountToken is not carried over: Argo's own container needs the token"
        ctx.report("AA229", found, "name a service account that may do nothing else", Severity.WARNING)
    if left:
        template["podSpecPatch"] = json.dumps(left, sort_keys=True).replace("{{", "{\\u007b")
    known = [_known(one, ctx) for one in (container, template)]
    return PodSettings.of({**json.loads(ours.container), **known[0]}, {**json.loads(ours.template), **known[1]})


def _known(found: Any, ctx: TaskContext) -> Any:
    """Part of a pod with its templates rendered now, as only texts of the container itself can be rendered later."""
    if isinstance(found, dict):
        return {key: _known(value, ctx) for key, value in found.items()}
    if isinstance(found, list):
        return [_known(value, ctx) for value in found]
    if not isinstance(found, str) or ("{{" not in found and "{%" not in found):
        return found
    text = ctx.text(found)
    if isinstance(text, str):
        return text
    ctx.report("AA229", f"{found!r} in its pod is known only when it runs", "put it into arguments or environment variables")
    return found


def _authors(labels: dict[str, Any]) -> dict[str, str]:
    """Labels or annotations without those that the operator adds to find its pod again."""
    return {name: str(text) for name, text in labels.items() if name not in _OPERATORS_LABELS}


def _variable(entry: dict[str, Any], ctx: TaskContext) -> EnvValue:
    source = entry.get("valueFrom")
    if not source:
        return ctx.text(entry.get("value", ""))
    if "secretKeyRef" in source:
        ref = source["secretKeyRef"]
        return SecretKey(ref["name"], ref["key"], bool(ref.get("optional")))
    if "configMapKeyRef" in source:
        ref = source["configMapKeyRef"]
        return ConfigKey(ref["name"], ref["key"], bool(ref.get("optional")))
    if "fieldRef" in source:
        return FieldPath(source["fieldRef"]["fieldPath"])
    ctx.report("AA229", f"variable '{entry['name']}' has a source that is not carried over", "use a Secret or ConfigMap")
    return Text(())

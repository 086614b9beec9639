"""KubernetesPodOperator: a container of the author's own. The pod is the one that the operator itself would build."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from airflow_argo.diagnostics import Severity
from airflow_argo.model.jobs import (
    ConfigKey,
    Container,
    Env,
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
from airflow_argo.model.values import ContainerVariable, Text, Type, Value
from airflow_argo.model.walk import found_in
from airflow_argo.translator.built import Built
from airflow_argo.translator.context import NOTHING, RETURN_VALUE, TaskContext, WantsAirflow
from airflow_argo.translator.operators.python import call_in
from airflow_argo.translator.pods import OF_TEMPLATE, TAG_OF_ARGO, as_patch, more_of_pod
from airflow_argo.translator.readers import check_unread
from airflow_argo.translator.registry import translates
from airflow_argo.translator.skips import skip_codes_of
from airflow_argo.translator.tries import retry_of, timeout_of

XCOM_FILE = "/airflow/xcom/return.json"
"""Where the operator's sidecar reads the value from. Source: airflow.providers.cncf.kubernetes xcom_sidecar."""

_KEYS_OF_POD = ("pod_name", "pod_namespace")
"""The keys under which the operator pushes where its pod is."""

_STARTUP_SECONDS = 120
"""Source: KubernetesPodOperator.__init__."""

_OWN_FIELDS = frozenset({"name", "image", "command", "args", "env", "workingDir"})
_CARRIED = OF_TEMPLATE | {"containers", "restartPolicy"}
_OPERATORS_LABELS = frozenset({"airflow_version", "airflow_kpo_in_cluster", "kubernetes_pod_operator"})
_ARGUMENTS_REFUSED = ("callbacks", "_progress_callback")
HOUSEHOLD = frozenset(
    {"name", "random_name_suffix", "in_cluster", "reattach_on_restart", "durable", "on_kill_action", "trigger_kwargs"}
    | {"get_logs", "container_logs", "init_container_logs", "logging_interval", "log_formatter", "log_events_on_failure"}
    | {
        "log_events_on_startup",
        "log_pod_spec_on_failure",
        "container_name_log_prefix_enabled",
        "startup_check_interval_seconds",
    }
    | {"base_container_status_polling_interval", "poll_interval", "deferrable", "on_finish_action", "is_delete_operator_pod"}
    | {"xcom_sidecar_container_security_context"}
)
"""Arguments about how the operator names its pod, finds it again, watches it, shows its log and removes it. Argo does that in
its own way, and none of them decides how the task ends."""


@translates("airflow.providers.cncf.kubernetes.operators.pod.KubernetesPodOperator")
def kubernetes_pod(task: Any, ctx: TaskContext) -> Job:
    """Source: KubernetesPodOperator.build_pod_request_obj; of its life, what Argo does for any pod."""
    for key in _KEYS_OF_POD:
        check_unread(key, ctx)
    if getattr(task, "multiple_outputs", False):
        raise WantsAirflow("it has multiple_outputs")
    _report_what_is_left(task, ctx)
    built = built_by(task, ctx, lambda builder: builder.build_pod_request_obj())
    if built is None:
        return NoOp()
    base = base_of(built)
    skip_codes = skip_codes_of(getattr(task, "skip_on_exit_code", None))
    if not base.get("command"):  # a template of the pod makes it an empty list
        cure = "give cmds, to be independent of the registry"
        image = built.text(base["image"])
        shown = image if isinstance(image, str) else task.image
        ctx.report("AA230", f"Argo looks the entrypoint of '{shown}' up in its registry", cure)
        if skip_codes:
            found = "skip_on_exit_code is told by a shell around the command, and the image's own isn't known"
            ctx.report("AA229", found, "give cmds")
    return Container(
        image=built.text(base["image"]),
        command=tuple(_as_kubernetes_reads(built.text(word)) for word in base.get("command", [])),
        args=tuple(_as_kubernetes_reads(built.text(word)) for word in base.get("args", [])),
        env=_env(built, base, ctx),
        working_dir=built.known(base.get("workingDir")),
        outputs=(OutputSpec(RETURN_VALUE, Type.JSON, XCOM_FILE, NOTHING),) if task.do_xcom_push and not skip_codes else (),
        report=Report(JsonFile(XCOM_FILE) if task.do_xcom_push else None, skip_codes, by_shell=True) if skip_codes else None,
        retry=retry_of(task, ctx, reports=False),
        timeout_seconds=_timeout(task, built.item),
        pod=_settings(built, base, ctx),
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
    built = built_by(task, ctx, lambda builder: builder.build_pod_request_obj())
    if built is None:
        return NoOp()
    base = base_of(built)
    image = built.text(base["image"])
    if not isinstance(image, str):
        raise WantsAirflow("its image is known only when it runs")
    env = _env(built, base, ctx)
    if next(found_in(env, ContainerVariable), None) is not None:
        raise WantsAirflow("its env_vars refer to one another")
    return call_in(image, task, ctx, _settings(built, base, ctx), env)


def _timeout(task: Any, pod: dict[str, Any]) -> int | None:
    """The shorter one of the task's and the pod's."""
    times = [timeout_of(task), pod["spec"].get("activeDeadlineSeconds")]
    return min((time for time in times if time), default=None)


def _report_what_is_left(task: Any, ctx: TaskContext) -> None:
    for name in _ARGUMENTS_REFUSED:
        if getattr(task, name, None):
            ctx.report("AA229", f"{name.lstrip('_')} is not carried over", "do it in the container", Severity.ERROR)
    own = ctx.settings["namespace"]
    if task.namespace and task.namespace != own:
        found = f"namespace '{task.namespace}' is not carried over: all pods of a workflow are in its own"
        ctx.report("AA229", found, "submit the workflow there", Severity.WARNING)
    report_other_cluster(task, ctx)


def report_other_cluster(task: Any, ctx: TaskContext) -> None:
    """Says what of an operator may name another cluster than the workflow's."""
    connection = inspect.signature(type(task).__init__).parameters.get("kubernetes_conn_id")
    if task.kubernetes_conn_id not in (None, connection.default if connection else None, "kubernetes_default"):
        found = f"connection '{task.kubernetes_conn_id}' may lead to another cluster"
        ctx.report("AA229", found, "submit the workflow to that cluster", Severity.WARNING)
    for name in ("config_file", "cluster_context"):
        if getattr(task, name, None):
            found = f"{name} '{getattr(task, name)}' may lead to another cluster"
            ctx.report("AA229", found, "submit the workflow to that cluster", Severity.WARNING)


def built_by(task: Any, ctx: TaskContext, build: Callable[[Any], Any]) -> Built | None:
    """What an operator builds; None, and a finding, if it can't.

    Args:
        build: has a copy of the operator build it.
    Raises:
        WantsAirflow: only a run knows what it builds.
    """

    def without_sidecar(builder: Any) -> Any:
        builder.do_xcom_push = False  # Argo's own container reads the value
        return build(builder)

    try:
        return Built(task, ctx, without_sidecar)
    except WantsAirflow:
        raise
    except Exception as error:  # noqa: BLE001 - a border: the operator's own code on the author's arguments
        ctx.report("AA229", f"the operator can't build its object: {type(error).__name__}: {error}", "correct its arguments")
        return None


def base_of(built: Built) -> dict[str, Any]:
    """The pod's container that does the task.

    Raises:
        WantsAirflow: its command isn't a list of words until it runs.
    """
    name = built.operator.base_container_name
    base: dict[str, Any] = next(one for one in built.item["spec"]["containers"] if one["name"] == name)
    for field in ("command", "args"):
        if not isinstance(base.get(field, []), list):
            raise WantsAirflow(f"its {field} is known only when it runs")
    return base


def _settings(built: Built, base: dict[str, Any], ctx: TaskContext) -> PodSettings:
    """What the pod says, over what the settings say."""
    spec, ours = built.item["spec"], ctx.settings_of_described_pod()
    container = {key: value for key, value in base.items() if key not in _OWN_FIELDS and value}
    if container.get("terminationMessagePolicy") == "File":  # Kubernetes' own default, which the operator always states
        del container["terminationMessagePolicy"]
    template = {key: spec[key] for key in sorted(OF_TEMPLATE - {"activeDeadlineSeconds"}) if spec.get(key)}
    if sidecars := [one for one in spec["containers"] if one["name"] != base["name"]]:
        template["sidecars"] = sidecars
        names = ", ".join(f"'{one['name']}'" for one in sidecars)
        found = f"container {names} beside its own is stopped when that ends; Airflow waits until it ends by itself"
        ctx.report("AA229", found, "let its own container wait for what the other does", Severity.WARNING)
    if (limit := _pending_seconds(built.operator)) is not None and "synchronization" not in json.loads(ours.template):
        template["pendingTimeout"] = f"{limit}s"
    metadata = {key: authors_of(built.item["metadata"].get(key)) for key in ("labels", "annotations")}
    if any(metadata.values()):
        template["metadata"] = {key: value for key, value in metadata.items() if value}
    known = [_without_tags(built.known(one), ctx) for one in (container, template)]
    if left := built.known(_left_for_patch(spec, ctx)):
        known[1]["podSpecPatch"] = as_patch(left)
    return more_of_pod(ours, known[0], known[1])


def _pending_seconds(operator: Any) -> int | None:
    """How long a pod may be Pending, if the author says: so long until it has a node, and so long until it starts there.

    Argo counts from the step's beginning, so that a lock would count too. Source: await_pod_start in utils/pod_manager.py.
    """
    startup = int(operator.startup_timeout_seconds)
    schedule = int(getattr(operator, "schedule_timeout_seconds", startup))
    return None if startup == schedule == _STARTUP_SECONDS else startup + schedule


def _left_for_patch(spec: dict[str, Any], ctx: TaskContext) -> dict[str, Any]:
    """What a pod says and a template of Argo's has no field for."""
    left = {key: spec[key] for key in sorted(spec) if key not in _CARRIED and spec[key] not in (None, [], {}, "")}
    if left.get("hostNetwork") is False:  # Kubernetes' own default, which the operator always states
        del left["hostNetwork"]
    if left.pop("automountServiceAccountToken", None) is False:
        found = "automountServiceAccountToken is not carried over: Argo's own container needs the token"
        ctx.report("AA229", found, "name a service account that may do nothing else", Severity.WARNING)
    return left


def _without_tags(found: Any, ctx: TaskContext) -> Any:
    """Fields of a pod; what Argo would take for one of its tags in them is a finding."""
    if tag := TAG_OF_ARGO.search(json.dumps(found)):
        ctx.report("AA229", f"Argo would replace {tag[0]!r} in its pod", "put it into arguments or environment variables")
    return found


def authors_of(labels: dict[str, Any] | None) -> dict[str, str]:
    """Labels or annotations without those that the operator adds to find its pod again."""
    return {name: str(text) for name, text in (labels or {}).items() if name not in _OPERATORS_LABELS}


def _env(built: Built, base: dict[str, Any], ctx: TaskContext) -> Env:
    return tuple((built.known(entry["name"]), _variable(entry, built, ctx)) for entry in base.get("env", []))


def _variable(entry: dict[str, Any], built: Built, ctx: TaskContext) -> EnvValue:
    source = entry.get("valueFrom")
    if not source:
        return _as_kubernetes_reads(built.text(str(entry.get("value", ""))))
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


_REFERENCE = re.compile(r"\$(?:(\$)|\(([-._a-zA-Z][-._a-zA-Z0-9]*)\))")


def _as_kubernetes_reads(word: str | Text) -> str | Text:
    """A word in which `$(NAME)` is the value of a variable, and `$$` a dollar. Source: third_party/forked/golang/expansion.

    What templates put in stays as it is.
    """
    parts: list[str | Value] = []
    for part in (word,) if isinstance(word, str) else word.parts:
        parts += _read(part) if isinstance(part, str) else [part]
    if all(isinstance(part, str) for part in parts):
        return "".join(map(str, parts))
    return replace(word, parts=tuple(parts)) if isinstance(word, Text) else Text(tuple(parts))


def _read(text: str) -> Iterator[str | ContainerVariable]:
    """Texts, no two of them beside one another, and variables."""
    known, at = "", 0
    for found in _REFERENCE.finditer(text):
        known += text[at : found.start()] + ("$" if found[1] else "")
        at = found.end()
        if found[2]:
            yield from [known] if known else []
            yield ContainerVariable(found[2])
            known = ""
    if known or text[at:]:
        yield known + text[at:]

"""What a task asks of its pod and of the tasks beside it: executor_config's pod_override, and pools.

Source: airflow.providers.cncf.kubernetes PodGenerator.reconcile_pods, whose container is named `base`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from airflow_argo.model.jobs import PodSettings
from airflow_argo.settings import Settings
from airflow_argo.translator.limits import both, of_instances

BASE = "base"
DEFAULT_POOL = "default_pool"

OF_TEMPLATE = frozenset(
    {"nodeSelector", "affinity", "tolerations", "volumes", "hostAliases", "priorityClassName", "schedulerName"}
    | {"serviceAccountName", "securityContext", "initContainers", "activeDeadlineSeconds"}
)
"""Fields of a pod that Argo's templates have too. All others are in a podSpecPatch."""

TAG_OF_ARGO = re.compile(r"\{\{\s*(=|(inputs|outputs|workflow|tasks|steps|item|pod|node|retries|lastRetry)\b)[^}]*")
"""What Argo would replace in any text of a template; Airflow renders nothing in an executor_config."""

_IN_QUEUE_FOR_CONTAINER = frozenset({"resources"})
_OF_AIRFLOWS_OWN_COMMAND = frozenset({"command", "args"})
"""Fields of the container that an override can't mean for the task's command, which is another one here."""

_ELSEWHERE = frozenset({"name", "image"})
_OF_METADATA = frozenset({"labels", "annotations"})
_FALSE_BY_DEFAULT = frozenset({"hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "setHostnameAsFQDN"})
_NOT_OF_ARGOS_PODS = frozenset({"restartPolicy", "automountServiceAccountToken", "ephemeralContainers"})


def pool_key(pool: str) -> str:
    """The key of a pool in the ConfigMap of pools: a key has letters, digits, hyphens, dots and underscores."""
    return "".join(char if char.isascii() and (char.isalnum() or char in "-._") else "_" for char in pool)


def with_locks(pod: PodSettings, task: Any, settings: Settings) -> PodSettings:
    """The settings, with the locks of a task: of its own limit, and of its pool where a setting names the pools' sizes."""
    pool, config_map = getattr(task, "pool", DEFAULT_POOL), settings["pools_config_map"]
    locks = of_instances(task)
    if pool != DEFAULT_POOL and config_map is not None:
        semaphore = {"configMapKeyRef": {"name": config_map, "key": pool_key(pool)}}
        locks = both({"semaphores": [semaphore]}, locks)
    return more_of_pod(pod, {}, {"synchronization": locks}) if locks else pod


def with_queue(pod: PodSettings, task: Any, settings: Settings) -> PodSettings:
    """The settings, with what the settings file says of the task's queue."""
    fields = settings.queues.get(str(getattr(task, "queue", None)), {})
    container = {key: value for key, value in fields.items() if key in _IN_QUEUE_FOR_CONTAINER}
    return more_of_pod(pod, container, {key: value for key, value in fields.items() if key not in container}) if fields else pod


def with_user(pod: PodSettings, task: Any) -> PodSettings:
    """The settings, with the user as which a task runs, if that is a number: an image's names are not known."""
    user = str(getattr(task, "run_as_user", None) or "")
    return more_of_pod(pod, {}, {"securityContext": {"runAsUser": int(user)}}) if user.isdecimal() else pod


def with_override(pod: PodSettings, task: Any) -> PodSettings:
    """The settings, with what `executor_config={"pod_override": V1Pod(…)}` says of the container and the pod."""
    override = _override(task)
    if not override:
        return pod
    spec = override.get("spec") or {}
    not_carried = _OF_AIRFLOWS_OWN_COMMAND | _ELSEWHERE
    container = {key: value for key, value in _base(spec).items() if key not in not_carried and value}
    template = {key: value for key, value in spec.items() if key in OF_TEMPLATE and value}
    metadata = {key: value for key, value in (override.get("metadata") or {}).items() if key in _OF_METADATA}
    if metadata:
        template["metadata"] = metadata
    if beside := [one for one in spec.get("containers") or [] if one is not _base(spec)]:
        template["sidecars"] = beside  # Argo ends them when the task has ended
    if patch := {key: value for key, value in spec.items() if _is_for_patch(key, value)}:
        template["podSpecPatch"] = as_patch(patch)
    return more_of_pod(pod, container, template)


def _is_for_patch(field: str, value: Any) -> bool:
    """Whether a field of a pod is carried by a podSpecPatch; what comes to nothing isn't."""
    carried = OF_TEMPLATE | _NOT_OF_ARGOS_PODS | {"containers"}
    return field not in carried and value not in (None, [], {}, "") and not (value is False and field in _FALSE_BY_DEFAULT)


def as_patch(fields: Mapping[str, Any]) -> str:
    """Fields of a pod as a podSpecPatch, in which Argo finds no tags."""
    return json.dumps(fields, sort_keys=True).replace("{{", "{\\u007b")


def image_of(task: Any) -> str | None:
    """The image that a pod_override names."""
    image = _base(_override(task).get("spec") or {}).get("image")
    return str(image) if image else None


def left_of_override(task: Any) -> list[str]:
    """What a pod_override says and the task's pod doesn't have."""
    override = _override(task)
    spec, metadata = override.get("spec") or {}, override.get("metadata") or {}
    left = [key for key in _NOT_OF_ARGOS_PODS if key in spec and (key, spec[key]) != ("restartPolicy", "Never")]
    left += [key for key, value in _base(spec).items() if value and key in _OF_AIRFLOWS_OWN_COMMAND]
    left += [f"metadata.{key}" for key, value in metadata.items() if value and key not in _OF_METADATA]
    if tag := TAG_OF_ARGO.search(json.dumps({key: value for key, value in override.items() if key in ("spec", "metadata")})):
        left.append(f"the text {tag[0]!r}, which Argo replaces,")
    return sorted(left)


def overridden_mounts(task: Any) -> frozenset[str]:
    """The paths at which a pod_override mounts something."""
    mounts = _base(_override(task).get("spec") or {}).get("volumeMounts") or []
    return frozenset(str(one.get("mountPath")) for one in mounts)


def _override(task: Any) -> dict[str, Any]:
    given = (getattr(task, "executor_config", None) or {}).get("pod_override")
    if given is None:
        return {}
    if isinstance(given, dict):
        return given
    from kubernetes.client import ApiClient

    found = ApiClient().sanitize_for_serialization(given)
    return found if isinstance(found, dict) else {}


def _base(spec: Mapping[str, Any]) -> dict[str, Any]:
    containers: list[dict[str, Any]] = spec.get("containers") or [{}]
    return next((one for one in containers if one.get("name") == BASE), containers[0])


def more_of_pod(pod: PodSettings, container: Mapping[str, Any], template: Mapping[str, Any]) -> PodSettings:
    """The settings with more fields; lists of both go one after the other."""
    return PodSettings.of(_merged(json.loads(pod.container), container), _merged(json.loads(pod.template), template))


def _merged(ours: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    both: dict[str, Any] = {key: [*ours[key], *more[key]] for key in more if isinstance(ours.get(key), list)}
    if "podSpecPatch" in ours and "podSpecPatch" in more:
        both["podSpecPatch"] = as_patch({**json.loads(ours["podSpecPatch"]), **json.loads(more["podSpecPatch"])})
    return {**ours, **more, **both}

"""What authors tell Kubernetes about a job's pod: passed on in Kubernetes' own shapes, after a look at those shapes.

Values may be dicts and lists, or objects of the `kubernetes` client.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from airflow_argo.dsl.jobs import BaseJob

_QUANTITY = re.compile(r"[+-]?[0-9.]+([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?\Z")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")


class Settings(NamedTuple):
    """Fields of the main container, and of Argo's template, in Kubernetes' shapes."""

    container: dict[str, Any]
    template: dict[str, Any]


Check = Callable[[Any], "str | None"]
"""Says what is wrong with a value; None if nothing is."""


def pod_settings(job: BaseJob, given: Mapping[str, Any]) -> Settings:
    """The settings of a job.

    Raises:
        DefinitionError: a name is unknown, or a value doesn't have the shape that Kubernetes knows.
    """
    settings = Settings({}, {})
    for name, value in given.items():
        if name not in FIELDS:
            near = get_close_matches(name, FIELDS, 1)
            cure = f"did you mean {near[0]}?" if near else f"it may have: {', '.join(FIELDS)}"
            raise job.error(f"it can't have '{name}'", cure)
        if value is None:
            continue
        field, shaped = FIELDS[name], _plain(value)
        job.known_now(name, shaped)
        wrong = field.check(shaped)
        if wrong:
            raise job.error(f"{name} {wrong}", f"see {field.kind} in Kubernetes' reference")
        target = settings.container if field.of_container else settings.template
        if field.key.startswith("metadata."):
            target.setdefault("metadata", {})[field.key.removeprefix("metadata.")] = shaped
        else:
            target[field.key] = shaped
    return settings


def _plain(value: Any) -> Any:
    """Dicts and lists out of objects of the kubernetes client."""
    if hasattr(value, "openapi_types"):
        from kubernetes.client import ApiClient

        return ApiClient().sanitize_for_serialization(value)
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) and value else f"is {value!r}, not a text"


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else f"is {value!r}, not True or False"


def _any_object(value: Any) -> str | None:
    return None if isinstance(value, dict) else f"is {value!r}, not a dict"


def _texts(value: Any) -> str | None:
    """Labels, annotations, node selectors."""
    if not isinstance(value, dict):
        return f"is {value!r}, not a dict"
    wrong = [key for key, text in value.items() if not isinstance(key, str) or not isinstance(text, str)]
    return f"has {wrong[0]!r}: {value[wrong[0]]!r}, and takes only texts" if wrong else None


def _one_of(*choices: str) -> Check:
    return lambda value: None if value in choices else f"is {value!r}, not one of {', '.join(choices)}"


def _object(*known: str) -> Check:
    """A dict with Kubernetes' keys; unknown ones are named, snake case most of all."""

    def check(value: Any) -> str | None:
        if not isinstance(value, dict):
            return f"is {value!r}, not a dict"
        wrong = [key for key in value if key not in known]
        if not wrong:
            return None
        near = get_close_matches(re.sub(r"_(\w)", lambda match: match[1].upper(), str(wrong[0])), known, 1)
        return f"has '{wrong[0]}'" + (f", which Kubernetes spells '{near[0]}'" if near else ", which Kubernetes doesn't know")

    return check


def _each(check: Check, *required: str) -> Check:
    """A list of objects, each with some keys."""

    def check_all(value: Any) -> str | None:
        if not isinstance(value, list):
            return f"is {value!r}, not a list"
        for number, one in enumerate(value):
            wrong = check(one) or next((f"has no '{key}'" for key in required if key not in one), None)
            if wrong:
                return f"[{number}] {wrong}"
        return None

    return check_all


def _resources(value: Any) -> str | None:
    wrong = _object("requests", "limits", "claims")(value)
    if wrong:
        return wrong
    for kind in ("requests", "limits"):
        for name, quantity in value.get(kind, {}).items():
            if not _QUANTITY.match(str(quantity)) or isinstance(quantity, bool):
                return f"has {kind} {name}: {quantity!r}, which is no quantity such as 500m or 2Gi"
    return None


class Field(NamedTuple):
    """Where a setting goes, and what it looks like."""

    key: str
    kind: str
    check: Check
    of_container: bool = False


_MOUNT = _object("name", "mountPath", "subPath", "subPathExpr", "readOnly", "mountPropagation", "recursiveReadOnly")
_TOLERATION = _object("key", "operator", "value", "effect", "tolerationSeconds")
_AFFINITY = _object("nodeAffinity", "podAffinity", "podAntiAffinity")
_CONTAINER = _object(
    "name", "image", "command", "args", "env", "envFrom", "resources", "volumeMounts", "volumeDevices", "ports",
    "securityContext", "imagePullPolicy", "workingDir", "lifecycle", "livenessProbe", "readinessProbe", "startupProbe",
    "restartPolicy", "tty", "stdin", "stdinOnce", "resizePolicy", "terminationMessagePath",
    "terminationMessagePolicy", "mirrorVolumeMounts",
)  # fmt: skip


def _volume(value: Any) -> str | None:
    if not isinstance(value, dict) or "name" not in value:
        return "has no 'name'"
    return None if len(value) == 2 else "needs one source beside its name, such as emptyDir, configMap or persistentVolumeClaim"


FIELDS: dict[str, Field] = {
    "resources": Field("resources", "ResourceRequirements", _resources, of_container=True),
    "image_pull_policy": Field("imagePullPolicy", "Container", _one_of(*_PULL_POLICIES), of_container=True),
    "volume_mounts": Field("volumeMounts", "VolumeMount", _each(_MOUNT, "name", "mountPath"), of_container=True),
    "env_from": Field("envFrom", "EnvFromSource", _each(_object("configMapRef", "secretRef", "prefix")), of_container=True),
    "ports": Field(
        "ports",
        "ContainerPort",
        _each(_object("name", "containerPort", "protocol", "hostPort", "hostIP"), "containerPort"),
        of_container=True,
    ),
    "security_context": Field("securityContext", "SecurityContext", _any_object, of_container=True),
    "volumes": Field("volumes", "Volume", _each(_volume)),
    "node_selector": Field("nodeSelector", "PodSpec", _texts),
    "tolerations": Field("tolerations", "Toleration", _each(_TOLERATION)),
    "affinity": Field("affinity", "Affinity", _AFFINITY),
    "service_account": Field("serviceAccountName", "PodSpec", _text),
    "sidecars": Field("sidecars", "Container", _each(_CONTAINER, "name", "image")),
    "init_containers": Field("initContainers", "Container", _each(_CONTAINER, "name", "image")),
    "labels": Field("metadata.labels", "ObjectMeta", _texts),
    "annotations": Field("metadata.annotations", "ObjectMeta", _texts),
    "pod_security_context": Field("securityContext", "PodSecurityContext", _any_object),
    "priority_class": Field("priorityClassName", "PodSpec", _text),
    "scheduler": Field("schedulerName", "PodSpec", _text),
    "host_aliases": Field("hostAliases", "HostAlias", _each(_object("ip", "hostnames"), "ip")),
    "automount_service_account_token": Field("automountServiceAccountToken", "PodSpec", _flag),
    "pod_spec_patch": Field("podSpecPatch", "podSpecPatch", _text),
}
"""Keyword argument of a job → where it goes."""

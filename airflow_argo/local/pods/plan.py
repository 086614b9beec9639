"""What is to run for a pod: its containers with commands, environments and folders, as Kubernetes and Argo would set them up.

No I/O. Source: workflowpod.go (build), Kubernetes' expansion of `$(NAME)` and its downward API.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from airflow_argo.argo import gojson
from airflow_argo.argo.durations import InvalidDuration, parse_go_duration
from airflow_argo.argo.limits import MAX_ARGUMENT_BYTES
from airflow_argo.local.controller.arguments import dumps

MAIN: Final = "main"
SCRIPT: Final = "/tmp/argo/staging/script"  # noqa: S108 - in the container; Argo has it at /argo/staging/script
_DOWNWARD: Final = ("metadata.labels['", "metadata.annotations['")


class PodRefused(Exception):
    """A pod can't be set up; ``str()`` is what its node says, which becomes an Error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """The given Kubernetes objects that containers may refer to: name → key → content."""

    config_maps: Mapping[str, Mapping[str, str]]
    secrets: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, documents: list[dict[str, Any]]) -> Objects:
        """Those among the documents of a file."""
        return cls(
            config_maps={
                document["metadata"]["name"]: dict(document.get("data") or {})
                for document in documents
                if document.get("kind") == "ConfigMap"
            },
            secrets={
                document["metadata"]["name"]: _decoded(document) for document in documents if document.get("kind") == "Secret"
            },
        )


def _decoded(secret: Mapping[str, Any]) -> dict[str, str]:
    decoded = {key: base64.b64decode(value).decode("utf-8", "replace") for key, value in (secret.get("data") or {}).items()}
    return decoded | dict(secret.get("stringData") or {})


@dataclass(frozen=True, slots=True, kw_only=True)
class PodIdentity:
    """What a pod knows of itself: its metadata, which its containers may ask for."""

    name: str
    namespace: str
    uid: str
    node_id: str
    workflow: str
    workflow_uid: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    service_account: str


def _this_host(_identity: PodIdentity) -> str:
    return "127.0.0.1"


_FIELDS: Final[Mapping[str, Callable[[PodIdentity], str]]] = {
    "metadata.name": lambda identity: identity.name,
    "metadata.namespace": lambda identity: identity.namespace,
    "metadata.uid": lambda identity: identity.uid,
    "spec.nodeName": lambda _identity: os.uname().nodename,
    "spec.serviceAccountName": lambda identity: identity.service_account,
    "status.podIP": _this_host,
    "status.podIPs": _this_host,
    "status.hostIP": _this_host,
    "status.hostIPs": _this_host,
}


def known_field(path: str) -> bool:
    """Whether a container can be told a field of its pod."""
    return path in _FIELDS or (path.startswith(_DOWNWARD) and path.endswith("']"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A volume in a container."""

    path: str
    volume: str
    sub_path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerPlan:
    """One container.

    Attributes:
        argv: command and arguments; empty if only its image knows them.
        after: the containers of a set that have to succeed first.
        long_arguments: arguments too long for a process come in files: `@/tmp/argo_arg_0.txt`.
    """

    name: str
    image: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    mounts: tuple[Mount, ...]
    after: tuple[str, ...] = ()
    long_arguments: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """How often the command of a set's container is run inside its pod, with `wait` seconds between.

    Without any try the command never runs, and the container has succeeded. `fault` is what is wrong with the settings.
    """

    most: int = 1
    wait: float = 0.0
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodPlan:
    """A pod: init containers run one after the other, then mains and sidecars at once; it ends with the mains.

    Attributes:
        volumes: name → files that are in it at first, by relative path; empty for an emptyDir.
        claims: names of volumes that all pods of the run share.
        script: the source of a script template, which `main` finds at SCRIPT.
        template: as Argo's executor reads it, which puts artifacts into place and saves outputs.
        tries: of each main container.
    """

    init: tuple[ContainerPlan, ...]
    mains: tuple[ContainerPlan, ...]
    sidecars: tuple[ContainerPlan, ...]
    volumes: Mapping[str, Mapping[str, str]]
    claims: frozenset[str]
    script: str | None
    template: Mapping[str, Any]
    tries: Tries = Tries()


NO_PLAN: Final = PodPlan(init=(), mains=(), sidecars=(), volumes={}, claims=frozenset(), script=None, template={})
"""Of a pod that can't be set up."""


def plan_pod(
    template: Mapping[str, Any],
    volumes: list[dict[str, Any]],
    claims: frozenset[str],
    identity: PodIdentity,
    objects: Objects,
    variables: Mapping[str, str],
) -> PodPlan:
    """The pod of a template whose parameters are all filled in.

    Args:
        template: a container, script or containerSet template.
        variables: what the controller adds to the environment of each container.
        volumes: the workflow's; the template's own hide those of the same name.
        claims: names of the workflow's volumeClaimTemplates.
        identity: of the pod.
        objects: ConfigMaps and Secrets that there are.
    Raises:
        PodRefused: it refers to something that isn't there.
    """
    builder = _Builder(identity, objects, variables)
    set_mounts = (template.get("containerSet") or {}).get("volumeMounts") or []
    mains = [builder.container(spec, name, set_mounts) for name, spec in _mains(template)]
    mirrored = next((main.mounts for main in mains if main.name == MAIN), ())
    extra = [builder.user_container(spec, mirrored) for spec in template.get("initContainers") or []]
    sidecars = [builder.user_container(spec, mirrored) for spec in template.get("sidecars") or []]
    used = {mount.volume for container in [*mains, *extra, *sidecars] for mount in container.mounts}
    known = {volume["name"]: volume for volume in [*volumes, *(template.get("volumes") or [])]}
    for name in sorted(used - known.keys() - claims):
        raise PodRefused(f"volume '{name}' not found in workflow spec")
    executed = executors_template(template, identity)
    return PodPlan(
        init=tuple(extra),
        mains=tuple(mains),
        sidecars=tuple(sidecars),
        volumes={name: builder.volume(known[name]) for name in sorted(used & known.keys())},
        claims=frozenset(used - known.keys()),
        script=executed["script"].get("source", "") if "script" in executed else None,
        template=executed,
        tries=_tries((executed.get("containerSet") or {}).get("retryStrategy") or {}),
    )


def _tries(strategy: Mapping[str, Any]) -> Tries:
    """Source: ContainerSetTemplate.GetRetryStrategy, by which `retries` counts the first try too, unlike its description."""
    if strategy.get("retries") is None:
        return Tries()
    try:
        wait = parse_go_duration(strategy["duration"]) if strategy.get("duration") else 0.0
    except InvalidDuration as error:
        return Tries(fault=f"failed to get retry strategy: {error}")
    if wait < 0:
        return Tries(
            fault=f"failed to get retry strategy: duration has to be positive, current duration: {strategy['duration']} "
        )
    text = str(strategy["retries"])
    return Tries(most=int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else 0, wait=wait)


def executors_template(template: Mapping[str, Any], identity: PodIdentity) -> Mapping[str, Any]:
    """The template as Argo's executor reads it: it comes as a variable of the container `init`, which Kubernetes expands.

    A `$$` in a script or a raw artifact becomes `$` thereby, and `$(ARGO_POD_NAME)` the pod's name. A template too long for a
    variable comes in a ConfigMap, as it is. Source: workflowpod.go (ARGO_TEMPLATE, createEnvVars).
    """
    text = dumps({**template, "inputs": {"artifacts": (template.get("inputs") or {}).get("artifacts") or []}})
    if "$" not in text or len(text.encode()) > MAX_ARGUMENT_BYTES:
        return template
    known = {
        "ARGO_POD_NAME": identity.name,
        "ARGO_POD_UID": identity.uid,
        "ARGO_WORKFLOW_NAME": identity.workflow,
        "ARGO_WORKFLOW_UID": identity.workflow_uid,
        "ARGO_CONTAINER_NAME": "init",
    }
    read: dict[str, Any] = json.loads(expand(text, known.get))
    return read


def _mains(template: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if "containerSet" in template:
        for spec in template["containerSet"]["containers"]:
            yield spec["name"], spec
    elif "script" in template:
        script = template["script"]
        source = [SCRIPT] if script.get("source") else []
        yield MAIN, {**script, "args": [*(script.get("args") or []), *source]}
    else:
        yield MAIN, template["container"]


@dataclass(frozen=True, slots=True)
class _Builder:
    identity: PodIdentity
    objects: Objects
    variables: Mapping[str, str]

    def user_container(self, spec: Mapping[str, Any], mirrored: tuple[Mount, ...]) -> ContainerPlan:
        """An init container or a sidecar, with the main container's volumes if it wants them."""
        container = self.container(spec, spec["name"], [])
        if not spec.get("mirrorVolumeMounts"):
            return container
        own = {mount.path for mount in container.mounts}
        more = tuple(mount for mount in mirrored if mount.path not in own)
        return ContainerPlan(
            name=container.name,
            image=container.image,
            argv=container.argv,
            env=container.env,
            cwd=container.cwd,
            mounts=container.mounts + more,
            long_arguments=container.long_arguments,
        )

    def container(self, spec: Mapping[str, Any], name: str, more_mounts: list[dict[str, Any]]) -> ContainerPlan:
        """A container as Kubernetes would start it: variables set in their order, then put into command and arguments."""
        env = self._environment(spec) | {"ARGO_CONTAINER_NAME": name, **self.variables}
        command = [expand(part, env.get) for part in spec.get("command") or []]
        args = spec.get("args") or []
        long_arguments = len(gojson.marshal(args)) > MAX_ARGUMENT_BYTES
        if not long_arguments:  # Argo hands long ones over in a file, which Kubernetes doesn't look into
            args = [expand(part, env.get) for part in args]
        return ContainerPlan(
            name=name,
            image=spec.get("image", ""),
            argv=(*command, *args) if command else (),
            env=env,
            cwd=spec.get("workingDir", ""),
            mounts=tuple(
                Mount(path=mount["mountPath"], volume=mount["name"], sub_path=mount.get("subPath", ""))
                for mount in [*(spec.get("volumeMounts") or []), *more_mounts]
            ),
            after=tuple(spec.get("dependencies") or ()),
            long_arguments=long_arguments,
        )

    def _environment(self, spec: Mapping[str, Any]) -> dict[str, str]:
        env: dict[str, str] = {}
        for source in spec.get("envFrom") or []:
            env |= {source.get("prefix", "") + key: value for key, value in self._all_of(source).items()}
        for variable in spec.get("env") or []:
            if variable.get("valueFrom"):
                value = self._value_from(variable["valueFrom"])
                if value is not None:
                    env[variable["name"]] = value
            else:
                env[variable["name"]] = expand(variable.get("value") or "", env.get)
        return env

    def _all_of(self, source: Mapping[str, Any]) -> Mapping[str, str]:
        for field, kind, objects in self._kinds():
            if source.get(f"{field}Ref"):
                name = source[f"{field}Ref"]["name"]
                if name in objects:
                    return objects[name]
                if not source[f"{field}Ref"].get("optional"):
                    raise PodRefused(f'{kind} "{name}" not found')
        return {}

    def _kinds(self) -> tuple[tuple[str, str, Mapping[str, Mapping[str, str]]], ...]:
        return ("configMap", "configmap", self.objects.config_maps), ("secret", "secret", self.objects.secrets)

    def _value_from(self, source: Mapping[str, Any]) -> str | None:
        if source.get("fieldRef"):
            return self._field(source["fieldRef"]["fieldPath"])
        for field, kind, objects in self._kinds():
            if source.get(f"{field}KeyRef"):
                reference = source[f"{field}KeyRef"]
                content = objects.get(reference["name"])
                if content is not None and reference["key"] in content:
                    return content[reference["key"]]
                if reference.get("optional"):
                    return None
                missing = f'{kind} "{reference["name"]}" not found'
                raise PodRefused(missing if content is None else f"couldn't find key {reference['key']} in {missing[:-10]}")
        raise PodRefused(f"environment variable from {', '.join(source)} is not known here")

    def _field(self, path: str) -> str:
        identity = self.identity
        for start, values in zip(_DOWNWARD, (identity.labels, identity.annotations), strict=True):
            if path.startswith(start) and path.endswith("']"):
                return values.get(path[len(start) : -2], "")
        if path not in _FIELDS:
            raise PodRefused(f"field path {path} is not known here")
        return _FIELDS[path](identity)

    def volume(self, volume: Mapping[str, Any]) -> Mapping[str, str]:
        """The files that a volume holds at first."""
        for field, kind, objects in self._kinds():
            source = volume.get(field)
            if source is None:
                continue
            name = source["name" if field == "configMap" else "secretName"]
            if name not in objects:
                if source.get("optional"):
                    return {}
                raise PodRefused(f'{kind} "{name}" not found')
            items = source.get("items")
            if items is None:
                return objects[name]
            return {item["path"]: objects[name][item["key"]] for item in items if item["key"] in objects[name]}
        return {}


def expand(text: str, value_of: Callable[[str], str | None]) -> str:
    """Kubernetes' `$(NAME)`, and `$$` for a dollar; an unknown name stays as it is.

    Source: third_party/forked/golang/expansion.
    """
    out: list[str] = []
    at = 0
    while (dollar := text.find("$", at)) >= 0:
        out.append(text[at:dollar])
        following = text[dollar + 1 : dollar + 2]
        end = text.find(")", dollar) if following == "(" else -1
        if end >= 0:
            name = text[dollar + 2 : end]
            value = value_of(name)
            out.append(f"$({name})" if value is None else value)
            at = end + 1
        else:
            out.append("$" if following == "$" else "$" + following)
            at = dollar + 1 + len(following)
    out.append(text[at:])
    return "".join(out)

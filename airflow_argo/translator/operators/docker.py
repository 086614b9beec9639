"""DockerOperator: a container in all but name, so it is the task's own container, in a pod instead of on a Docker host.

What only a Docker host has (its folders, its volumes, its networks) is reported; a pod_override of the task can give it.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from typing import Any

from airflow_argo.argo.names import workflow_name
from airflow_argo.diagnostics import Severity
from airflow_argo.model.jobs import Container, EnvValue, Job, OutputSpec, PodSettings, Report, SecretKey, Words
from airflow_argo.model.values import RunDate, RunFact, Text, Type
from airflow_argo.translator.airflow_names import airflow_names
from airflow_argo.translator.context import NOTHING, RETURN_VALUE, MappedItem, TaskContext, WantsAirflow, check_known
from airflow_argo.translator.known_templates import TAG
from airflow_argo.translator.operators.python import call_in
from airflow_argo.translator.pods import more_of_pod, overridden_mounts
from airflow_argo.translator.registry import translates
from airflow_argo.translator.skips import skip_codes_of
from airflow_argo.translator.tries import retry_of, timeout_of

NO_POD_LIKE_IT = "AA237"
_LEFT_OUT = {
    "dns": "use dnsConfig in a pod_override",
    "dns_search": "use dnsConfig in a pod_override",
    "hostname": "a pod is named by Argo",
    "port_bindings": "use a Service",
    "ulimits": "set them on the nodes",
    "labels": "label pods by executor_config",
    "docker_conn_id": "give the registry's credentials by the setting image_pull_secret",
}
"""Arguments that are left out without changing what the container does by itself, and what to do instead."""

_REFUSED = {
    "device_requests": "ask for devices by resources in a pod_override",
    "ipc_mode": "pods have their own",
    "retrieve_output": "print the value as the last line, and leave it out",
}
# about the Docker host's household alone: api_version, auto_remove, container_name, host_tmp_dir, log_opts_max_size and _file


@translates("airflow.providers.docker.operators.docker.DockerOperator", "airflow.operators.docker_operator.DockerOperator")
def docker(task: Any, ctx: TaskContext) -> Job:
    """Source: DockerOperator._run_image_with_mounts. Its XCom is the last line of what it writes, or all lines."""
    _check(task, ctx)
    entrypoint = _words(task.entrypoint, ctx)
    skip_codes = skip_codes_of(getattr(task, "skip_on_exit_code", None))
    if not entrypoint:
        cure = "give entrypoint, to be independent of the registry"
        ctx.report("AA230", f"Argo looks the entrypoint of '{task.image}' up in its registry", cure)
    return Container(
        image=ctx.text(task.image),
        command=entrypoint,
        args=_words(task.command, ctx),
        env=tuple(_env(task, ctx)),
        working_dir=task.working_dir,
        outputs=() if skip_codes else _outputs(task),
        report=Report(skip_codes=skip_codes, by_shell=True) if skip_codes else None,
        retry=retry_of(task, ctx, reports=False),
        timeout_seconds=timeout_of(task),
        pod=_pod(task, ctx),
    )


@translates("airflow.providers.docker.decorators.docker._DockerDecoratedOperator")
def docker_task(task: Any, ctx: TaskContext) -> Job:
    """`@task.docker`: a call of the function in the author's image. Source: _DockerDecoratedOperator.execute."""
    image = ctx.text(task.image)
    if not isinstance(image, str):
        raise WantsAirflow("its image is known only when it runs")
    _report_what_is_left(task, ctx)
    return call_in(image, task, ctx, _pod(task, ctx), tuple(_env(task, ctx)), task.python_command)


def _check(task: Any, ctx: TaskContext) -> None:
    """Reports what a pod doesn't have; raises WantsAirflow for a daemon that pods can reach too."""
    if any(isinstance(getattr(task, name, None), MappedItem) for name in ("command", "environment", "mounts", "env_file")):
        raise WantsAirflow("it is mapped over more than its image")
    if isinstance(task.command, airflow_names().xcom_arg):
        raise WantsAirflow("its command is known only when it runs")
    for name, cure in _REFUSED.items():
        if getattr(task, name, None):
            ctx.report(NO_POD_LIKE_IT, f"a pod has nothing like {name}", cure)
    if getattr(task, "skip_on_exit_code", None) and not task.entrypoint:
        found = "which exit code means skipped is told by a shell around the command, and the image's entrypoint isn't known"
        ctx.report(NO_POD_LIKE_IT, found, "give entrypoint")
    _report_what_is_left(task, ctx)
    if _outputs(task) and getattr(task, "skip_on_exit_code", None):
        found = "with skip_on_exit_code its XCom is not carried over"
        ctx.report("AA229", found, "set do_xcom_push=False, or write the value elsewhere", Severity.WARNING)
    elif _outputs(task):
        found = "its XCom is made of what it writes to stdout; Docker's has stderr in it too"
        ctx.report("AA238", found, "nothing, if the last line is one of stdout")


def _report_what_is_left(task: Any, ctx: TaskContext) -> None:
    for name, cure in _LEFT_OUT.items():
        if getattr(task, name, None):
            ctx.report("AA229", f"{name} is not carried over", cure, Severity.WARNING)
    if str(task.network_mode or "bridge") not in ("bridge", "default"):
        found = f"network_mode '{task.network_mode}' is not carried over: a pod is in the cluster's network"
        ctx.report("AA229", found, "name other containers by their Services", Severity.WARNING)


# Its command and environment


def _words(found: Any, ctx: TaskContext) -> Words:
    """A command as Docker takes it: a list, the text of a list, or words as a shell has them. Source: format_command."""
    if isinstance(found, str) and found.strip().startswith("["):
        try:
            found = ast.literal_eval(found)
        except (ValueError, SyntaxError):
            ctx.report("AA229", f"the command {found!r} is no list", "write a list of words")
            return ()
    if isinstance(found, str):
        return tuple(ctx.text(word) for word in _split(found, ctx))
    return tuple(ctx.text(word if isinstance(word, str) else str(word)) for word in found or ())


def _split(text: str, ctx: TaskContext) -> list[str]:
    """The words of a text with templates in it, which are not looked into. Source: docker.utils.split_command."""
    tags = TAG.findall(text)
    numbered = iter(range(len(tags)))
    plain = TAG.sub(lambda _: f"\x00{next(numbered)}\x00", text)
    for match in re.finditer(r"\x00(\d+)\x00", plain):
        value = ctx.text(tags[int(match[1])])
        if isinstance(value, Text) and not all(isinstance(part, str | RunDate | RunFact) for part in value.parts):
            found = f"{tags[int(match[1])]} is one word of the command, or a part of one, whatever is in it"
            ctx.report("AA229", found, "write the command as a list", Severity.WARNING)
    try:
        words = shlex.split(plain)
    except ValueError as error:
        ctx.report("AA229", f"the command {text!r} is none: {error}", "write a list of words")
        return []
    return [re.sub(r"\x00(\d+)\x00", lambda match: tags[int(match[1])], word) for word in words]


def _env(task: Any, ctx: TaskContext) -> Iterator[tuple[str, EnvValue]]:
    """Later ones hide earlier ones. Private ones come from a Secret: their values are not for a manifest."""
    check_known(task, "environment")
    own = {**_of_file(task.env_file, ctx), **(task.environment or {})}
    own.pop("AIRFLOW_TMP_DIR", None)
    if task.mount_tmp_dir:
        own["AIRFLOW_TMP_DIR"] = task.tmp_dir
    private = dict(getattr(task, "_private_environment", None) or {})
    yield from ctx.env({name: value for name, value in own.items() if name not in private and value is not None})
    secret = f"{workflow_name(ctx.dag_context.dag.dag_id)}-private"
    for name in private:
        yield name, SecretKey(secret, f"{ctx.task_id}.{name}")
        found = f"the private variable {name} comes from the key '{ctx.task_id}.{name}' of the Secret '{secret}'"
        ctx.report("AA239", found, "create the Secret")


def _of_file(text: str | None, ctx: TaskContext) -> dict[str, str]:
    """The variables of an env_file: NAME=value, one a line."""
    found: dict[str, str] = {}
    for line in (text or "").splitlines():
        name, sign, value = line.strip().removeprefix("export ").partition("=")
        if not name or name.startswith("#"):
            continue
        if not sign or value[:1] in ("'", '"'):
            ctx.report("AA229", f"the line {line!r} of env_file is not read", "use environment")
            continue
        found[name.strip()] = value.split(" #")[0].strip()
    return found


def _outputs(task: Any) -> tuple[OutputSpec, ...]:
    if not task.do_xcom_push or getattr(task, "retrieve_output", False):
        return ()
    return (OutputSpec(RETURN_VALUE, Type.JSON, None, NOTHING, "lines" if task.xcom_all else "last line"),)


# Its pod


def _pod(task: Any, ctx: TaskContext) -> PodSettings:
    container: dict[str, Any] = {}
    if getattr(task, "force_pull", False):
        container["imagePullPolicy"] = "Always"
    if task.tty:
        container["tty"] = True
    resources: dict[str, Any] = {}
    if task.cpus != 1.0:
        resources["requests"] = {"cpu": f"{round(task.cpus * 1000)}m"}  # Docker has a weight there, and so has Kubernetes
    if task.mem_limit:
        resources["limits"] = {"memory": str(_bytes(task.mem_limit, ctx))}
    if resources:
        container["resources"] = resources
    security = _security(task, ctx)
    if security:
        container["securityContext"] = security
    mounts, volumes = _volumes(task, ctx)
    if mounts:
        container["volumeMounts"] = mounts
    template: dict[str, Any] = {"volumes": volumes} if volumes else {}
    if task.extra_hosts:
        aliases = [{"hostnames": [name], "ip": ip} for name, ip in task.extra_hosts.items()]
        template["hostAliases"] = aliases
    return more_of_pod(ctx.pod_settings(), container, template)


def _security(task: Any, ctx: TaskContext) -> dict[str, Any]:
    found: dict[str, Any] = {"privileged": True} if task.privileged else {}
    if task.cap_add:
        found["capabilities"] = {"add": list(task.cap_add)}
    if task.user is not None:
        user, _, group = str(task.user).partition(":")
        if not user.isdecimal() or (group and not group.isdecimal()):
            ctx.report(NO_POD_LIKE_IT, f"Kubernetes knows users by number only, not '{task.user}'", "give its number")
            return found
        found["runAsUser"] = int(user)
        if group:
            found["runAsGroup"] = int(group)
    return found


def _volumes(task: Any, ctx: TaskContext) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Mounts and volumes: those that are empty at first are the pod's own; those of the Docker host are reported."""
    mounts, volumes = [], []
    given = overridden_mounts(task)
    if task.mount_tmp_dir:
        mounts.append({"name": "airflow-tmp", "mountPath": task.tmp_dir})
        volumes.append({"name": "airflow-tmp", "emptyDir": {}})
    if task.shm_size:
        mounts.append({"name": "shm", "mountPath": "/dev/shm"})  # noqa: S108 - in the container
        volumes.append({"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": str(task.shm_size)}})
    for number, mount in enumerate(task.mounts or (), 1):
        found = {key.lower(): value for key, value in dict(mount).items()}
        target, kind = str(found.get("target")), str(found.get("type", "volume"))
        if target in given:
            continue
        if kind == "tmpfs" or (kind == "volume" and not found.get("source")):
            mounts.append({"name": f"mount-{number}", "mountPath": target})
            volumes.append({"name": f"mount-{number}", "emptyDir": {"medium": "Memory"} if kind == "tmpfs" else {}})
            continue
        what = "folder" if kind == "bind" else "volume"
        cure = f"mount something at {target} by a pod_override, such as a PersistentVolumeClaim"
        ctx.report(NO_POD_LIKE_IT, f"the {what} '{found.get('source')}' of the Docker host isn't on the cluster's nodes", cure)
    return mounts, volumes


def _bytes(limit: Any, ctx: TaskContext) -> int:
    """Docker's sizes: 512m is 512 MiB. Source: docker.utils.parse_bytes."""
    units = {"b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([bkmgt]?)b?", str(limit).strip().lower())
    if match is None:
        ctx.report("AA229", f"mem_limit {limit!r} is no size", "write it like 512m")
        return 0
    return int(float(match[1]) * units[match[2] or "b"])

"""Jobs of the DSL → jobs of the model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_argo.dsl import params as dsl
from airflow_argo.dsl.jobs import BaseJob, ContainerJob, EnvSource, ResourceJob, Retry, ScriptJob
from airflow_argo.model import jobs
from airflow_argo.model.values import Listing, Record, Text, Type, Value

if TYPE_CHECKING:
    from airflow_argo.dsl.levels import Entry
    from airflow_argo.dsl.lowering import Lowering


def lower_job(job: BaseJob, lowering: Lowering, reader: Entry) -> jobs.Job:
    """The job of the model, its values resolved for the entry that it is."""
    common: dict[str, Any] = {
        "outputs": tuple(_output(output) for output in job.outputs),
        "retry": _retry(job.retry),
        "timeout_seconds": job.timeout,
        "pod": jobs.NO_SETTINGS if job.pod is None else jobs.PodSettings.of(job.pod.container, job.pod.template),
    }
    if isinstance(job, ScriptJob):
        source, env = _script(job)
        return jobs.Script(
            image=lowering.text(job.image, reader),
            interpreter=tuple(str(word) for word in job.command),
            source=source,
            env=_env(job, env, lowering, reader),
            files=_files(job, lowering, reader),
            **common,
        )
    if isinstance(job, ContainerJob):
        return jobs.Container(
            image=lowering.text(job.image, reader),
            command=tuple(lowering.text(word, reader) for word in job.command),
            args=tuple(lowering.text(word, reader) for word in job.args),
            env=_env(job, {}, lowering, reader),
            files=_files(job, lowering, reader),
            working_dir=job.working_dir,
            **common,
        )
    assert isinstance(job, ResourceJob)
    for value in job.inputs.values():
        lowering.value(value, reader)
    return jobs.Resource(
        action=job.action,  # type: ignore[arg-type]
        manifest=None if job.manifest is None else _manifest(job.manifest, lowering, reader),
        success_condition=job.success_condition,
        failure_condition=job.failure_condition,
        set_owner_reference=job.set_owner_reference,
        merge_strategy=job.merge_strategy,  # type: ignore[arg-type]
        flags=job.flags,
        **common,
    )


def input_variable(name: str) -> str:
    """The environment variable of an input."""
    return "INPUT_" + re.sub(r"[^A-Z0-9_]", "_", name.upper())


def _output(output: dsl.WorkflowParam) -> jobs.OutputSpec:
    from airflow_argo.dsl.lowering import constant

    path = output.path or f"/tmp/{output.name}"  # noqa: S108 - in the job's own pod
    return jobs.OutputSpec(output.name, Type(output.type), path, constant(output.default))


def _retry(retry: Retry | None) -> jobs.Retry | None:
    if retry is None:
        return None
    backoff = None if retry.backoff is None else jobs.Backoff(retry.backoff, retry.factor, retry.max_backoff)
    return jobs.Retry(retry.limit, retry.on, backoff, (), retry.when)


def _env(job: ContainerJob, more: Mapping[str, Any], lowering: Lowering, reader: Entry) -> jobs.Env:
    given = {input_variable(name): value for name, value in job.inputs.items()}
    variables = {**given, **more, **job.env}
    return tuple((name, _variable(value, lowering, reader)) for name, value in variables.items())


def _files(job: ContainerJob, lowering: Lowering, reader: Entry) -> jobs.Files:
    return tuple((path, lowering.text(text, reader)) for path, text in job.files.items())


def _variable(value: Any, lowering: Lowering, reader: Entry) -> jobs.EnvValue:
    if not isinstance(value, EnvSource):
        return lowering.text(value, reader)
    if value.kind == "secret":
        return jobs.SecretKey(value.owner, value.key, value.optional)
    if value.kind == "config":
        return jobs.ConfigKey(value.owner, value.key, value.optional)
    return jobs.FieldPath(value.key)


def _script(job: ScriptJob) -> tuple[str, dict[str, Any]]:
    """The source of a script with a variable for each value in it, and those variables: a shell never takes them for code."""
    variables: dict[str, Any] = {}
    pieces = []
    for part in dsl.split_marks(job.source):
        if isinstance(part, str):
            pieces.append(part)
            continue
        wanted = input_variable(str(getattr(part, "name", "value")))
        same = (name for name, value in variables.items() if value is part)
        name = next(same, None) or _unused(wanted, {*variables, *map(input_variable, job.inputs), *job.env})
        variables[name] = part
        pieces.append(f"${{{name}}}")
    return "".join(pieces), variables


def _unused(name: str, taken: set[str]) -> str:
    number = 1
    while (candidate := name if number == 1 else f"{name}_{number}") in taken:
        number += 1
    return candidate


def _manifest(found: Any, lowering: Lowering, reader: Entry) -> Value:
    if isinstance(found, Mapping):
        return Record(tuple((str(key), _manifest(part, lowering, reader)) for key, part in found.items()))
    if isinstance(found, list | tuple):
        return Listing(tuple(_manifest(part, lowering, reader) for part in found))
    made = lowering.value(found, reader)
    return Text((made,)) if isinstance(found, dsl.Value) else made

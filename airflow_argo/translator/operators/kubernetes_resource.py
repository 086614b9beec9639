"""KubernetesCreateResourceOperator and KubernetesDeleteResourceOperator: resource templates, one an object."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from airflow_argo.diagnostics import Severity
from airflow_argo.model.graph import Body, Graph, Step
from airflow_argo.model.jobs import NoOp, PodSettings, Resource
from airflow_argo.model.values import Constant, Listing, Record, Text, Value
from airflow_argo.translator.context import MappedItem, TaskContext, WantsAirflow
from airflow_argo.translator.known_templates import TAG
from airflow_argo.translator.pods import as_patch, more_of_pod
from airflow_argo.translator.registry import translates
from airflow_argo.translator.tries import retry_of, timeout_of

_MODULE = "airflow.providers.cncf.kubernetes.operators.resource"


@translates(f"{_MODULE}.KubernetesCreateResourceOperator")
def create_resource(task: Any, ctx: TaskContext) -> Body:
    """Source: KubernetesCreateResourceOperator.execute: the objects are created one after the other."""
    steps = [Resource(action="create", manifest=item, **_common(task, ctx)) for item in _objects(task, ctx)]
    return _in_turn(steps)


@translates(f"{_MODULE}.KubernetesDeleteResourceOperator")
def delete_resource(task: Any, ctx: TaskContext) -> Body:
    """Source: KubernetesDeleteResourceOperator.execute. What isn't there is an error; Argo ignores it, so it is looked for."""
    steps = []
    for item in _objects(task, ctx):
        steps.append(Resource(action="get", manifest=item, **_common(task, ctx)))
        steps.append(Resource(action="delete", manifest=item, **_common(task, ctx)))
    return _in_turn(steps)


def _common(task: Any, ctx: TaskContext) -> dict[str, Any]:
    return {"retry": retry_of(task, ctx, reports=False), "timeout_seconds": timeout_of(task), "pod": resource_pod(ctx)}


def resource_pod(ctx: TaskContext) -> PodSettings:
    """What the settings say about the pod that acts on objects. Its container, called main, is of an image of Argo's own."""
    pod = ctx.pod_settings()
    container, template = json.loads(pod.container), json.loads(pod.template)
    container.pop("imagePullPolicy", None)
    if not container:
        return PodSettings.of({}, template)
    patch = as_patch({"containers": [{"name": "main", **container}]})
    return more_of_pod(PodSettings.of({}, template), {}, {"podSpecPatch": patch})


def _in_turn(jobs: list[Resource]) -> Body:
    if not jobs:
        return NoOp()
    if len(jobs) == 1:
        return jobs[0]
    names = [f"{job.action}-{number}" for number, job in enumerate(jobs, 1)]
    before = [(), *((name,) for name in names)]
    return Graph(tuple(Step(name, job, after) for name, job, after in zip(names, jobs, before, strict=False)))


def _objects(task: Any, ctx: TaskContext) -> list[Value]:
    """The objects, in their order.

    Raises:
        WantsAirflow: their YAML is known only when it runs.
    """
    import yaml

    from_file = _text_of_file(task, ctx)
    if from_file is None and (isinstance(task.yaml_conf, MappedItem) or not task.yaml_conf):
        raise WantsAirflow("its YAML is known only when it runs")
    if task.kubernetes_conn_id not in (None, "kubernetes_default") or task.config_file:
        found = "its connection may lead to another cluster"
        ctx.report("AA229", found, "submit the workflow to that cluster", Severity.WARNING)
    text = from_file if from_file is not None else ctx.text(task.yaml_conf)
    try:
        items = [item for item in yaml.safe_load_all(text if isinstance(text, str) else task.yaml_conf) if item]
    except yaml.YAMLError:
        raise WantsAirflow("its YAML is known only when it runs") from None
    if not all(isinstance(item, dict) and item.get("kind") for item in items):
        raise WantsAirflow("its YAML has something that is no object")
    ctx.report("AA241", "it acts on Kubernetes objects", "let the service account do that")
    if from_file is not None:  # Airflow renders nothing in it
        return [ctx.constant(item) for item in _with_namespace(task, items)]
    return [_value(item, ctx) for item in _with_namespace(task, items)]


def _text_of_file(task: Any, ctx: TaskContext) -> str | None:
    """The text of `yaml_conf_file`; None if its YAML isn't in a file.

    Raises:
        WantsAirflow: only a run knows the file, or it isn't on this machine.
    """
    given = getattr(task, "yaml_conf_file", None)
    if task.yaml_conf or not given:
        return None
    path = None if isinstance(given, MappedItem) else ctx.text(given)
    if not isinstance(path, str) or not Path(path).is_file():
        raise WantsAirflow("its yaml_conf_file isn't on this machine")
    return Path(path).read_text(encoding="utf-8")


def _with_namespace(task: Any, items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    namespace = task._namespace  # noqa: SLF001 - the operator has it nowhere else
    for item in items:
        own = item.get("metadata") or {}
        yield {**item, "metadata": {"namespace": namespace, **own}} if namespace and task.namespaced else item


def _value(found: Any, ctx: TaskContext) -> Value:
    """Part of an object, with its templates as values inside its texts."""
    if isinstance(found, dict):
        if any(TAG.search(str(key)) for key in found):
            raise WantsAirflow("names in its YAML are known only when it runs")
        return Record(tuple((str(key), _value(value, ctx)) for key, value in found.items()))
    if isinstance(found, list):
        return Listing(tuple(_value(value, ctx) for value in found))
    if isinstance(found, str) and TAG.search(found):
        if not re.search(r"[A-Za-z]", TAG.sub("", found)):  # alone it might be a number once it is rendered
            raise WantsAirflow("a value in its YAML is known only when it runs")
        text = ctx.text(found)
        return text if isinstance(text, Text) else Constant.of(text)
    return ctx.constant(found)

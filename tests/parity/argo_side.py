"""A DAG through translation, compiler and embedded engine, told as Airflow would tell it."""

from __future__ import annotations

import base64
import json
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from airflow_argo.cli.companions import companions_of
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.model.workflow import Workflow
from airflow_argo.pod.values import CLASS, decoded, to_json
from airflow_argo.runners.local import LocalRunner
from airflow_argo.runners.tree import StepRun
from airflow_argo.runners.waiting import NotDoneInTime
from airflow_argo.translator.branches import FOLLOW
from airflow_argo.translator.dags import translate
from tests.parity.ended import UNMAPPED, Ended, Refused, Task

OWN_KEYS = {FOLLOW}
"""What the translation pushes for itself."""

LOAD_SECONDS = 120

_RUN_STATES = {"Succeeded": "success", "Failed": "failed", "Error": "failed"}


class TookTooLong(Exception):
    """A run was ended before its end."""


def run_by_engine(
    dag: Any, logical_date: str, conf: Mapping[str, Any], *, seconds: float | None = None, beside: Path | None = None
) -> Ended | Refused:
    """How a DAG ends when its manifest runs in the embedded engine.

    Args:
        seconds: at most so long.
        beside: the file of the DAGs that it creates runs of; by default its own, and those in the same folder.
    Raises:
        TookTooLong: it took longer.
    """
    translation = translate(dag)
    if translation.workflow is None:
        return Refused(tuple(f"{one.code}: {one.message}" for one in translation.diagnostics if one.severity.value == "error"))
    with tempfile.TemporaryDirectory() as folder:
        params = {one.name for one in translation.workflow.inputs} & conf.keys()  # as people give them: -p name=value
        parameters = {"logical_date": logical_date, "conf": dict(conf), **{name: conf[name] for name in params}}
        source = _with_other_dags(translation.workflow, beside or Path(dag.fileloc))
        run = LocalRunner(folder=folder).run(source, parameters=parameters, wait=False)
        try:
            run.wait(seconds, lambda _: None)
        except NotDoneInTime:
            run.terminate()
            run.wait(20, lambda _: None)
            raise TookTooLong(f"it took more than {seconds:g} s") from None
        return ended_of(_RUN_STATES[run.status], run.tree)


def _with_other_dags(workflow: Workflow, file: Path) -> Any:
    """A workflow, with the WorkflowTemplates of the DAGs that it creates runs of, if there are any."""
    compiled = compile_workflow(workflow)
    others = companions_of(compiled, file, Namespace(load_timeout=LOAD_SECONDS))
    return [*others, compiled.manifest()] if others else workflow


def run_on_argo(dag: Any, logical_date: str, conf: Mapping[str, Any], *, namespace: str, seconds: float) -> Ended | Refused:
    """How a DAG ends when the same manifest runs on Argo; needs a cluster with its controller.

    Raises:
        TookTooLong: it took longer than so many seconds.
    """
    from airflow_argo.cluster import WaitTimeoutError
    from airflow_argo.runners.argo import ArgoRunner

    translation = translate(dag)
    if translation.workflow is None:
        return Refused(tuple(f"{one.code}: {one.message}" for one in translation.diagnostics if one.severity.value == "error"))
    parameters = {"logical_date": logical_date, "conf": dict(conf)}
    run = ArgoRunner(namespace=namespace).run(translation.workflow, parameters=parameters, wait=False)
    try:
        run.wait(seconds)
        return ended_of(_RUN_STATES[run.status], run.tree)
    except WaitTimeoutError:
        run.stop()
        raise TookTooLong(f"it took more than {seconds:g} s") from None
    finally:
        run.delete()


def ended_of(state: str, tree: list[StepRun]) -> Ended:
    """What a run's tree tells about its tasks and XComs."""
    tasks: dict[Task, str] = {}
    tries: dict[Task, int] = {}
    xcoms: dict[tuple[str, int, str], Any] = {}
    names: dict[Task, str] = {}
    for task, step in _instances(tree, UNMAPPED):
        tasks[task] = step.state
        if step.name:
            names[task] = step.name
        tries[task] = _tries(step)
        for key, value in _pushed(step):
            xcoms[(*task, key)] = value
    return Ended(state, tasks, tries, xcoms, names)


def _instances(tree: list[StepRun], index: int) -> Iterator[tuple[Task, StepRun]]:
    for step in tree:
        items = [child for child in step.children if child.id.startswith("[")]
        if not items:
            yield (step.id, index), step
        for item in items:
            number = int(item.id[1:-1])
            inner = [child for child in item.children if not child.id.startswith("try ")]
            if inner:
                yield from _instances(inner, number)
            else:
                yield (step.id, number), item


def _tries(step: StepRun) -> int:
    """How often it was tried; 0 if it never began."""
    if step.state in ("upstream_failed", "pending") or step.node.get("phase") in ("Skipped", "Omitted"):
        return 0
    return max(1, sum(child.id.startswith("try ") for child in step.children))


def _pushed(step: StepRun) -> Iterator[tuple[str, Any]]:
    outcome = step.outcome
    if "value" in outcome:
        yield "return_value", _read(outcome["value"])
    for key, value in (outcome.get("pushed") or {}).items():
        if key not in OWN_KEYS:
            yield key, _read(value)


def _read(text: str) -> Any:
    """What a task would get, as JSON; of a class that Airflow doesn't read its name."""
    try:
        return to_json(decoded(text))
    except (ImportError, TypeError):
        return {"unreadable": json.loads(base64.b64decode(text))["of"][CLASS].rpartition(".")[2]}

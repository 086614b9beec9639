"""A DAG through translation, compiler and embedded engine, told as Airflow would tell it."""

from __future__ import annotations

import tempfile
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_argo.cli.companions import companions_of
from airflow_argo.comparison.ends import Ended
from airflow_argo.comparison.on_argo import RUN_STATES, ended_of
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.model.workflow import Workflow
from airflow_argo.runners.local import LocalRunner
from airflow_argo.runners.waiting import NotDoneInTime
from airflow_argo.translator.dags import translate

LOAD_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Refused:
    """The DAG isn't translated; each reason begins with a diagnostic's code."""

    reasons: tuple[str, ...]


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
        return ended_of(RUN_STATES[run.status], run.tree)


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
        return ended_of(RUN_STATES[run.status], run.tree)
    except WaitTimeoutError:
        run.stop()
        raise TookTooLong(f"it took more than {seconds:g} s") from None
    finally:
        run.delete()

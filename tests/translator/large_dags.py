"""DAGs whose tasks give large values, and what becomes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.lint import lint
from airflow_argo.model.workflow import Workflow
from airflow_argo.runners.local import LocalRunner
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from tests.accepted import accept

HEAD = """
from datetime import datetime, timedelta
from airflow.sdk import dag, task
from airflow.providers.standard.operators.bash import BashOperator

WANTS = {"argo": {"xcom_artifacts": "yes"}}

@dag(start_date=datetime(2024, 1, 1), schedule=None, default_args={"executor_config": WANTS})
def large():
"""


def workflow_of(folder: Path, body: str, head: str = HEAD) -> Workflow:
    """The workflow of the one DAG of a file."""
    prepare_environment()
    path = folder / "large.py"
    path.write_text(head + body)
    (dag,) = load_dags(path)
    return translate(dag).required()


def ends_of(folder: Path, body: str, head: str = HEAD) -> tuple[dict[str, tuple[str, Any]], str]:
    """Step id → its state and value, or why that can't be read; all that the steps logged."""
    manifest = accept(compile_workflow(workflow_of(folder, body, head)).manifest())
    assert lint(manifest) == []
    run = LocalRunner(folder=folder / "run").run(manifest, on_progress=lambda _: None)
    return {name: (step.state, _value(step)) for name, step in run.steps.items()}, " ".join(one.text for one in run.logs())


def _value(step: Any) -> Any:
    try:
        return step.value
    except LookupError as error:
        return str(error)

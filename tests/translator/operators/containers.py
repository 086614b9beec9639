"""DAGs with containers, as the tests look at them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.diagnostics import Severity
from airflow_argo.lint import lint
from airflow_argo.runners.local import LocalRunner
from airflow_argo.translator.translation import Translation
from tests.accepted import accept

HEAD = """
from datetime import datetime
from airflow.sdk import DAG, task
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator as Pod
from kubernetes.client import models as k8s
{more}
with DAG("d", schedule=None, params={{"words": "a b"}}):
"""


def manifest_of(translation: Translation) -> dict[str, Any]:
    manifest = compile_workflow(translation.required()).manifest()
    assert lint(accept(manifest)) == []
    return manifest


def template(translation: Translation, name: str) -> dict[str, Any]:
    """The template of a task."""
    manifest = manifest_of(translation)
    tasks = next(one for one in manifest["spec"]["templates"] if one["name"] == "main")["dag"]["tasks"]
    wanted = next(task["template"] for task in tasks if task["name"] == name)
    found: dict[str, Any] = next(one for one in manifest["spec"]["templates"] if one["name"] == wanted)
    return found


def findings(translation: Translation, severity: Severity) -> list[str]:
    return [f"{one.code} {one.message}" for one in translation.diagnostics if one.severity is severity]


def run(translation: Translation, tmp_path: Path, *documents: dict[str, Any]) -> dict[str, Any]:
    """Task → its state, or what it returned if it succeeded and returned anything."""
    made = LocalRunner(folder=tmp_path / "runs").run([manifest_of(translation), *documents], on_progress=lambda _: None)
    return {step.id: step.state if step.state != "success" or step.value is None else step.value for step in made.tree}

"""The provider's own operators, in a workflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow_argo.diagnostics import Severity
from tests.translator.operators.containers import findings, manifest_of, run

TASKS = """
from airflow.sdk import task
from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator
from airflow_argo.sensors.argo import ArgoWorkflowSensor
"""


def test_a_function_with_task_argo_is_a_step_in_its_pod(translated: Any, tmp_path: Path) -> None:
    body = """
resources = {"limits": {"memory": "1Gi"}}

@task.argo(image="own:1", pod={"resources": resources}, template={"nodeSelector": {"disk": "ssd"}})
def a(x, ti=None):
    from airflow.sdk import get_current_context
    return [x, ti.task_id, get_current_context()["dag"].dag_id]

@task.argo
def b(given):
    return [len(given), sorted(given)[1]]

b(a.expand(x=[1, 2]))
"""
    translation = translated(body, TASKS)
    templates = manifest_of(translation)["spec"]["templates"]
    (made,) = [one for one in templates if one.get("container", {}).get("image") == "own:1"]
    assert made["container"]["resources"] == {"limits": {"memory": "1Gi"}}
    assert made["nodeSelector"] == {"disk": "ssd"}
    assert not translation.diagnostics
    assert run(translation, tmp_path)["b"] == [2, [2, "a", "d"]]


def test_what_submits_or_looks_for_workflows_by_a_connection_is_refused(translated: Any) -> None:
    body = """
ArgoSubmitWorkflowOperator(task_id="a", workflow_template="t")
ArgoWorkflowSensor(task_id="b", workflow_name="w")
@task.argo(argo_conn_id="other", wait_for_completion=False)
def c(): pass
@task.argo(argo_conn_id="other")
def e(): pass
c(), e()
"""
    translation = translated(body, TASKS)
    assert [found[:5] for found in findings(translation, Severity.ERROR)] == ["AA232"] * 3
    assert [found[:5] for found in findings(translation, Severity.WARNING)] == ["AA229"]

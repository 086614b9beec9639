"""Operators that create and delete Kubernetes objects: resource templates, which the engine runs on ConfigMaps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.lint import lint
from airflow_argo.runners.local import LocalRunner
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from tests.accepted import accept

prepare_environment()

HEAD = '''
from airflow.sdk import DAG
from airflow.providers.cncf.kubernetes.operators.resource import KubernetesCreateResourceOperator as Create
from airflow.providers.cncf.kubernetes.operators.resource import KubernetesDeleteResourceOperator as Delete

BOTH = """
apiVersion: v1
kind: ConfigMap
metadata: {name: first}
data: {day: "on {{ ds }}", plain: "{x} $(y) $$"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: "of-{{ ds_nodash }}-x"}
"""

with DAG("d", schedule=None):
'''
DATE = {"logical_date": "2024-05-06T03:00:00+00:00"}


@pytest.fixture
def states(tmp_path: Path) -> Any:
    def run(body: str) -> dict[str, str]:
        file = tmp_path / "dag.py"
        file.write_text(HEAD + "\n".join("    " + line for line in body.strip().splitlines()) + "\n")
        (dag,) = load_dags(file)
        manifest = compile_workflow(translate(dag).required()).manifest()
        assert lint(accept(manifest)) == []
        made = LocalRunner(folder=tmp_path / "runs").run(manifest, parameters=DATE, on_progress=lambda _: None)
        return {step.id: step.state for step in made.tree}

    return run


def test_objects_are_created_and_deleted(states: Any) -> None:
    body = """
make = Create(task_id="make", yaml_conf=BOTH)
again = Create(task_id="again", yaml_conf=BOTH)
remove = Delete(task_id="remove", yaml_conf=BOTH, trigger_rule="all_failed")
gone = Delete(task_id="gone", yaml_conf=BOTH)
make >> again >> remove >> gone
"""
    assert states(body) == {"make": "success", "again": "failed", "remove": "success", "gone": "failed"}


def test_objects_of_a_file_are_as_they_stand_there(states: Any, tmp_path: Path) -> None:
    file = tmp_path / "objects.yaml"
    file.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {day: '{{ ds }}', of: '{{workflow.name}}'}")
    body = f"""
make = Create(task_id="make", yaml_conf_file="{file}")
make >> Create(task_id="again", yaml_conf_file="{tmp_path}/{{{{ 'objects' }}}}.yaml")
"""
    assert states(body) == {"make": "success", "again": "failed"}


def test_a_file_that_isnt_here_is_left_to_the_operator(tmp_path: Path) -> None:
    file = tmp_path / "dag.py"
    file.write_text(HEAD + '    Create(task_id="a", yaml_conf_file="/nowhere.yaml")\n')
    (found,) = translate(load_dags(file)[0]).diagnostics
    assert (found.code, "yaml_conf_file isn't on this machine" in found.message) == ("AA231", True)


def test_what_only_the_run_knows_is_left_to_the_operator(tmp_path: Path) -> None:
    file = tmp_path / "dag.py"
    file.write_text(HEAD + '    Create(task_id="a", yaml_conf="kind: ConfigMap\\ndata: {n: \'{{ run_id }}\'}")\n')
    (dag,) = load_dags(file)
    assert [one.code for one in translate(dag).diagnostics] == ["AA231"]

"""What tasks ask of their pods, and of their pools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.settings import load_settings
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from airflow_argo.translator.pods import pool_key
from airflow_argo.translator.translation import Translation

prepare_environment()


@pytest.fixture
def translated(tmp_path: Path) -> Any:
    def made(argument: str, dag: str = "", **flags: str) -> Translation:
        file = tmp_path / "dag.py"
        file.write_text(
            "from airflow.sdk import DAG\n"
            "from airflow.providers.standard.operators.bash import BashOperator\n"
            "from kubernetes.client import models as k8s\n"
            f"with DAG('d', schedule=None, {dag}):\n"
            f"    BashOperator(task_id='a', bash_command='x', {argument})\n"
        )
        return translate(load_dags(file)[0], settings=load_settings(file, flags, {}))

    return made


def pod_of(translation: Translation) -> tuple[dict[str, Any], dict[str, Any]]:
    assert translation.workflow is not None, translation.diagnostics
    pod: Any = translation.workflow.graph.steps[0].body
    return json.loads(pod.pod.container), json.loads(pod.pod.template)


def overriding(spec: str, metadata: str = "None") -> str:
    return f"executor_config={{'pod_override': k8s.V1Pod(metadata={metadata}, spec=k8s.V1PodSpec({spec}))}}"


def test_override_of_the_base_container(translated: Any) -> None:
    base = "k8s.V1Container(name='base', image='mine', resources=k8s.V1ResourceRequirements(requests={'cpu': '2'}))"
    made = translated(overriding(f"containers=[{base}]"))
    assert pod_of(made)[0] == {"resources": {"requests": {"cpu": "2"}}}
    assert made.workflow.graph.steps[0].body.image == "mine"
    assert made.diagnostics == ()


def test_override_of_the_pod(translated: Any) -> None:
    spec = "containers=[], node_selector={'disk': 'ssd'}, tolerations=[k8s.V1Toleration(key='a')]"
    made = translated(overriding(spec, "k8s.V1ObjectMeta(labels={'team': 'x'})"))
    assert pod_of(made)[1] == {
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "a"}],
        "metadata": {"labels": {"team": "x"}},
    }
    assert made.diagnostics == ()


def test_what_a_template_lacks_is_said(translated: Any) -> None:
    containers = "containers=[k8s.V1Container(name='base'), k8s.V1Container(name='log')], termination_grace_period_seconds=5"
    made = translated(overriding(containers))
    assert [one.code for one in made.diagnostics] == ["AA211"]
    assert "terminationGracePeriodSeconds of the pod_override" in made.diagnostics[0].message
    assert pod_of(made)[1] == {"sidecars": [{"name": "log"}]}


def test_pool_is_a_semaphore_where_its_size_is_known(translated: Any) -> None:
    made = translated("pool='my pool'", pools_config_map="pools")
    reference = {"configMapKeyRef": {"name": "pools", "key": "my_pool"}}
    assert pod_of(made)[1] == {"synchronization": {"semaphores": [reference]}}
    assert made.diagnostics == ()


def test_pool_of_unknown_size_is_lost_and_said(translated: Any) -> None:
    assert [one.code for one in translated("pool='p'").diagnostics] == ["AA208"]


def test_pool_keys_are_keys_of_config_maps() -> None:
    assert pool_key("a b/c-1_2.3é") == "a_b_c-1_2.3_"


@pytest.mark.parametrize(("dag", "parallelism"), [("", None), ("max_active_tasks=3", 3)])
def test_limit_of_tasks_at_once(dag: str, parallelism: int | None, translated: Any) -> None:
    assert translated("", dag).workflow.parallelism == parallelism

"""Limits on runs and instances: locks at which others wait, the ConfigMap of their sizes; what can't be limited is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.cluster.resources import Call, Resource
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.diagnostics import InputError
from airflow_argo.runners.local import LocalRunner
from airflow_argo.runners.sources import runnable
from airflow_argo.settings import load_settings
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from airflow_argo.translator.translation import Translation
from tests.cluster.conftest import admin, cluster, kubeconfig, namespace  # noqa: F401 - fixtures

prepare_environment()


@pytest.fixture
def translated(tmp_path: Path) -> Any:
    def made(argument: str = "", dag: str = "", schedule: str = "None", **flags: str) -> Translation:
        file = tmp_path / "dag.py"
        file.write_text(
            "import pendulum\n"
            "from airflow.sdk import DAG\n"
            "from airflow.providers.standard.operators.bash import BashOperator\n"
            f"with DAG('My_DAG', schedule={schedule}, start_date=pendulum.datetime(2024, 1, 1), {dag}):\n"
            f"    BashOperator(task_id='a.b', bash_command='true', {argument})\n"
        )
        return translate(load_dags(file)[0], settings=load_settings(file, flags, {}))

    return made


@pytest.mark.parametrize(
    ("limit", "locks", "sizes"),
    [
        (1, {"mutexes": [{"name": "dag-my_dag"}]}, None),
        (
            3,
            {"semaphores": [{"configMapKeyRef": {"name": "my-dag-limits", "key": "max-active-runs"}}]},
            {"max-active-runs": "3"},
        ),
        (16, None, None),
    ],
)
def test_runs_wait_for_one_another(limit: int, locks: Any, sizes: Any, translated: Any) -> None:
    made = translated(dag=f"max_active_runs={limit}")
    compiled = compile_workflow(made.required())
    assert compiled.spec.get("synchronization") == locks
    assert [one["data"] for one in compiled.config_maps()] == ([sizes] if sizes else [])
    assert made.diagnostics == ()


@pytest.mark.parametrize(
    ("limit", "locks", "sizes"),
    [
        (1, {"mutexes": [{"name": "dag-my-dag-task-a-b"}]}, []),
        (2, {"semaphores": [{"configMapKeyRef": {"name": "my-dag-limits", "key": "task-a-b"}}]}, [{"task-a-b": "2"}]),
    ],
)
def test_instances_of_a_task_over_all_runs_wait_for_one_another(limit: int, locks: Any, sizes: Any, translated: Any) -> None:
    made = translated(f"max_active_tis_per_dag={limit}")
    compiled = compile_workflow(made.required())
    assert locks in [template.get("synchronization") for template in compiled.spec["templates"]]
    assert [one["data"] for one in compiled.config_maps()] == sizes
    assert made.diagnostics == ()


def test_pool_and_own_limit_are_both_held(translated: Any) -> None:
    made = translated("pool='p', max_active_tis_per_dag=2", pools_config_map="pools")
    body: Any = made.required().graph.steps[0].body
    names = [one["configMapKeyRef"]["name"] for one in json.loads(body.pod.template)["synchronization"]["semaphores"]]
    assert names == ["pools", "my-dag-limits"]


def test_workflow_with_limits_runs_here(translated: Any, tmp_path: Path) -> None:
    made = translated("max_active_tis_per_dag=2", "max_active_runs=3")
    run = LocalRunner(folder=tmp_path / "runs").run(runnable(made.required()), on_progress=lambda _: None)
    assert run.succeeded, run.message


@pytest.mark.cluster
def test_workflow_and_the_sizes_of_its_limits_are_submitted(translated: Any, cluster: Any) -> None:  # noqa: F811
    what = runnable(translated("max_active_tis_per_dag=2", "max_active_runs=3").required())
    submitted = cluster.submit([*what.documents, what.manifest])
    assert submitted.applied == ("ConfigMap/my-dag-limits",)
    found = cluster._api.send(Call("get", Resource("ConfigMap", "configmaps", "", "v1"), cluster.namespace, "my-dag-limits"))
    assert found["data"] == {"max-active-runs": "3", "task-a-b": "2"}


@pytest.mark.parametrize(("count", "stop"), [(1, "cronworkflow.failed >= 1"), (0, None), (3, None)])
def test_failed_run_stops_the_schedule(count: int, stop: str | None, translated: Any) -> None:
    made = translated(dag=f"max_consecutive_failed_dag_runs={count}", schedule="'@daily'")
    assert made.required().schedule.stop == stop
    assert [one.code for one in made.diagnostics] == (["AA222"] if count == 3 else [])


def test_kinds_of_runs_that_are_allowed_are_said_to_be_lost(translated: Any) -> None:
    made = translated(dag="allowed_run_types=['scheduled']", schedule="'@daily'")
    assert [(one.code, one.message) for one in made.diagnostics] == [("AA222", "allowed_run_types is not carried over")]


def test_user_is_a_number_or_said(translated: Any) -> None:
    body: Any = translated("run_as_user='1000'").required().graph.steps[0].body
    assert json.loads(body.pod.template)["securityContext"] == {"runAsUser": 1000}
    assert [one.code for one in translated("run_as_user='airflow'").diagnostics] == ["AA210"]


QUEUE = """
[queues.gpu]
nodeSelector = {disk = "ssd"}
tolerations = [{key = "gpu", operator = "Exists"}]
resources = {limits = {"nvidia.com/gpu" = "1"}}
"""


def test_queue_is_what_the_settings_file_says(translated: Any, tmp_path: Path) -> None:
    (tmp_path / "airflow-argo.toml").write_text(QUEUE)
    made = translated("queue='gpu'")
    body: Any = made.required().graph.steps[0].body
    template, container = json.loads(body.pod.template), json.loads(body.pod.container)
    assert template == {"nodeSelector": {"disk": "ssd"}, "tolerations": [{"key": "gpu", "operator": "Exists"}]}
    assert container == {"resources": {"limits": {"nvidia.com/gpu": "1"}}}
    assert made.diagnostics == ()
    assert [one.code for one in translated("queue='cpu'").diagnostics] == ["AA210"]


@pytest.mark.parametrize("text", ["queues = 3", "[queues]\ngpu = 1", "[queues.gpu]\nnodeselector = {}"])
def test_queue_that_is_none_is_an_error(text: str, translated: Any, tmp_path: Path) -> None:
    (tmp_path / "airflow-argo.toml").write_text(text)
    with pytest.raises(InputError, match="queue"):
        translated("queue='gpu'")


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ("depends_on_past=True", "AA212"),
        ("wait_for_downstream=True", "AA212"),
        ("priority_weight=5", "AA209"),
        ("weight_rule='upstream'", "AA209"),
        ("queue='gpu'", "AA210"),
        ("executor='KubernetesExecutor'", "AA210"),
        ("pool='p', pool_slots=2", "AA208"),
    ],
)
def test_what_argo_does_not_have_is_said_with_file_line_and_cure(argument: str, code: str, translated: Any) -> None:
    found = translated(argument).diagnostics
    assert {one.code for one in found} == {code}
    for one in found:
        assert (one.origin.line, bool(one.cure)) == (5, True)


def test_where_an_empty_task_would_run_is_not_missed(tmp_path: Path) -> None:
    file = tmp_path / "dag.py"
    file.write_text(
        "from airflow.sdk import DAG\n"
        "from airflow.providers.standard.operators.empty import EmptyOperator\n"
        "asked = {'pool': 'p', 'pool_slots': 2, 'queue': 'gpu', 'priority_weight': 5, 'run_as_user': 'me'}\n"
        "with DAG('empty', schedule=None, default_args=asked):\n"
        "    EmptyOperator(task_id='nothing', executor_config={'KubernetesExecutor': {}})\n"
        "    EmptyOperator(task_id='after_past', depends_on_past=True)\n"
        "    EmptyOperator(task_id='runs', on_success_callback=print)\n"
    )
    found = {(one.path.split("'")[-2], one.code) for one in translate(load_dags(file)[0]).diagnostics}
    assert found == {("after_past", "AA212"), *(("runs", code) for code in ("AA208", "AA209", "AA210", "AA231"))}

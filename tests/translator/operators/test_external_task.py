"""ExternalTaskSensor and TriggerDagRunOperator as themselves, with Kubernetes' API where Airflow's server was."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.pod.airflow_task.workflows import ApiError, Run, Runs, nodes_of
from airflow_argo.runners.local import LocalRunner
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from tests.accepted import accept

prepare_environment()

FILE = """
import time
from datetime import datetime, timedelta
from airflow.sdk import DAG, task, TaskGroup
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator as Trigger
from airflow.providers.standard.sensors.external_task import ExternalTaskMarker, ExternalTaskSensor as Sensor

with DAG("target", schedule=None, params={"s": None}):
    with TaskGroup("g"):
        @task
        def one():
            return 1
        @task
        def two():
            return 2
        one() >> two()
    with TaskGroup("plain", prefix_group_id=False):
        with TaskGroup("inside"):
            @task
            def three():
                time.sleep(1)
            @task
            def four():
                return time.time()
            three() >> four()
    @task
    def bad():
        raise ValueError
    bad()

P = dict(external_dag_id="target", poke_interval=0.3, timeout=60)
with DAG("watcher", schedule=None):
    fire = Trigger(task_id="fire", trigger_dag_id="target", logical_date="{{ logical_date }}")
    fire >> [
        Sensor(task_id="tasks", external_task_ids=["g.one", "g.two"], **P),
        Sensor(task_id="group", external_task_group_id="g", **P),
        Sensor(task_id="unprefixed", external_task_group_id="plain", **P) >> EmptyOperator(task_id="after"),
        Sensor(task_id="failed", failed_states=["failed"], **P),
        Sensor(task_id="any_end", allowed_states=["success", "failed"], **P),
        Sensor(task_id="skips", external_task_id="bad", skipped_states=["failed"], **P),
        Sensor(task_id="deferred", external_task_id="g.one", deferrable=True, **P),
        Sensor(task_id="yesterday", execution_delta=timedelta(days=1), soft_fail=True, **{**P, "timeout": 1}),
        Trigger(task_id="there", trigger_dag_id="target", logical_date="{{ logical_date }}", skip_when_already_exists=True),
        Trigger(task_id="itself", trigger_dag_id="target", trigger_run_id="x", skip_when_already_exists=True,
                conf={"s": "text"}, wait_for_completion=True, poke_interval=1, allowed_states=["failed"], failed_states=[]),
        ExternalTaskMarker(task_id="marker", external_dag_id="target", external_task_id="bad"),
    ]
"""


def test_sensors_see_other_runs(tmp_path: Path) -> None:
    file = tmp_path / "dags.py"
    file.write_text(FILE)
    translations = {dag.dag_id: translate(dag) for dag in load_dags(file)}
    watcher, target = (compile_workflow(translations[name].required()) for name in ("watcher", "target"))
    accept(watcher.manifest())
    assert {one.code for one in translations["watcher"].diagnostics} == {"AA231", "AA236", "AA240"}
    made = LocalRunner(folder=tmp_path / "runs").run(
        [watcher.manifest(), target.template()],
        parameters={"logical_date": "2024-05-06T03:00:00+00:00"},
        on_progress=lambda _: None,
    )
    assert {step.id: step.state for step in made.tree} == {
        "fire": "success",
        "tasks": "success",
        "group": "success",
        "unprefixed": "success",
        "after": "success",
        "failed": "failed",
        "any_end": "success",
        "skips": "skipped",
        "deferred": "success",
        "yesterday": "skipped",
        "there": "skipped",
        "itself": "success",
        "marker": "success",
    }
    assert sorted(made.raw_status()["engine"]["workflows"].values()) == ["Failed", "Failed"]


def workflow(**status: Any) -> dict[str, Any]:
    metadata = {
        "name": "w",
        "creationTimestamp": "2024-05-06T03:00:00Z",
        "annotations": {"airflow-argo.io/ids": '{"a-b": "a_b"}'},
    }
    return {"metadata": metadata, "spec": {}, "status": status}


NODES = {
    "w": {"id": "w", "name": "w", "displayName": "w", "type": "DAG", "phase": "Running"},
    "w-1": {"id": "w-1", "name": "w.a-b", "displayName": "a-b", "type": "Pod", "phase": "Succeeded", "boundaryID": "w"},
    "w-2": {"id": "w-2", "name": "w.c", "displayName": "c", "type": "Skipped", "phase": "Omitted", "boundaryID": "w"},
}


@pytest.mark.parametrize(
    "status",
    [{"nodes": NODES}, {"compressedNodes": base64.b64encode(gzip.compress(json.dumps(NODES).encode())).decode()}],
    ids=["plain", "compressed"],
)
def test_a_runs_tasks_are_known_by_their_ids(status: dict[str, Any]) -> None:
    run = Run(workflow(phase="Running", **status))
    assert run.state == "running"
    assert run.id == "manual__2024-05-06T03:00:00+00:00"
    assert list(run.instances()) == [("a_b", -1, "success"), ("c", -1, "upstream_failed")]


def test_the_tasks_of_a_group_have_a_state_before_they_begin() -> None:
    item = workflow(phase="Running", nodes=NODES)
    groups = {"g": [["a_b"], ["h"]], "h": [["later"], []]}
    item["metadata"]["annotations"]["airflow-argo.io/task-groups"] = json.dumps(groups)
    api = SimpleNamespace(listed=lambda _kind, _dag_id: [item])
    asked = SimpleNamespace(dag_id="d", logical_dates=None, run_ids=None, task_ids=None, map_index=None, task_group_id="g")
    found = [(task_id, index, state) for _, task_id, index, state in Runs(api).instances(asked)]  # type: ignore[arg-type]
    assert found == [("a_b", -1, "success"), ("later", -1, None)]
    asked.task_group_id = "unknown"
    with pytest.raises(ApiError, match="no task group 'unknown'"):
        Runs(api).instances(asked)  # type: ignore[arg-type]
    del item["metadata"]["annotations"]["airflow-argo.io/task-groups"]
    with pytest.raises(ApiError, match="translate it again"):
        Runs(api).instances(asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [{"compressedNodes": base64.b64encode(b"zstd").decode()}, {"offloadNodeStatusVersion": "1"}])
def test_nodes_that_nobody_can_read_here_are_an_error(status: dict[str, Any]) -> None:
    with pytest.raises(ApiError):
        nodes_of(workflow(**status))


def test_runs_come_page_by_page_and_by_the_whole_id() -> None:
    class Pages:
        def __init__(self) -> None:
            self.asked: list[Any] = []

        def listed(self, kind: str, dag_id: str) -> Any:
            from airflow_argo.pod.airflow_task.workflows import Api

            self.namespace = "n"
            return Api.listed(self, kind, dag_id)  # type: ignore[arg-type]  # it only sends

        def send(self, method: str, kind: str, *, query: dict[str, str]) -> Any:
            self.asked.append(dict(query))
            other = {**workflow(), "metadata": {**workflow()["metadata"], "annotations": {"airflow-argo.io/dag-id": "a?b"}}}
            return {"items": [workflow(), other], "metadata": {} if "continue" in query else {"continue": "more"}}

    pages = Pages()
    assert len(Runs(pages).of("a b", None, None)) == 2  # type: ignore[arg-type]
    assert [one.get("continue") for one in pages.asked] == [None, "more"]
    assert pages.asked[0]["labelSelector"] == "airflow-argo.io/dag-id=a-b"

"""Sensors that wait for a time: suspended, without a pod."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
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

HEAD = """
from datetime import datetime, timedelta
from airflow.sdk import DAG
from airflow.providers.standard.sensors.date_time import DateTimeSensor
from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor

with DAG("d", schedule=None):
    """


@pytest.fixture
def translated(tmp_path: Path) -> Any:
    def made(body: str) -> Any:
        file = tmp_path / "dag.py"
        file.write_text(HEAD + body + "\n")
        (dag,) = load_dags(file)
        return translate(dag)

    return made


@pytest.mark.parametrize(
    ("body", "state", "seconds"),
    [
        ('DateTimeSensor(task_id="a", target_time="2024-01-01T00:00:00+00:00")', "success", 0),
        ('DateTimeSensor(task_id="a", target_time="{{ ds }}")', "success", 0),
        ('DateTimeSensor(task_id="a", target_time="{{ (logical_date + macros.timedelta(seconds=3)) | ts }}")', "success", 3),
        ('DateTimeSensor(task_id="a", target_time="{{ (logical_date + macros.timedelta(days=9)) | ts }}")', "failed", 0),
        ('TimeDeltaSensor(task_id="a", delta=timedelta(seconds=3))', "success", 3),
        ('TimeDeltaSensor(task_id="a", delta=timedelta(minutes=3), timeout=60)', "failed", 0),
    ],
)
def test_it_waits_until_the_time(translated: Any, tmp_path: Path, body: str, state: str, seconds: int) -> None:
    translation = translated(body)
    assert [one.code for one in translation.diagnostics] == []
    manifest = compile_workflow(translation.required()).manifest()
    assert lint(accept(manifest)) == []
    begun = datetime.now(timezone.utc).replace(microsecond=0)
    parameters = {"logical_date": begun.isoformat()}
    made = LocalRunner(folder=tmp_path / "runs").run(manifest, parameters=parameters, on_progress=lambda _: None)
    assert [step.state for step in made.tree] == [state]
    assert time.time() >= (begun + timedelta(seconds=seconds)).timestamp()
    assert not any(node["type"] == "Pod" for node in made.raw_status()["nodes"].values())


def test_it_waits_no_less_where_argo_comes_by_meanwhile(translated: Any, tmp_path: Path) -> None:
    naps = " >> ".join(
        f'TimeDeltaSensor(task_id="nap_{seconds}", delta=timedelta(seconds={seconds}))' for seconds in (1, 2, 3, 4)
    )
    body = f'TimeDeltaSensor(task_id="a", delta=timedelta(seconds=6)); {naps}'
    manifest = compile_workflow(translated(body).required()).manifest()
    begun = datetime.now(timezone.utc).replace(microsecond=0)
    parameters = {"logical_date": begun.isoformat()}
    made = LocalRunner(folder=tmp_path / "runs").run(manifest, parameters=parameters, on_progress=lambda _: None)
    sensor = next(step for step in made.tree if step.id == "a")
    assert not sensor.children
    assert sensor.finished is not None
    assert sensor.finished >= begun + timedelta(seconds=6)


@pytest.mark.parametrize("more", ["soft_fail=True", "deferrable=True", "execution_timeout=timedelta(1)"])
def test_what_may_end_otherwise_runs_as_itself(translated: Any, more: str) -> None:
    translation = translated(f'TimeDeltaSensor(task_id="a", delta=timedelta(1), {more})')
    assert [one.code for one in translation.diagnostics] == ["AA231"]

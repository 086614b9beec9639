"""The samples in dags/ are run as their readers would: `airflow-argo run FILE`."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from accepted import accept

from airflow_argo import to_manifest

DAGS = Path(__file__).parents[2] / "dags"

ENDS = {
    "etl": {
        "extract": "success",
        "check": "success",
        "choose": "success",
        "load_full": "skipped",
        "load_delta": "success",
        "skip_load": "skipped",
        "report": "success",
    },
    "mapped_files": {"list_files": "success", "count_rows": "success", "total": "success"},
    "nested_groups": {
        "start": "success",
        "build.backend.compile": "success",
        "build.backend.unit_tests": "success",
        "build.frontend.bundle": "success",
        "publish.staging": "success",
        "publish.archive": "success",
        "done": "success",
    },
    "offloaded": {
        "regions": "success",
        "load": "success",
        "worth_a_report": "success",
        "nothing_to_say": "skipped",
        "report.write": "success",
        "report.send": "success",
    },
    "retries": {"flaky": "success", "broken": "failed", "alert": "success", "clean_up": "success"},
    "report_airflow": {
        "cities": "success",
        "measure": "success",
        "summarize": "success",
        "choose": "success",
        "warn": "success",
        "all_well": "skipped",
        "publish": "success",
    },
    "report_dsl": {
        "cities": "success",
        "measure": "success",
        "summarize": "success",
        "warn": "success",
        "all_well": "skipped",
        "publish": "success",
    },
}


def ran(name, tmp_path, *options):
    command = [sys.executable, "-m", "airflow_argo", "run", str(DAGS / f"{name}.py"), "-o", "json", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, env=environment(tmp_path))


def environment(tmp_path):
    import os

    return {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "AIRFLOW_HOME": str(tmp_path / "airflow")}


@pytest.mark.parametrize("name", ENDS)
def test_the_sample_ends_as_its_text_says(name, tmp_path):
    done = ran(name, tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["phase"] == "Succeeded"
    assert {step["id"]: step["state"] for step in report["steps"]} == ENDS[name]


@pytest.mark.slow
def test_the_sensors_wait_and_one_gives_up(tmp_path):
    done = ran("sensors", tmp_path)
    assert done.returncode == 0, done.stderr
    ends = {step["id"]: step["state"] for step in json.loads(done.stdout)["steps"]}
    assert ends == {"file": "success", "condition": "success", "never": "skipped", "work": "success", "after": "success"}


def test_the_game_plays_with_whatever_the_coin_shows(tmp_path):
    done = ran("game_dsl", tmp_path)
    assert done.returncode == 0, done.stderr
    assert [step["state"] for step in json.loads(done.stdout)["steps"]] == ["success"] * 3


def test_the_first_design_runs_with_its_resource_job(tmp_path):
    done = ran("first_design_dsl", tmp_path)
    assert done.returncode == 0, done.stderr
    assert {step["state"] for step in json.loads(done.stdout)["steps"]} == {"success"}


def test_the_rest_of_the_first_design_runs(go):
    made = runpy.run_path(str(DAGS / "first_design_dsl.py"))
    ran = go(made["step1"], made["step2"], made["climb"], made["script"])
    assert ran.phase == "Succeeded"
    shown = sorted(line.text for line in ran.run.logs() if line.text.startswith("twice"))
    assert shown == ["twice 1 is 2", "twice 2 is 4", "twice 3 is 6"]
    assert "the top is at 6" in ran.lines("script")


@pytest.mark.cluster
@pytest.mark.parametrize("path", sorted(DAGS.glob("*_dsl.py")), ids=lambda path: path.stem)
@pytest.mark.parametrize("kind", ["Workflow", "WorkflowTemplate", "CronWorkflow"])
def test_an_api_server_takes_the_samples(path, kind, kubeconfig):
    workflow = runpy.run_path(str(path))["workflow"]
    if kind == "CronWorkflow" and not workflow.schedules:
        return
    assert accept(to_manifest(workflow, kind=kind))["kind"] == kind


def test_every_sample_is_tested():
    tested = {*ENDS, "sensors", "game_dsl", "first_design_dsl"}
    assert {path.stem for path in DAGS.glob("*.py")} == tested

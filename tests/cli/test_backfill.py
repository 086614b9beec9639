"""Backfills: their runs are those of Airflow's own, so many go on at once, and one that broke off goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.cluster.resources import WORKFLOWS, Call
from airflow_argo.diagnostics import ExitCode
from tests.cluster.conftest import admin, api, cluster, controlled, kubeconfig, namespace  # noqa: F401 - fixtures
from tests.cluster.controller import ControllerDouble

DAG = """
import pendulum
from datetime import timedelta
from airflow.sdk import DAG, Asset, CronDataIntervalTimetable, DeltaDataIntervalTimetable, CronTriggerTimetable
from airflow.providers.standard.operators.bash import BashOperator

def dag(dag_id, schedule, past=False, seconds=0):
    with DAG(dag_id, schedule=schedule, start_date=pendulum.datetime(2024, 1, 1), params={"n": 1}):
        BashOperator(
            task_id="a",
            bash_command=f"sleep {seconds}; echo {{{{ data_interval_end }}}} {{{{ run_id }}}} {{{{ params.n }}}}; "
            "test {{ ds }} != 2024-03-28",
            depends_on_past=past,
        )

"""
WORKDAYS = "CronDataIntervalTimetable('0 6 * * 1-5', timezone='Europe/Berlin')"


@pytest.fixture
def write_dag(write: Any) -> Any:
    return lambda schedule=WORKDAYS, **more: write("file.py", f"{DAG}\ndag('days', {schedule}, **{more})")


def range_of(first: str, last: str) -> tuple[str, ...]:
    return "--from-date", first, "--to-date", last


@pytest.mark.parametrize(
    ("schedule", "first", "last"),
    [
        (WORKDAYS, "2024-03-25", "2024-04-04"),
        ("'@daily'", "2024-03-25", "2024-03-28"),
        ("CronTriggerTimetable('30 2 * * *', timezone='Europe/Berlin')", "2024-03-29", "2024-04-02"),
        ("timedelta(hours=7)", "2024-03-25T01:00:00", "2024-03-26T01:00:00"),
        ("DeltaDataIntervalTimetable(timedelta(days=2))", "2024-03-25", "2024-04-01"),
    ],
)
def test_plan_is_airflows(schedule: str, first: str, last: str, cli: Any, write_dag: Any) -> None:
    import pendulum
    from airflow.serialization.serialized_objects import DagSerialization

    from airflow_argo.translator.loading import load_dags, prepare_environment

    prepare_environment()
    path = write_dag(schedule)
    answer = cli("backfill", path, *range_of(first, last), "--dry-run", "-o", "json")
    assert answer.code == ExitCode.OK, answer.err
    dag = DagSerialization.from_dict(DagSerialization.to_dict(load_dags(Path(path))[0]))
    infos = list(dag.iter_dagrun_infos_between(pendulum.parse(first), pendulum.parse(last)))
    assert len(infos) > 2
    assert [(run["run_id"], run["logical_date"], run["data_interval_end"]) for run in answer.json["runs"]] == [
        (f"backfill__{info.run_after.isoformat()}", info.logical_date.isoformat(), info.data_interval.end.isoformat())
        for info in infos
    ]
    backwards = cli("backfill", path, *range_of(first, last), "--dry-run", "-o", "json", "--run-backwards")
    assert backwards.json["runs"] == answer.json["runs"][::-1]


@pytest.mark.parametrize(
    ("schedule", "more", "arguments", "said"),
    [
        ("None", {}, range_of("2024-01-01", "2024-01-02"), "no periods"),
        ("'@once'", {}, range_of("2024-01-01", "2024-01-02"), "no periods"),
        ("[Asset('a')]", {}, range_of("2024-01-01", "2024-01-02"), "no periods"),
        ("'@daily'", {}, range_of("2024-01-03", "2024-01-02"), "after the last"),
        ("'@daily'", {}, range_of("2124-01-03", "2124-01-04"), "yet to come"),
        ("'@yearly'", {}, range_of("2024-01-03", "2024-01-04"), "no run from"),
        ("'@daily'", {}, range_of("yesterday", "2024-01-04"), "no date"),
        ("'@daily'", {"past": True}, (*range_of("2024-01-01", "2024-01-02"), "--run-backwards"), "can't go backwards"),
        ("'@daily'", {}, (*range_of("2024-01-01", "2024-01-02"), "--dag-id", "no"), "there is no DAG 'no'"),
        ("'@daily'", {}, (*range_of("2024-01-01", "2024-01-02"), "--dag-run-conf", "x"), "no JSON"),
        ("'@daily'", {}, (*range_of("2024-01-01", "2024-01-02"), "-p", "m=1"), "no input 'm'"),
    ],
)
def test_what_has_no_runs_is_one_clear_error(
    schedule: str, more: dict[str, Any], arguments: tuple[str, ...], said: str, cli: Any, write_dag: Any
) -> None:
    answer = cli("backfill", write_dag(schedule, **more), *arguments, "--dry-run")
    assert (answer.code, answer.out) == (ExitCode.BAD_INPUT, "")
    assert said in answer.err


@pytest.mark.slow
def test_killed_one_goes_on_here_and_only_failed_ones_run_anew(cli: Any, write_dag: Any, tmp_path: Path) -> None:
    arguments = [
        "backfill",
        str(write_dag(seconds=1)),
        *range_of("2024-03-27", "2024-04-02"),
        "--local",
        "--max-active-runs",
        "2",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "airflow_argo", *arguments], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert process.stderr is not None
    assert b"Submitted" in process.stderr.readline()
    runs = tmp_path / "state/airflow-argo/runs"
    wait_for(lambda: len(list(runs.glob("*/journal.jsonl"))) == 2)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    answer = cli(*arguments, "-o", "json")
    assert answer.code == ExitCode.RUN_FAILED
    assert answer.json["counts"] == {"Succeeded": 3, "Failed": 1}
    assert [run["found"] for run in answer.json["runs"]] == [True, True, False, False]
    again = cli(*arguments, "--rerun-failed", "--dag-run-conf", '{"n": 7}', "-o", "json")
    assert again.code == ExitCode.RUN_FAILED
    assert [run["found"] for run in again.json["runs"]] == [True, False, True, True]
    logs = cli("logs", "days-backfill-20240328-050000", "--local")
    assert logs.out == "a | 2024-03-29 05:00:00+00:00 backfill__2024-03-29T05:00:00+00:00 7\n"


def wait_for(condition: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.cluster
def test_on_a_cluster_so_many_go_on_at_once_and_what_is_there_is_taken_as_it_is(
    cli: Any,
    write_dag: Any,
    kubeconfig: str,  # noqa: F811
    namespace: str,  # noqa: F811
    api: Any,  # noqa: F811
) -> None:
    arguments = ["backfill", write_dag(), *range_of("2024-03-25", "2024-04-02"), "--max-active-runs", "2", "-o", "json"]
    arguments += ["--kubeconfig", kubeconfig, "-n", namespace]
    stopped = cli(*arguments, "--timeout", "1")
    assert stopped.code == ExitCode.TIMEOUT
    there = api.send(Call("list", WORKFLOWS, api.namespace))["items"]
    assert len(there) == 2
    given = {one["name"]: one["value"] for one in there[0]["spec"]["arguments"]["parameters"]}
    assert given["run_id"] == "backfill__2024-03-26T05:00:00+00:00"
    assert (given["data_interval_start"], given["data_interval_end"]) == (
        "2024-03-25T05:00:00+00:00",
        "2024-03-26T05:00:00+00:00",
    )
    with ControllerDouble(api, script=((0.1, "Running"), (0.3, "Succeeded"))):
        answer = cli(*arguments, "--timeout", "120")
    assert answer.code == ExitCode.OK, answer.err
    assert answer.json["counts"] == {"Succeeded": 6}
    assert [run["found"] for run in answer.json["runs"]] == [True, True, False, False, False, False]
    assert most_at_once(answer.err) <= 2
    uids = {one["metadata"]["uid"] for one in api.send(Call("list", WORKFLOWS, api.namespace))["items"]}
    assert cli(*arguments).json["counts"] == {"Succeeded": 6}
    with ControllerDouble(api, script=((0.1, "Failed"),)):
        anew = cli(*arguments, "--reprocess-behavior", "completed", "--timeout", "120")
    assert anew.json["counts"] == {"Failed": 6}
    assert not uids & {one["metadata"]["uid"] for one in api.send(Call("list", WORKFLOWS, api.namespace))["items"]}


def most_at_once(progress: str) -> int:
    """How many runs went on at the same time, by what was told."""
    active: set[str] = set()
    most = 0
    for line in progress.splitlines():
        _, run_id, phase, _ = line.split("  ")[0].split(" ")[:1] + line.split()[1:4]
        active = active - {run_id} if phase in ("Succeeded", "Failed") else active | {run_id}
        most = max(most, len(active))
    return most

"""What users do to the tasks of an offloaded DAG in a real Airflow: clear them, mark them failed, edit the file."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from tests.provider.airflow_processes import AirflowProcesses

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

DAGS = Path(__file__).parent / "again_dags"
OFTEN = {"AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5"}
STEPS = ("before", "second_time", "after", "beside", "each_0", "each_1")


def until(condition, seconds=400):
    """Waits; that Airflow doesn't know a DAG yet is no fault."""
    deadline, last = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        try:
            if value := condition():
                return value
        except (AssertionError, IndexError, OSError) as error:
            last = error
        time.sleep(1)
    raise AssertionError(last)


def test_what_is_cleared_runs_again_and_what_is_marked_failed_stops(
    airflow_home, connection, controller, cluster, marks, tmp_path
):
    environment = {**airflow_home, "AIRFLOW_ARGO_IMAGE": "lab/task:1", "COUNT": marks.command("{}")}
    file = Path(shutil.copy(DAGS / "again.py", tmp_path))

    def workflows(dag_id):
        return list(cluster.list(label_selector=f"airflow-argo.io/dag-id={dag_id}"))

    with AirflowProcesses(environment, tmp_path, {"argo_default": connection}, OFTEN) as airflow:
        api = airflow.api

        def states(dag_id):
            return {one["task_id"]: one["state"] for one in api.instances(dag_id)}

        around = dict.fromkeys(("submit", "before", "beside", "each"), "success")
        until(lambda: states("again") == {**around, "second_time": "failed", "after": "upstream_failed"})

        until(lambda: states("killed")["slow"] in ("running", "deferred") and marks.counts["slow"])
        api.mark("killed", "slow", "failed")
        until(lambda: workflows("killed")[0].manifest["spec"].get("shutdown") == "Stop")
        assert marks.counts["never"] == 0

        run_id = api.run_ids("again")[0]
        api.clear("again", run_id, "second_time", downstream=True)
        until(lambda: states("again") == {**around, "second_time": "success", "after": "success"})
        once = dict.fromkeys(STEPS, 1)
        assert {step: marks.counts[step] for step in STEPS} == {**once, "second_time": 2}
        assert len(workflows("again")) == 1

        for cleared, step in (("beside", "beside"), (("each", 1), "each_1")):
            api.clear("again", run_id, cleared)
            until(lambda step=step: marks.counts[step] == 2 and set(states("again").values()) == {"success"})
        assert {step: marks.counts[step] for step in STEPS} == {**once, "second_time": 2, "beside": 2, "each_1": 2}
        assert len(workflows("again")) == 1

        until(lambda: states("edited")["follows"] == "upstream_failed")
        file.write_text(file.read_text().replace('counting("wrong", "false")', 'counting("wrong", "echo mended")'))
        run_id = api.run_ids("edited")[0]
        api.clear("edited", run_id, "wrong", downstream=True)
        until(lambda: set(states("edited").values()) == {"success"})
        assert api.xcom("edited", run_id, "follows") == 1
        assert {step: marks.counts[step] for step in ("given", "wrong", "follows")} == {"given": 1, "wrong": 2, "follows": 1}
        assert len(workflows("edited")) == 1

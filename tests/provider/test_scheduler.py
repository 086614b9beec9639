"""A real Airflow runs a DAG by its schedule, while its processes are killed."""

import time
from pathlib import Path

import pytest

from tests.cluster.controller import set_status
from tests.provider.airflow_processes import AirflowProcesses

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def workflows(cluster):
    found = {}
    for one in cluster.list():
        found.setdefault(one.manifest["metadata"]["labels"]["airflow-argo.io/task-id"], []).append(one)
    return found


def wait_for(condition, seconds=200):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    return value


def test_states_come_from_the_workflows_though_processes_are_killed(airflow_home, connection, cluster, api):
    dags = Path(__file__).parent / "scheduled_dags"
    with AirflowProcesses(airflow_home, dags, {"argo_default": connection}) as airflow:
        waiting = {"deferred": "deferred", "fails": "deferred", "killed": "deferred", "watched": "deferred"}
        airflow.until({**waiting, "poking": "running", "killed_poking": "running"})
        made = wait_for(lambda: len(found := workflows(cluster)) == 5 and found)
        airflow.api.mark("durable", "killed", "failed")
        airflow.api.mark("durable", "killed_poking", "failed")
        wait_for(
            lambda: all(workflows(cluster)[task][0].manifest["spec"].get("shutdown") for task in ("killed", "killed_poking"))
        )

        airflow.kill("triggerer")
        airflow.kill("scheduler")  # and with it the workers
        set_status(api, made["fails"][0].name, "Failed", message="as it should")
        airflow.start("triggerer")
        airflow.start("scheduler")
        airflow.until({"fails": "failed", "looked": "skipped"})
        wait_for(lambda: airflow.tries()["poking"] == 2 and airflow.states()["poking"] == "running", 400)

        outputs = {"parameters": [{"name": "x", "value": "5"}]}
        for task in ("deferred", "poking"):
            set_status(api, made[task][0].name, "Succeeded", outputs=outputs)
        airflow.until({"deferred": "success", "poking": "success", "watched": "success", "killed": "failed"})
        assert {task: len(found) for task, found in workflows(cluster).items()} == dict.fromkeys(made, 1)

        assert made["poking"][0].name in airflow.api.page("durable")

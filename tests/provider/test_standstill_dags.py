"""Workflows that stand still are told of in the logs that Airflow shows of the tasks that wait, wherever they wait."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cluster.conftest import NO_OP, kubelet  # noqa: F401 - a fixture
from tests.cluster.controller import set_status
from tests.cluster.stuck import stand_still
from tests.provider.airflow_processes import AirflowProcesses, migrated
from tests.provider.made import made_by_airflow

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

DAGS = Path(__file__).parent / "standstill_dags"
TASKS = ("worker", "triggerer", "poke", "reschedule", "deferrable")
SOON = """
from airflow_argo.cluster import standing_still
standing_still.QUIET = 5.0
"""


def until(seconds, look):
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "not in time"
        time.sleep(1)
    return found


def test_the_logs_of_tasks_tell_it(tmp_path, connection, cluster, api, kubelet):  # noqa: F811 - a fixture
    stuck = cluster.submit(NO_OP, labels={"batch": "still"}).name
    stand_still(api, kubelet, stuck, "unseen")
    airflow = AirflowProcesses(migrated(tmp_path), DAGS, {"argo_default": connection}, {"AIRFLOW__CORE__PARALLELISM": "8"})
    settings = airflow.home / "config" / "airflow_local_settings.py"
    settings.write_text(settings.read_text() + SOON)
    with airflow:
        made = until(240, lambda: len(found := list(made_by_airflow(cluster))) == 2 and found)
        names = dict.fromkeys(TASKS, stuck)
        for one in made:
            names[one.manifest["metadata"]["labels"]["airflow-argo.io/task-id"]] = one.name
            stand_still(api, kubelet, one.name, "unseen")
        [run] = airflow.api.run_ids("still")

        def silent():
            left = set(TASKS)
            for task in TASKS:
                with suppress(OSError, AssertionError):  # there is no log yet
                    if f"Workflow {names[task]}: [step unseen] its pod has ended" in airflow.api.log("still", run, task):
                        left.discard(task)
            return left

        until(180, lambda: not silent())
        for name in {*names.values()}:
            set_status(api, name, "Succeeded", nodes={}, finishedAt="2026-01-01T00:00:00Z")
        airflow.until(dict.fromkeys(TASKS, "success"))

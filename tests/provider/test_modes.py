"""DAGs run by a real scheduler, on each database: green, red and skipped as their workflows are, in all ways to wait."""

import time
from collections import Counter
from pathlib import Path

import pytest

from tests.provider.airflow_processes import AirflowProcesses
from tests.provider.made import made_by_airflow

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

DAGS = Path(__file__).parent / "mode_dags"
SUBMITS = {
    "poking_green": "success",
    "poking_red": "failed",
    "deferred_green": "success",
    "deferred_red": "failed",
    "resubmitted": "success",
    "retried": "success",
    "before": "failed",
    "after_red": "upstream_failed",
}
WAITS = {
    f"{mode}_{name}": state
    for mode in ("poke", "reschedule", "deferrable")
    for name, state in (("green", "success"), ("red", "failed"), ("skipped", "skipped"))
}


def made(cluster):
    """Task id → how many workflows it has made."""
    return Counter(one.manifest["metadata"]["labels"]["airflow-argo.io/task-id"] for one in made_by_airflow(cluster))


def test_tasks_end_as_their_workflows_do(fresh_home, connection, cluster, controller, marks):
    for one in made_by_airflow(cluster):  # of the other database
        cluster.delete(one.name)
    more = {
        "FAILS_ONCE": f"[ $({marks.command('retried')}) -gt 1 ]",
        "AIRFLOW__CORE__PARALLELISM": "16",
        "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "6",
        "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
    }
    with AirflowProcesses(fresh_home, DAGS, {"argo_default": connection}, more) as airflow:
        airflow.until({**SUBMITS, **WAITS})
        airflow.until_run_is("failed", "submits", "waits")
        [run] = airflow.api.run_ids("submits")
        assert made(cluster) == {**dict.fromkeys(SUBMITS.keys() - {"after_red"}, 1), "resubmitted": 2}
        assert {task: airflow.api.xcom("submits", run, task) for task in SUBMITS} == {
            task: {"n": 7} if state == "success" else None for task, state in SUBMITS.items()
        }
        assert airflow.tries()["retried"] == 2

        airflow.start("triggerer", "another triggerer")  # the waits of one that dies move to another
        for task in ("deferred_green", "deferred_red", "retried"):
            airflow.api.clear("submits", run, task)
        time.sleep(2)
        airflow.kill("triggerer")
        airflow.until({"deferred_green": "success", "deferred_red": "failed", "retried": "success"})
        wanted = {"deferred_green": 2, "deferred_red": 2, "retried": 2, "resubmitted": 2}
        assert made(cluster) == {**dict.fromkeys(SUBMITS.keys() - {"after_red"}, 1), **wanted}
        assert airflow.api.xcom("submits", run, "deferred_green") == {"n": 7}

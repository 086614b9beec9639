"""Runs without a logical date, as assets make them in Airflow 3: offloaded tasks see what Airflow's see."""

import pytest

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def test_offloaded_tasks_of_a_run_without_a_date_end_as_airflows(run_dag, controller):
    theirs, ours = (run_dag(f"undated:{name}", dated=False) for name in ("undated", "undated_offloaded"))
    ends = {"day": "failed", "told": "success", "given": "success", "required": "failed", "asked": "success"}
    assert theirs["tasks"] == {**ends, "alone": "success"}
    assert theirs["xcoms"]["alone"]["return_value"] == [None, None, False]  # `@task.argo`
    assert ours["tasks"] == {**ends, "submit": "success"}, ours["log"][-5000:]
    assert theirs["xcoms"]["told"]["return_value"] == "[] True"
    for name in ("told", "given", "asked"):
        assert ours["xcoms"][name]["return_value"] == theirs["xcoms"][name]["return_value"]

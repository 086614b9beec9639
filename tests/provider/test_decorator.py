"""`@task.argo`."""

import pytest

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def test_a_function_runs_in_a_pod_with_the_arguments_that_airflow_gives_it(run_dag, controller):
    done = run_dag("decorated")
    assert set(done["tasks"].values()) == {"success"}, done["log"][-5000:]
    scaled = done["xcoms"]["scaled"]["return_value"]
    assert scaled["values"] == [3, 6, "{{ ds }} {{=1+1}}" * 3]  # data is never code
    assert len(scaled["ds"]) == len("2026-01-01")
    assert done["xcoms"]["split"]["first"] == 1
    assert done["xcoms"]["split"]["rest"] == [2, "{{ ds }} {{=1+1}}"]

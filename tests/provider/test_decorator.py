"""`@task.argo`."""

import pytest

from tests.provider.airflow_processes import IS_OTHER_AIRFLOW

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def test_a_function_runs_in_a_pod_with_the_arguments_that_airflow_gives_it(
    run_dag, controller, cluster, airflow_home, image_with_airflow, monkeypatch
):
    monkeypatch.setitem(airflow_home, "IMAGE_WITH_AIRFLOW", image_with_airflow)
    done = run_dag("decorated", timeout=600)
    ended = {task: state for task, state in done["tasks"].items() if state != "success"}
    failed = dict.fromkeys(("tries", "pulls", "since"), "failed")
    assert ended == {"skips": "skipped", "after_skip": "skipped", **failed}, done["log"][-5000:]
    scaled = done["xcoms"]["scaled"]["return_value"]
    assert scaled["values"] == [3, 6, "{{ ds }} {{=1+1}}" * 3]  # data is never code
    assert len(scaled["ds"]) == len("2026-01-01")
    assert done["xcoms"]["split"]["first"] == 1
    assert done["xcoms"]["split"]["rest"] == [2, "{{ ds }} {{=1+1}}"]
    total = done["xcoms"]["total"]["return_value"]  # of what all instances of a mapped task gave
    assert (total[0], total[2]) == (14, [8])
    if not IS_OTHER_AIRFLOW:  # functions of Airflow 2 get a list
        assert (total[1], total[3]) == ("LazyXComSequence(<unevaluated length>)", False)
    assert "return_value" not in done["xcoms"]["nothing"]
    instance = done["xcoms"]["instance"]  # one of them; the XComs of a try that failed are gone with the next
    assert instance["try 2"] in (["a", 0, "2"], ["b", 1, "2"])
    assert instance["return_value"] == 1
    assert done["xcoms"]["current"]["return_value"] == "current"
    assert done["xcoms"]["current"]["day"] == scaled["ds"]
    said = done["log"].count("the function of task 'since' takes prev_end_date_success of the context, which its pod")
    assert said == 1 or (said and IS_OTHER_AIRFLOW)  # Airflow 2 shows an error several times
    assert done["xcoms"]["since_given"]["return_value"] == "None"
    made = [one.name for one in cluster.list(label_selector="airflow-argo.io/task-id=tries")]
    assert len(made) == 2  # the second raises AirflowFailException, so there is no third
    assert f"workflow '{made[-1]}' is Failed: tries: " in done["log"]
    assert "as a duration" not in done["log"]  # how the compiler lets a verdict fail

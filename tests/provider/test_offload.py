"""Whole DAGs and task groups as one workflow: the same states and values as Airflow gives by itself."""

import pytest

from tests.provider.made import made_by_airflow

pytestmark = pytest.mark.cluster

STATES = {
    "number": "success",
    "choose": "success",
    "left": "success",
    "right": "skipped",
    "join": "success",
    "more.say": "success",
    "more.fails": "failed",
    "more.after": "upstream_failed",
    "more.rescue": "success",
    "other": "success",
    "double": "success",
}


@pytest.mark.slow
def test_each_step_is_shown_as_airflow_itself_would_end_it(run_dag, controller, cluster):
    theirs = run_dag("offloaded:plain")
    ours = run_dag("offloaded:shown")
    assert theirs["tasks"] == STATES
    assert ours["tasks"] == {**STATES, "submit": "success"}, ours["log"][-5000:]
    assert ours["state"] == theirs["state"]
    returned = {
        task: keys["return_value"] for task, keys in theirs["xcoms"].items() if "return_value" in keys and task != "choose"
    }
    for task, value in returned.items():
        assert ours["xcoms"][task]["return_value"] == value
    assert len(made_by_airflow(cluster)) == 1


@pytest.mark.slow
def test_one_task_can_stand_for_all(run_dag, controller):
    done = run_dag("offloaded:single")
    assert done["tasks"] == {"submit": "failed"}
    assert done["xcoms"]["submit"]["task_states"]["more.rescue"] == "success"


@pytest.mark.slow
def test_a_group_among_other_tasks(run_dag, controller):
    done = run_dag("offloaded:grouped")
    assert set(done["tasks"].values()) == {"success"}, done["log"][-5000:]
    assert done["xcoms"]["report"]["return_value"] == 3


@pytest.mark.slow
def test_a_workflow_that_takes_too_long_is_stopped(run_dag, controller, cluster):
    done = run_dag("offloaded:late")
    assert done["tasks"] == {"submit": "success", "slow": "failed"}
    said = "is not over after the 20 s that this may take; offload with a longer timeout"
    assert said in " ".join(done["log"].split()), done["log"][-5000:]  # some of Airflow's versions break its lines
    assert cluster.get(done["xcoms"]["submit"]["workflow_name"]).manifest["spec"]["shutdown"] == "Stop"

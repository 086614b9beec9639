"""All that the operator submits, and what it says of what it can't."""

import pytest

from airflow_argo.cluster.resources import CONFIG_MAPS, Call
from tests.provider.made import made_by_airflow
from tests.provider.test_submit import TEMPLATE

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@pytest.fixture
def owner(api):
    """The uid of an object that a workflow may belong to: Kubernetes deletes what belongs to nothing."""
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner"}}
    yield api.send(Call("create", CONFIG_MAPS, api.namespace), made)["metadata"]["uid"]
    api.send(Call("delete", CONFIG_MAPS, api.namespace, "owner"))


def test_all_sources(run_dag, cluster, controller, airflow_home, owner, monkeypatch):
    monkeypatch.setitem(airflow_home, "OWNER_UID", owner)
    monkeypatch.setitem(airflow_home, "AIRFLOW_ARGO_IMAGE", "lab/task:1")
    spec = TEMPLATE["spec"]
    cron = {"schedules": ["0 0 1 1 *"], "suspend": True, "workflowSpec": spec}
    cluster.apply({**TEMPLATE, "kind": "CronWorkflow", "metadata": {"name": "nightly"}, "spec": cron})
    done = run_dag("submit:sources")
    failed = {"no_such_input", "no_template", "no_yaml", "no_dag", "twice"}
    assert {task for task, state in done["tasks"].items() if state != "success"} == failed, done["log"][-6000:]
    values = {task: keys.get("return_value") for task, keys in done["xcoms"].items()}
    assert values["native"] == {"o": "3"}  # by output_format="text"
    assert values["cron"] == {"greeting": "now!"}
    assert values["dag_in_file"] == values["dag_by_id"] == {"one": 1, "more": 2}
    assert values["text"] == {"o": "text"}

    for said in (
        "the workflow has no input 'world'",
        "nowhere",
        "task 'twice' doesn't say what to submit, or says it twice",
    ):
        assert said in done["log"]
    for noise in ("XCom not found", "direct cause"):
        assert noise not in done["log"]

    found = {}
    for one in made_by_airflow(cluster):
        found.setdefault(one.manifest["metadata"]["labels"]["airflow-argo.io/task-id"], []).append(one.manifest["metadata"])
    assert len(found["mapped"]) == 2
    assert {meta["labels"]["airflow-argo.io/map-index"] for meta in found["mapped"]} == {"0", "1"}
    assert "dag_by_id" not in found
    (native,) = found["native"]
    assert native["labels"]["team"] == "x"
    assert native["annotations"]["note"].startswith("of 20")
    assert native["ownerReferences"][0]["name"] == "owner"

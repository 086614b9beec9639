"""The operator in a real Airflow, by `dag.test()`, in all ways to wait."""

import json

import pytest

from airflow_argo.cluster.manifests import KEY_ANNOTATION
from tests.provider.airflow_processes import IS_OTHER_AIRFLOW
from tests.provider.made import made_by_airflow

pytestmark = pytest.mark.cluster

TEMPLATE = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "WorkflowTemplate",
    "metadata": {"name": "greet"},
    "spec": {
        "entrypoint": "main",
        "arguments": {"parameters": [{"name": "word"}]},
        "templates": [
            {
                "name": "main",
                "container": {
                    "image": "lab/task:1",
                    "command": ["sh", "-c", "printf '%s!' {{workflow.parameters.word}} > /tmp/o"],
                },
                "outputs": {"parameters": [{"name": "o", "globalName": "greeting", "valueFrom": {"path": "/tmp/o"}}]},
            }
        ],
    },
}


@pytest.fixture
def submitted(cluster, controller, run_dag):
    cluster.apply(TEMPLATE)
    return run_dag("submit")


def test_a_run_ends_as_its_workflows_do(submitted, cluster, secrets):
    assert submitted["tasks"] == {
        "poke": "success",
        "deferred": "success",
        "fails": "failed",
        "fails_poking": "failed",
        "too_slow": "failed",
        "no_wait": "success",
        "from_template": "success",
        "ours": "success",
        "nothing": "failed",
    }, submitted["log"][-6000:]
    values = {task: keys.get("return_value") for task, keys in submitted["xcoms"].items()}
    day = values["poke"]["said"].split()[-1]
    assert len(day) == len("2026-01-01")
    assert values["poke"] == {"said": f"hello {day}", "list": [1, 2]}
    assert values["deferred"]["said"] == f"7 {day}"
    assert values["from_template"] == {"greeting": "x!"}
    assert values["ours"] == {"n": 3, "text": "4"}
    assert "doesn't say what to submit" in submitted["log"]

    assert secrets
    log = [line for line in submitted["log"].splitlines() if "MaskSecret(" not in line]  # what Airflow 3.0 itself writes
    seen = json.dumps([{**submitted, "log": log}, [one.manifest for one in made_by_airflow(cluster)]])
    assert not [secret for secret in secrets if secret in seen]
    assert submitted["rendered"]

    found = {one.manifest["metadata"]["labels"]["airflow-argo.io/task-id"]: one for one in made_by_airflow(cluster)}
    assert len(made_by_airflow(cluster)) == len(found) == 8  # one each, none for the task that submits nothing
    poke = found["poke"]
    assert submitted["xcoms"]["poke"]["workflow_name"] == poke.name
    assert submitted["xcoms"]["poke"]["workflow_url"].startswith("https://argo.example.com/workflows/")
    if not IS_OTHER_AIRFLOW:  # Airflow 2 asks for links when they are shown
        assert submitted["xcoms"]["poke"]["_link_ArgoWorkflowLink"] == submitted["xcoms"]["poke"]["workflow_url"]
    assert poke.manifest["metadata"]["annotations"]["airflow-argo.io/run-id"] == submitted["run_id"]
    assert poke.manifest["metadata"]["annotations"][KEY_ANNOTATION].startswith("airflow:")
    assert found["too_slow"].manifest["spec"]["shutdown"] == "Stop"

from __future__ import annotations

from airflow_argo.cluster.resubmit import formulate_resubmit

EARLIER = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Workflow",
    "metadata": {
        "name": "w-1",
        "namespace": "ns",
        "uid": "u",
        "resourceVersion": "9",
        "labels": {"mine": "x", "workflows.argoproj.io/phase": "Failed", "workflows.argoproj.io/completed": "true"},
        "annotations": {"note": "n", "airflow-argo.io/submission-key": "k", "workflows.argoproj.io/pod-name-format": "v2"},
        "ownerReferences": [{"kind": "CronWorkflow", "name": "c"}],
    },
    "spec": {"entrypoint": "m", "shutdown": "Stop", "arguments": {"parameters": [{"name": "a", "value": "1"}]}},
    "status": {"phase": "Failed"},
}


def test_what_is_carried_over():
    new = formulate_resubmit(EARLIER)
    assert new == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {
            "generateName": "w-1-",
            "labels": {"mine": "x", "workflows.argoproj.io/resubmitted-from-workflow": "w-1"},
            "annotations": {"note": "n", "workflows.argoproj.io/pod-name-format": "v2"},
            "ownerReferences": [{"kind": "CronWorkflow", "name": "c"}],
        },
        "spec": {"entrypoint": "m", "arguments": {"parameters": [{"name": "a", "value": "1"}]}},
    }


def test_a_generated_name_is_generated_again():
    meta = {**EARLIER["metadata"], "generateName": "w-"}
    assert formulate_resubmit({**EARLIER, "metadata": meta})["metadata"]["generateName"] == "w-"


def test_parameters_are_changed_in_the_new_one_only():
    new = formulate_resubmit(EARLIER, {"a": [2]})
    assert new["spec"]["arguments"]["parameters"] == [{"name": "a", "value": "[2]"}]
    assert EARLIER["spec"]["arguments"]["parameters"] == [{"name": "a", "value": "1"}]

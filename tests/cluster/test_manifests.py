"""What is put into a manifest before it is sent, and what is compared when a name is taken."""

from __future__ import annotations

import copy
import re

import pytest

from airflow_argo.cluster.errors import Place, TooLargeError
from airflow_argo.cluster.manifests import (
    bundle,
    check_size,
    content_key,
    from_cron_workflow,
    from_template,
    generated,
    key_of,
    marked,
    override_parameters,
    prepared,
    random_suffix,
    replacement,
    suffix_of,
)
from airflow_argo.diagnostics import InputError

PLACE = Place("https://server", "ns")
WORKFLOW = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "w"}, "spec": {"entrypoint": "m"}}


def document(kind, name="x", **rest):
    return {"kind": kind, "metadata": {"name": name}, **rest}


def test_what_goes_first_keeps_its_order():
    template, config = document("WorkflowTemplate"), document("ConfigMap")
    found = bundle([config, WORKFLOW, template, None], "ns")
    assert found.workflow == WORKFLOW
    assert [manifest["kind"] for _, manifest in found.first] == ["ConfigMap", "WorkflowTemplate"]


def test_a_list_counts_as_its_items():
    assert bundle({"kind": "List", "items": [document("ConfigMap"), WORKFLOW]}, "ns").workflow == WORKFLOW


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ([WORKFLOW, document("Workflow", "two")], "two Workflows, and Workflow 'two' is the second"),
        ([document("Secret")], "Secret 'x' can't be submitted"),
        ([{"metadata": {"name": "x"}}], "a document without kind 'x'"),
        (["text"], "a document of the manifest is str"),
        (
            {**WORKFLOW, "metadata": {"name": "w", "namespace": "other"}},
            "for namespace 'other', not 'ns'; submit it there (--namespace",
        ),
        ({**WORKFLOW, "metadata": "w"}, "Workflow '': metadata is str, not a mapping"),
        ({**WORKFLOW, "spec": []}, "Workflow 'w': spec is list, not a mapping"),
        ({**WORKFLOW, "spec": {"arguments": {"parameters": {"a": 1}}}}, "spec.arguments.parameters is dict, not a list"),
        ({**WORKFLOW, "spec": {"arguments": {"parameters": [{"value": 1}]}}}, "spec.arguments.parameters[0] has no name"),
        ({"kind": "List", "items": "x"}, "a document of the manifest is str"),
    ],
)
def test_what_can_not_be_submitted(manifest, message):
    with pytest.raises(InputError, match=re.escape(message)):
        bundle(manifest, "ns")


def test_what_the_caller_says_takes_the_place():
    given = copy.deepcopy(WORKFLOW) | {"metadata": {"name": "w", "labels": {"a": "1", "b": "2"}}}
    untouched = copy.deepcopy(given)
    result = prepared(given, generate_name="g-", parameters={"p": "v"}, labels={"b": "3"}, annotations={"n": "x"})
    assert result["metadata"] == {"generateName": "g-", "labels": {"a": "1", "b": "3"}, "annotations": {"n": "x"}}
    assert result["spec"]["arguments"] == {"parameters": [{"name": "p", "value": "v"}]}
    assert given == untouched


def test_a_workflow_without_a_name():
    with pytest.raises(InputError, match="has no name"):
        prepared({**WORKFLOW, "metadata": {}})


def test_a_workflow_without_a_spec():
    with pytest.raises(InputError, match="Workflow 'w' has no spec"):
        prepared({"kind": "Workflow", "metadata": {"name": "w"}}, parameters={"a": 1})


def test_labels_become_text():
    meta = prepared(WORKFLOW, labels={"a": 1, "b": "x"}, annotations={"c": True})["metadata"]
    assert (meta["labels"], meta["annotations"]) == ({"a": "1", "b": "x"}, {"c": "true"})


def test_parameters_stay_where_they_are_and_become_text():
    spec = {"arguments": {"parameters": [{"name": "a", "value": "1"}, {"name": "b", "valueFrom": {}}], "artifacts": ["x"]}}
    override_parameters(spec, {"b": {"k": [1, True]}, "c": 2.5})
    assert spec["arguments"] == {
        "parameters": [{"name": "a", "value": "1"}, {"name": "b", "value": '{"k": [1, true]}'}, {"name": "c", "value": "2.5"}],
        "artifacts": ["x"],
    }


def test_the_key_of_content_depends_on_what_is_said_and_on_nothing_else():
    same = {**WORKFLOW, "metadata": {"name": "other", "resourceVersion": "1", "annotations": {}}}
    assert content_key(WORKFLOW) == content_key(same)
    for other in (
        {**WORKFLOW, "spec": {"entrypoint": "n"}},
        {**WORKFLOW, "metadata": {"name": "w", "labels": {"a": "b"}}},
        {**WORKFLOW, "metadata": {"name": "w", "annotations": {"a": "b"}}},
    ):
        assert content_key(other) != content_key(WORKFLOW)
    later = {"annotations": {"workflows.argoproj.io/scheduled-time": "2026-01-01T00:00:00Z"}}
    assert content_key({**WORKFLOW, "metadata": later}) == content_key(WORKFLOW)


def test_a_mark_can_be_read_again():
    assert key_of(marked(WORKFLOW, "k")) == "k"
    assert key_of(WORKFLOW) is None


def test_generated_names_are_names():
    assert re.fullmatch(r"g-[b-z2-9]{5}", generated({"metadata": {"generateName": "g-"}}, random_suffix())["metadata"]["name"])
    long = generated({"metadata": {"generateName": "x" * 80}}, suffix_of("k"))["metadata"]["name"]
    assert len(long) == 63


def test_a_key_always_gives_the_same_end():
    assert suffix_of("dag run 1") == "2tn9x64j4b"
    assert len({suffix_of(f"run {number}") for number in range(1000)}) == 1000


def test_sizes_are_checked():
    large = {**WORKFLOW, "spec": {"x": "<" * 200_000}}
    with pytest.raises(TooLargeError, match=r"Workflow 'w' has 1,200,\d\d\d bytes"):
        check_size(PLACE, large)
    check_size(PLACE, {**large, "kind": "WorkflowTemplate"})
    with pytest.raises(TooLargeError, match="limit is 1,572,864"):
        check_size(PLACE, {**large, "kind": "WorkflowTemplate", "spec": {"x": "y" * 1_600_000}})


def existing(**rest):
    meta = {"name": "x", "namespace": "ns", "uid": "u", "resourceVersion": "7", "finalizers": ["f"], "labels": {"a": "1"}}
    return {"kind": "CronWorkflow", "metadata": meta, "spec": {"suspend": False}, "status": {"active": []}, **rest}


def test_what_says_the_same_is_not_written():
    wanted = {"kind": "CronWorkflow", "metadata": {"name": "x", "labels": {"a": "1"}}, "spec": {"suspend": False}}
    assert replacement(wanted, existing()) is None


@pytest.mark.parametrize(
    "change",
    [
        {"spec": {"suspend": True}},
        {"metadata": {"name": "x", "labels": {"a": "2"}}},
        {"metadata": {"name": "x"}},
        {"metadata": {"name": "x", "labels": {"a": "1"}, "annotations": {"n": "1"}}},
    ],
)
def test_a_replacement_keeps_what_the_cluster_has_added(change):
    wanted = {"kind": "CronWorkflow", "metadata": {"name": "x", "labels": {"a": "1"}}, "spec": {"suspend": False}} | change
    result = replacement(wanted, existing())
    assert result["spec"] == wanted["spec"]
    assert result["status"] == {"active": []}
    assert result["metadata"] == {"finalizers": ["f"], "resourceVersion": "7", **wanted["metadata"]}


def test_data_that_is_no_longer_wanted_goes():
    stored = {
        "kind": "ConfigMap",
        "metadata": {"name": "x", "resourceVersion": "1"},
        "data": {"a": "1"},
        "binaryData": {"b": ""},
    }
    wanted = {"kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "1"}}
    assert "binaryData" not in replacement(wanted, stored)


def test_from_a_workflow_template():
    label = "workflows.argoproj.io/controller-instanceid"
    template = {"kind": "WorkflowTemplate", "metadata": {"name": "t", "labels": {label: "i", "other": "x"}}}
    workflow = from_template(template)
    assert workflow["metadata"] == {
        "generateName": "t-",
        "labels": {"workflows.argoproj.io/workflow-template": "t", label: "i"},
    }
    assert workflow["spec"] == {"workflowTemplateRef": {"name": "t"}}


def test_from_a_cluster_workflow_template():
    workflow = from_template({"kind": "ClusterWorkflowTemplate", "metadata": {"name": "t"}})
    assert workflow["metadata"]["labels"] == {"workflows.argoproj.io/cluster-workflow-template": "t"}
    assert workflow["spec"] == {"workflowTemplateRef": {"name": "t", "clusterScope": True}}


def test_from_a_cron_workflow():
    cron = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": {"name": "c", "uid": "u"},
        "spec": {
            "schedules": ["* * * * *"],
            "workflowSpec": {"entrypoint": "m"},
            "workflowMetadata": {"labels": {"l": "1"}, "annotations": {"n": "2"}, "finalizers": ["f"]},
        },
    }
    workflow = from_cron_workflow(cron, "2026-01-02T03:04:05Z")
    assert workflow["spec"] == {"entrypoint": "m"}
    meta = workflow["metadata"]
    assert meta["generateName"] == "c-"
    assert meta["labels"] == {"workflows.argoproj.io/cron-workflow": "c", "l": "1"}
    assert meta["annotations"] == {"workflows.argoproj.io/scheduled-time": "2026-01-02T03:04:05Z", "n": "2"}
    assert meta["finalizers"] == ["f"]
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "name": "c", "uid": "u"}
    assert meta["ownerReferences"] == [owner | {"controller": True, "blockOwnerDeletion": True}]

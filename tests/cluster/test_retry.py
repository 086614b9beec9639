"""Which nodes a restart forgets, runs again and keeps, on workflows that a controller left failed."""

from __future__ import annotations

import copy
from datetime import datetime, timezone
from pathlib import Path

import pytest
import yaml

from airflow_argo.cluster.errors import NodesUnreadableError, WrongPhaseError
from airflow_argo.cluster.node_selector import parse_node_selector
from airflow_argo.cluster.retry import formulate_retry

from .retry_scenarios import SCENARIOS

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
RECORDED = yaml.safe_load(Path(__file__).with_name("failed_workflows.yaml").read_text())


def workflow(nodes, phase="Failed", **spec):
    """A workflow `@` from name → [type, phase, children]; a node's id is `id of ` its name."""
    status = {
        f"id of {name}": {
            "id": f"id of {name}",
            "name": name,
            "displayName": name.rpartition(".")[2],
            "type": kind,
            "phase": node_phase,
            "message": "why",
            "startedAt": "2025-01-01T00:00:00Z",
            "finishedAt": "2025-01-01T00:00:01Z",
            "children": [f"id of {child}" for child in children],
        }
        for name, (kind, node_phase, children) in nodes.items()
    }
    return {
        "metadata": {"name": "@", "uid": "u", "resourceVersion": "1"},
        "spec": {"entrypoint": "main", **spec},
        "status": {"phase": phase, "nodes": status, "finishedAt": "2025-01-01T00:00:02Z", "message": "why"},
    }


def restarted(nodes, phase="Failed", **options):
    if selector := options.get("restart_successful"):
        options["restart_successful"] = parse_node_selector(selector)
    given = workflow(nodes, phase)
    untouched = copy.deepcopy(given)
    result = formulate_retry(given, NOW, **options)
    assert given == untouched
    return result


def shape(restart):
    nodes = restart.workflow["status"]["nodes"]
    return {node["name"]: [node["phase"], [nodes[child]["name"] for child in node["children"]]] for node in nodes.values()}


def test_every_scenario_is_recorded():
    assert set(RECORDED) == set(SCENARIOS)


@pytest.mark.parametrize("name", RECORDED)
def test_a_failed_workflow_is_restarted(name):
    failed = RECORDED[name]["failed"]
    restart = restarted(failed, phase="Error" if failed["@"][1] == "Error" else "Failed", **SCENARIOS[name].retry)
    assert shape(restart) == RECORDED[name]["restarted"]


@pytest.mark.parametrize("name", RECORDED)
def test_what_is_running_again_encloses_what_is_gone_and_nothing_is_left_half(name):
    failed = RECORDED[name]["failed"]
    restart = restarted(failed, phase="Failed", **SCENARIOS[name].retry)
    kept = shape(restart)
    for node in set(failed) - set(kept):
        outer = [name for name in kept if node.startswith(name) and node[len(name)] in ".[(" and failed[name][0] != "Pod"]
        assert ".onExit" in node or all(kept[name][0] == "Running" for name in outer)
    pods = {f"id of {node}" for node in set(failed) - set(kept) if failed[node][0] == "Pod"}
    assert restart.pods == pods


def test_what_a_failed_task_left_behind_is_reset():
    node = restarted(RECORDED["chain"]["failed"]).workflow["status"]["nodes"]["id of @"]
    assert (node["phase"], node["message"], node["startedAt"], node["finishedAt"]) == (
        "Running",
        "",
        "2026-01-02T03:04:05Z",
        None,
    )


def test_the_workflow_is_as_if_it_had_not_ended():
    given = workflow(RECORDED["chain"]["failed"], shutdown="Stop", activeDeadlineSeconds=0, suspend=False)
    label = "workflows.argoproj.io/"
    given["metadata"]["labels"] = {f"{label}completed": "true", f"{label}phase": "Failed", "mine": "x"}
    given["status"] |= {
        "conditions": [{"type": "PodRunning", "status": "False"}, {"type": "Completed", "status": "True"}],
        "persistentVolumeClaims": [{"name": "work"}],
        "storedWorkflowTemplateSpec": {"shutdown": "Stop", "templates": []},
    }
    result = formulate_retry(given, NOW).workflow
    assert result["metadata"]["labels"] == {"mine": "x"}
    assert result["spec"] == {"entrypoint": "main", "suspend": False}
    status = result["status"]
    assert {"phase", "message", "finishedAt", "persistentVolumeClaims"}.isdisjoint(status)
    assert status["startedAt"] == "2026-01-02T03:04:05Z"
    assert status["conditions"] == [{"type": "PodRunning", "status": "False"}, {"type": "Completed", "status": "False"}]
    assert status["storedWorkflowTemplateSpec"] == {"templates": []}


def test_parameters_are_changed_where_the_controller_reads_them():
    arguments = {"parameters": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]}
    given = workflow(RECORDED["chain"]["failed"], arguments=arguments)
    given["status"]["storedWorkflowTemplateSpec"] = {"arguments": arguments}
    result = formulate_retry(given, NOW, parameters={"b": 3, "c": "x"}).workflow
    wanted = [{"name": "a", "value": "1"}, {"name": "b", "value": "3"}, {"name": "c", "value": "x"}]
    assert result["spec"]["arguments"]["parameters"] == wanted
    assert result["status"]["storedWorkflowTemplateSpec"]["arguments"]["parameters"] == wanted


def test_what_runs_again_runs_as_its_author_has_it_by_now():
    given = workflow(RECORDED["chain"]["failed"], shutdown="Stop")
    given["metadata"]["annotations"] = {"mine": "x", "made-of": "old"}
    given["status"] |= {"storedTemplates": {"a": {}}, "storedWorkflowTemplateSpec": {"templates": []}}
    newer = {"metadata": {"name": "other", "annotations": {"made-of": "new"}}, "spec": {"entrypoint": "fixed"}}
    restart = formulate_retry(given, NOW, newer=newer)
    assert restart.pods == restarted(RECORDED["chain"]["failed"]).pods
    assert restart.workflow["spec"] == {"entrypoint": "fixed"}
    assert restart.workflow["metadata"] == {**given["metadata"], "annotations": {"mine": "x", "made-of": "new"}, "labels": {}}
    assert {"storedTemplates", "storedWorkflowTemplateSpec"}.isdisjoint(restart.workflow["status"])


@pytest.mark.parametrize("phase", ["", "Pending", "Running"])
def test_what_is_not_done_is_refused(phase):
    with pytest.raises(WrongPhaseError, match=f"it is {phase or 'not started'}"):
        restarted(RECORDED["chain"]["failed"], phase)


def test_what_has_succeeded_is_refused_unless_nodes_are_named():
    nodes = {"@": ["DAG", "Succeeded", ["@.a"]], "@.a": ["Pod", "Succeeded", []]}
    with pytest.raises(WrongPhaseError, match="restart_successful, --node-field-selector"):
        restarted(nodes, "Succeeded")
    assert shape(restarted(nodes, "Succeeded", restart_successful="displayName=a")) == {"@": ["Running", []]}


def test_a_failure_that_something_succeeded_after_is_not_undone():
    with pytest.raises(WrongPhaseError) as caught:
        restarted(RECORDED["downstream"]["failed"])
    assert "came after each failed node (a) has succeeded" in str(caught.value)
    assert "restart_downstream=True" in caught.value.cure


def test_something_that_succeeded_after_the_group_counts_too():
    nodes = {
        "@": ["DAG", "Failed", ["@.g"]],
        "@.g": ["DAG", "Failed", ["@.g.x", "@.g.y"]],
        "@.g.x": ["Pod", "Failed", ["@.clean"]],
        "@.g.y": ["Pod", "Failed", []],  # ended later, so it got no edge to what depends on the group
        "@.clean": ["Pod", "Succeeded", []],
    }
    with pytest.raises(WrongPhaseError):
        restarted(nodes)
    assert shape(restarted(nodes, restart_downstream=True)) == {"@": ["Running", ["@.g"]], "@.g": ["Running", []]}


def test_a_workflow_that_was_refused_has_no_nodes_and_starts_anew():
    assert restarted({}).workflow["status"]["nodes"] == {}


def test_a_workflow_that_was_stopped_between_two_tasks():
    nodes = {"@": ["DAG", "Failed", ["@.a"]], "@.a": ["Pod", "Succeeded", []]}
    assert shape(restarted(nodes)) == {"@": ["Running", ["@.a"]], "@.a": ["Succeeded", []]}


def test_a_suspended_task_that_was_stopped_waits_again():
    nodes = {"@": ["DAG", "Failed", ["@.a"]], "@.a": ["Suspend", "Failed", ["@.b"]], "@.b": ["Skipped", "Omitted", []]}
    assert shape(restarted(nodes)) == {"@": ["Running", []]}


def test_a_failed_attempt_of_a_group_that_succeeded_later_stays():
    nodes = {
        "@": ["DAG", "Failed", ["@.g"]],
        "@.g": ["Retry", "Succeeded", ["@.g(0)", "@.g(1)"]],
        "@.g(0)": ["DAG", "Failed", ["@.g(0).x"]],
        "@.g(0).x": ["Pod", "Failed", []],
        "@.g(1)": ["DAG", "Succeeded", ["@.g(1).x", "@.b"]],
        "@.g(1).x": ["Pod", "Succeeded", []],
        "@.b": ["Pod", "Failed", []],
    }
    assert set(nodes) - set(shape(restarted(nodes))) == {"@.b"}


def test_nodes_that_cannot_be_read():
    given = workflow({})
    given["status"] = {"phase": "Failed", "offloadNodeStatusVersion": "fnv:1"}
    with pytest.raises(NodesUnreadableError):
        formulate_retry(given, NOW)

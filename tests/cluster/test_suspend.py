"""Suspending, stopping and resuming: what is changed in the workflow."""

from __future__ import annotations

import copy
from datetime import datetime, timezone

import pytest

from airflow_argo.cluster.errors import WrongPhaseError
from airflow_argo.cluster.node_selector import parse_node_selector
from airflow_argo.cluster.suspend import resumed, settled, shut_down, stopped_nodes, suspended

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def node(name, *parameters, phase="Running", kind="Suspend", **rest):
    base = {"id": name, "name": f"w.{name}", "displayName": name, "type": kind, "phase": phase, **rest}
    return base | ({"outputs": {"parameters": list(parameters)}} if parameters else {})


def supplied(name, default=None, **rest):
    return {"name": name, "valueFrom": {"supplied": {}} | ({} if default is None else {"default": default}), **rest}


def workflow(*nodes, phase="Running", **spec):
    status = {"phase": phase, "nodes": {node["id"]: node for node in nodes}}
    return {"metadata": {"name": "w"}, "spec": {"entrypoint": "m", **spec}, "status": status}


def select(text):
    return parse_node_selector(text)


@pytest.mark.parametrize("strategy", ["Stop", "Terminate"])
def test_shutting_down(strategy):
    assert shut_down(workflow(), strategy)["spec"] == {"entrypoint": "m", "shutdown": strategy}


@pytest.mark.parametrize("phase", ["Succeeded", "Failed", "Error"])
def test_what_is_done_is_not_shut_down_and_can_not_be_suspended(phase):
    done = workflow(phase=phase)
    assert shut_down(done, "Stop") is done
    with pytest.raises(WrongPhaseError, match=f"it is {phase}"):
        suspended(done)


def test_suspending_before_the_controller_has_seen_it():
    assert suspended({"metadata": {"name": "w"}, "spec": {}})["spec"] == {"suspend": True}


def test_resuming_lets_suspended_nodes_succeed():
    given = workflow(node("a"), node("b", kind="Pod"), node("c", phase="Succeeded"), suspend=True)
    untouched = copy.deepcopy(given)
    result = resumed(given, NOW)
    assert given == untouched
    assert result["spec"]["suspend"] is None
    nodes = result["status"]["nodes"]
    assert (nodes["a"]["phase"], nodes["a"]["finishedAt"]) == ("Succeeded", "2026-01-02T03:04:05Z")
    assert (nodes["b"], nodes["c"]) == (given["status"]["nodes"]["b"], given["status"]["nodes"]["c"])


def test_resuming_takes_the_defaults_of_outputs():
    result = resumed(workflow(node("a", supplied("p", "d"), {"name": "q", "value": "1"})), NOW)
    assert result["status"]["nodes"]["a"]["outputs"]["parameters"] == [{"name": "p", "value": "d"}, {"name": "q", "value": "1"}]


def test_an_output_without_default_must_be_given():
    waiting = workflow(node("a", supplied("p")))
    with pytest.raises(WrongPhaseError, match="waits for the output 'p', which has no default"):
        resumed(waiting, NOW)
    result = settled(waiting, NOW, select("displayName=a"), outputs={"p": "v"}, phase="Succeeded")
    assert result["status"]["nodes"]["a"]["outputs"]["parameters"] == [{"name": "p", "value": "v"}]
    assert resumed(settled(waiting, NOW, select("displayName=a"), outputs={"p": "v"}), NOW)["status"]["nodes"]["a"][
        "phase"
    ] == ("Succeeded")


def test_only_the_selected_node_and_its_message():
    given = workflow(node("a", message="by hand"), node("b"))
    nodes = resumed(given, NOW, select("displayName=a"), "by Jane")["status"]["nodes"]
    assert (nodes["a"]["phase"], nodes["a"]["message"]) == ("Succeeded", "by hand; by Jane")
    assert nodes["b"] == given["status"]["nodes"]["b"]


def test_stopping_one_node():
    nodes = stopped_nodes(workflow(node("a"), node("b")), NOW, select("displayName=b"), "no")["status"]["nodes"]
    assert (nodes["b"]["phase"], nodes["b"]["message"], nodes["a"]["phase"]) == ("Failed", "no", "Running")


def test_a_selector_that_matches_nothing_names_what_is_suspended():
    with pytest.raises(WrongPhaseError, match=r"no suspended node matches 'displayName=x'.*suspended: 'a'"):
        resumed(workflow(node("a"), node("b", kind="Pod")), NOW, select("displayName=x"))


def test_an_output_that_nobody_expects():
    with pytest.raises(WrongPhaseError, match=r"expects no output 'x'.*it expects: p"):
        settled(workflow(node("a", supplied("p"))), NOW, select("displayName=a"), outputs={"x": "1"})


def test_a_global_output_is_the_workflows_too():
    given = workflow(node("a", supplied("p", globalName="g"), supplied("q", globalName="h")))
    given["status"]["outputs"] = {"parameters": [{"name": "g", "value": "old"}, {"name": "z", "value": "1"}]}
    result = settled(given, NOW, select("displayName=a"), outputs={"p": "new", "q": "2"})
    wanted = [{"name": "g", "value": "new"}, {"name": "z", "value": "1"}, {"name": "h", "value": "2"}]
    assert result["status"]["outputs"]["parameters"] == wanted


def test_nothing_is_suspended():
    given = workflow(node("a", phase="Succeeded"))
    assert resumed(given, NOW)["status"] == given["status"]

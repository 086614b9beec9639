"""Stopping, suspending, resuming, restarting and resubmitting through a real API server; a double gives the phases."""

from __future__ import annotations

import base64
import gzip
import json
from contextlib import suppress

import pytest

from airflow_argo.cluster import ConflictError, NodesUnreadableError, NotFoundError, WrongPhaseError
from airflow_argo.cluster.errors import ClusterError
from airflow_argo.cluster.resources import PODS, Call, Resource

from .conftest import NO_OP
from .controller import set_status
from .proxy import Plan

pytestmark = pytest.mark.cluster

SERVICE_ACCOUNTS = Resource("ServiceAccount", "serviceaccounts", group="", version="v1")


@pytest.fixture
def name(cluster):
    submitted = cluster.submit(NO_OP, generate_name="control-", parameters={"p": "1"})
    yield submitted.name
    cluster.delete(submitted.name, missing_ok=True)


def suspend_node(name, *parameters, phase="Running"):
    node = {"id": name, "name": f"w.{name}", "displayName": name, "type": "Suspend", "phase": phase}
    times = {"startedAt": "2026-01-01T00:00:00Z", "finishedAt": None}
    return node | times | ({"outputs": {"parameters": list(parameters)}} if parameters else {})


def waiting(api, name, *nodes, phase="Running"):
    set_status(api, name, phase, nodes={node["id"]: node for node in nodes})


def test_stop_and_terminate(cluster, api, name):
    set_status(api, name, "Running")
    assert cluster.stop(name).manifest["spec"]["shutdown"] == "Stop"
    assert cluster.terminate(name).manifest["spec"]["shutdown"] == "Terminate"
    assert cluster.get(name).manifest["spec"]["shutdown"] == "Terminate"


def test_what_is_done_stays_as_it_is(cluster, api, name):
    set_status(api, name, "Succeeded")
    version = cluster.get(name).resource_version
    assert cluster.stop(name).resource_version == version
    assert cluster.terminate(name).phase == "Succeeded"
    with pytest.raises(WrongPhaseError, match="can't be suspended: it is Succeeded"):
        cluster.suspend(name)


def test_suspend_and_resume(cluster, name):
    assert cluster.suspend(name).manifest["spec"]["suspend"] is True
    assert "suspend" not in cluster.resume(name).manifest["spec"]
    version = cluster.get(name).resource_version
    assert cluster.resume(name).resource_version == version  # nothing was to be done


def test_resuming_suspended_nodes(cluster, api, name):
    supplied = {"name": "o", "valueFrom": {"supplied": {}, "default": "d"}}
    waiting(api, name, suspend_node("a", supplied), suspend_node("b"))
    nodes = cluster.resume(name, node_selector="displayName=a", message="by a test").nodes
    assert (nodes["a"]["phase"], nodes["a"]["message"], nodes["b"]["phase"]) == ("Succeeded", "by a test", "Running")
    assert cluster.resume(name).nodes["b"]["phase"] == "Succeeded"
    with pytest.raises(WrongPhaseError, match="no suspended node matches"):
        cluster.resume(name, node_selector="displayName=a")


def test_giving_an_output(cluster, api, name):
    waiting(api, name, suspend_node("a", {"name": "o", "valueFrom": {"supplied": {}}}))
    with pytest.raises(WrongPhaseError, match="waits for the output 'o', which has no default"):
        cluster.resume(name)
    snapshot = cluster.set_node(name, "displayName=a", outputs={"o": "given"})
    assert snapshot.nodes["a"]["outputs"]["parameters"] == [{"name": "o", "value": "given"}]
    assert cluster.resume(name).nodes["a"]["phase"] == "Succeeded"


def test_stopping_a_node(cluster, api, name):
    waiting(api, name, suspend_node("a"))
    assert cluster.stop(name, node_selector="displayName=a", message="refused").nodes["a"]["phase"] == "Failed"


def compressed(nodes):
    return base64.b64encode(gzip.compress(json.dumps(nodes).encode())).decode()


def test_resuming_a_compressed_status(cluster, api, name):
    set_status(api, name, "Running", compressedNodes=compressed({"a": suspend_node("a")}))
    assert cluster.get(name).nodes["a"]["phase"] == "Running"
    resumed = cluster.resume(name)
    assert resumed.nodes["a"]["phase"] == "Succeeded"
    assert "compressedNodes" not in resumed.manifest["status"]


def test_a_status_elsewhere_can_not_be_resumed(cluster, api, name):
    set_status(api, name, "Running", offloadNodeStatusVersion="fnv:1")
    with pytest.raises(NodesUnreadableError, match="controller's database"):
        cluster.resume(name)
    assert cluster.stop(name).manifest["spec"]["shutdown"] == "Stop"  # that needs no nodes


def test_a_change_in_between_is_kept(proxied, proxy, api, name):
    waiting(api, name, suspend_node("a"))
    plans = [Plan(before=lambda: set_status(api, name, "Running", progress="1/2"))] * 2
    proxy.plan = lambda request: plans.pop() if request.method == "PATCH" and plans else None
    resumed = proxied.resume(name)
    assert (resumed.nodes["a"]["phase"], resumed.progress) == ("Succeeded", "1/2")
    assert 2 <= proxy.count(lambda request: request.method == "PATCH") <= 3


def test_changes_in_between_each_time_are_an_error_in_the_end(proxied, proxy, api, name):
    counter = iter(range(99))
    change = Plan(before=lambda: set_status(api, name, "Running", progress=f"{next(counter)}/99"))
    proxy.plan = lambda request: change if request.method == "PATCH" else None
    with pytest.raises(ConflictError):
        proxied.suspend(name)


@pytest.mark.parametrize("method", ["stop", "terminate", "suspend", "resume", "retry", "resubmit", "delete", "get"])
def test_there_is_none(cluster, method):
    with pytest.raises(NotFoundError, match="no Workflow 'none'"):
        getattr(cluster, method)("none")


def test_resubmitting(cluster, api, name):
    set_status(api, name, "Failed")
    again = cluster.resubmit(name, parameters={"p": "2"}).workflow
    assert again.name != name
    assert again.phase == ""
    assert again.manifest["spec"]["arguments"]["parameters"] == [{"name": "p", "value": "2"}]
    assert again.manifest["metadata"]["labels"] == {"workflows.argoproj.io/resubmitted-from-workflow": name}


@pytest.fixture
def pods(api, name):
    """Pods of nodes a and b; nobody schedules them."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    with suppress(ClusterError):  # a controller manager may be faster
        api.send(Call("create", SERVICE_ACCOUNTS, api.namespace), account)
    for node in "ab":
        meta = {
            "name": f"{name}-{node}",
            "labels": {"workflows.argoproj.io/workflow": name},
            "annotations": {"workflows.argoproj.io/node-id": node},
        }
        spec = {"schedulerName": "nobody", "containers": [{"name": "main", "image": "none"}]}
        api.send(Call("create", PODS, api.namespace), {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
    return lambda: [pod["metadata"]["name"] for pod in api.send(Call("list", PODS, api.namespace))["items"]]


def test_restarting_deletes_the_failed_pod_and_resets_what_is_around_it(cluster, api, name, pods):
    base = {"startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:01Z"}
    nodes = {
        name: {"id": name, "name": name, "displayName": name, "type": "DAG", "phase": "Failed", "children": ["a", "b"]},
        "a": {"id": "a", "name": f"{name}.a", "displayName": "a", "type": "Pod", "phase": "Succeeded"},
        "b": {"id": "b", "name": f"{name}.b", "displayName": "b", "type": "Pod", "phase": "Failed"},
    }
    set_status(
        api, name, "Failed", compressedNodes=compressed({id_: base | node for id_, node in nodes.items()}), message="why"
    )
    restarted = cluster.retry(name)
    assert (restarted.phase, restarted.message, restarted.done) == ("", "", False)
    assert set(restarted.nodes) == {name, "a"}
    assert (restarted.nodes[name]["phase"], restarted.nodes[name]["children"]) == ("Running", ["a"])
    assert pods() == [f"{name}-a"]
    with pytest.raises(WrongPhaseError, match="can't be retried: it is not started"):
        cluster.retry(name)

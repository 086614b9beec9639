"""Logs through an Argo server, which merges those of all pods: whose each line is, and what is missing."""

import threading

import pytest

from tests.cluster.conftest import NO_OP
from tests.cluster.controller import set_status

pytestmark = pytest.mark.cluster

EXECUTORS = 'time=2026-01-01T00:00:00.123Z level=INFO msg="sub-process exited" argo=true'


def node(name, phase="Succeeded", kind="Pod", **more):
    return {"id": "", "name": name, "displayName": name.rpartition(".")[2], "type": kind, "phase": phase, **more}


NODES = {
    "w-1": node("w.a(0)"),
    "w-2": node("w.b", "Failed"),
    "w-3": node("w.set"),
    "w-4": node("w.set.one", kind="Container", boundaryID="w-3"),
    "w-5": node("w.set.two", kind="Container", boundaryID="w-3"),
    "w-6": node("w.gone", "Failed"),
    "w-7": node("w.cached", memoizationStatus={"hit": True, "key": "k", "cacheName": "c"}),
    "w-8": node("w.silent"),
}
LOGS = {
    ("w-t-1", "main"): ["2026-01-01T00:00:01Z hello", "2026-01-01T00:00:03Z x", "2026-01-01T00:00:03Z x"],
    ("w-t-2", "main"): ["2026-01-01T00:00:02Z between", f"2026-01-01T00:00:04Z no end{EXECUTORS}"],
    ("w-t-8", "main"): [f"2026-01-01T00:00:02Z {EXECUTORS}"],
    ("w-t-3", "one"): ["2026-01-01T00:00:05Z of one"],
    ("w-t-3", "two"): ["2026-01-01T00:00:06Z of two"],
}


def written(lines):
    return [(line.node, line.container, line.text) for line in lines if not line.notice]


@pytest.fixture
def workflow(hook, argo_server, api):
    cluster = hook().cluster
    cluster.submit(NO_OP, name="w", key="k")
    argo_server.pod_logs = LOGS
    yield cluster
    cluster.delete("w", missing_ok=True)


def ended(api):
    set_status(api, "w", "Failed", nodes={id_: {**one, "id": id_} for id_, one in NODES.items()})


def test_lines_have_their_nodes_and_none_of_the_executors(workflow, api):
    ended(api)
    lines = list(workflow.logs("w"))
    main = [("a(0)", "hello"), ("b", "between"), ("a(0)", "x"), ("a(0)", "x"), ("b", "no end")]
    both = [("set", "one", "of one"), ("set", "two", "of two")]
    assert written(lines) == [*((name, "main", text) for name, text in main), *both]
    assert lines[0].node_name == "w.a(0)"
    assert lines[0].time == "2026-01-01T00:00:01.000000000Z"
    assert [(line.node, line.pod) for line in lines if line.notice] == [("gone", "")]
    assert any(EXECUTORS in line.text for line in workflow.logs("w", executor_lines=True))


def test_of_some_nodes_the_last_lines_are_the_programs_own(workflow, api, argo_server):
    ended(api)
    assert written(workflow.logs("w", nodes=["w-1", "w-2"], tail=1)) == [("a(0)", "main", "x"), ("b", "main", "no end")]
    assert int(argo_server.logs_asked[0]["tailLines"]) > 1  # the executor's are among them
    assert [line.text[:15] for line in workflow.logs("w", nodes=["w-6"], tail=1)] == ["its pod is gone"]


def test_a_followed_log_goes_on_where_it_broke(workflow, api, argo_server):
    set_status(api, "w", "Running", nodes={"w-1": {**NODES["w-1"], "id": "w-1", "phase": "Running"}})
    argo_server.cuts = 2
    threading.Timer(1, lambda: ended(api)).start()
    lines = written(workflow.logs("w", follow=True))
    assert [text for _, container, text in lines if container == "main"] == ["hello", "between", "x", "x", "no end"]
    assert lines[-1] == ("set", "two", "of two")
    assert argo_server.logs_asked[1]["sinceSeconds"]


def test_a_workflow_that_is_deleted_ends_its_followed_log(workflow, api, argo_server):
    set_status(api, "w", "Running", nodes={"w-1": {**NODES["w-1"], "id": "w-1", "phase": "Running"}})
    argo_server.cuts = 1000
    threading.Timer(1, lambda: workflow.delete("w")).start()
    notices = [line.text for line in workflow.logs("w", follow=True) if line.notice]
    assert any("no Workflow 'w'" in text for text in notices), notices

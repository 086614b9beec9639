"""Waiting on a real API server, through a proxy that breaks what can break."""

from __future__ import annotations

import json
import threading
import time

import pytest

from airflow_argo.cluster import (
    NamespaceNotFoundError,
    NotFoundError,
    ServerFaultError,
    WaitTimeoutError,
    WorkflowGoneError,
    watching,
)
from airflow_argo.cluster import watch as machine
from airflow_argo.cluster.client import MERGE_PATCH
from airflow_argo.cluster.errors import ClusterError
from airflow_argo.cluster.resources import WORKFLOWS, Call
from airflow_argo.cluster.watching import Watching

from .conftest import NO_OP
from .controller import ControllerDouble, set_status
from .proxy import Plan

pytestmark = pytest.mark.cluster


@pytest.fixture
def name(cluster):
    submitted = cluster.submit(NO_OP, generate_name="wait-")
    yield submitted.name
    cluster.delete(submitted.name, missing_ok=True)


def later(*steps):
    """Do each after some seconds, in a thread."""

    def run():
        for seconds, step in steps:
            time.sleep(seconds)
            step()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def phases_of(cluster, name, **options):
    return [snapshot.phase for snapshot in cluster.watch(name, timeout=20, **options)]


def status(code, reason, **rest):
    return json.dumps({"kind": "Status", "code": code, "reason": reason, "message": reason, **rest}).encode()


def on_watch(*plans):
    """Plans for the first watches, one each."""
    left = list(plans)

    def plan(request):
        return left.pop(0) if request.is_watch and left else None

    return plan


def test_each_phase_is_seen_and_the_end_at_once(cluster, api, name):
    times = []

    def end():
        times.append(time.monotonic())
        set_status(api, name, "Succeeded", message="well")

    later((0.3, lambda: set_status(api, name, "Pending")), (0.3, lambda: set_status(api, name, "Running")), (0.3, end))
    seen = []
    done = cluster.wait(name, timeout=20, on_change=lambda snapshot: seen.append(snapshot.phase))
    assert time.monotonic() - times[0] < 0.5
    assert seen == ["", "Pending", "Running", "Succeeded"]
    assert (done.phase, done.message) == ("Succeeded", "well")


def test_what_is_done_already_is_one_request(proxied, proxy, api, name):
    set_status(api, name, "Failed")
    assert proxied.wait(name).phase == "Failed"
    assert len(proxy.requests) == 1


def test_a_quiet_wait_is_two_requests(proxied, proxy, name):
    with pytest.raises(WaitTimeoutError) as caught:
        proxied.wait(name, timeout=3)
    assert [(request.is_list, request.is_watch) for request in proxy.requests] == [(True, False), (False, True)]
    assert caught.value.phases == {name: ""}


@pytest.mark.parametrize("timeout", [0, 0.5, 2.2])
def test_the_deadline_is_kept(cluster, name, timeout):
    began = time.monotonic()
    with pytest.raises(WaitTimeoutError, match="is not yet seen by the controller"):
        cluster.wait(name, timeout=timeout)
    assert timeout <= time.monotonic() - began < timeout + 0.3


def test_no_time_is_enough_for_one_look(cluster, api, name):
    set_status(api, name, "Succeeded")
    assert cluster.wait(name, timeout=0).done


def test_there_is_none(cluster):
    with pytest.raises(NotFoundError, match="no Workflow 'none'"):
        cluster.wait("none", timeout=5)


def test_there_is_no_such_namespace(cluster):
    with pytest.raises(NamespaceNotFoundError, match="no namespace 'no-such-space'"):
        cluster.in_namespace("no-such-space").wait("none", timeout=5)


def test_deleted_while_it_is_watched(cluster, api, name):
    set_status(api, name, "Running")
    later((0.5, lambda: cluster.delete(name)))
    with pytest.raises(WorkflowGoneError, match="was deleted while it was waited for: its last known phase is Running"):
        cluster.wait(name, timeout=20)


def test_deleted_while_nobody_looked(proxied, proxy, cluster, name):
    gone = Plan(answer=(410, {}, status(410, "Expired")), before=None)
    proxy.plan = on_watch(gone)
    uid = cluster.get(name).uid
    cluster.delete(name)
    with pytest.raises(WorkflowGoneError):
        proxied.wait(name, uid=uid, timeout=20)


def test_deleted_between_list_and_watch(proxied, proxy, cluster, name):
    proxy.plan = on_watch(Plan(before=lambda: cluster.delete(name)))
    with pytest.raises(WorkflowGoneError):
        proxied.wait(name, timeout=20)


def test_replaced_by_another_of_the_same_name(cluster, api, name):
    uid = cluster.get(name).uid
    cluster.delete(name)
    other = cluster.submit(NO_OP, name=name, key="other")
    set_status(api, name, "Succeeded")
    with pytest.raises(WorkflowGoneError) as caught:
        cluster.wait(name, uid=uid, timeout=20)
    assert caught.value.replaced_by == other.uid
    assert cluster.wait(name, uid=other.uid, timeout=20).done


def test_replaced_while_it_is_watched(cluster, api, name):
    def replace():
        cluster.delete(name)
        cluster.submit(NO_OP, name=name, key="other")
        set_status(api, name, "Succeeded")

    later((0.5, replace))
    with pytest.raises(WorkflowGoneError):
        cluster.wait(name, timeout=20)


def test_connections_that_break_lose_nothing_and_need_no_new_list(proxied, proxy, api, name):
    proxy.plan = on_watch(*[Plan(cut=0.4)] * 6)
    steps = [(0.25, lambda n=number: set_status(api, name, "Running", progress=f"{n}/9")) for number in range(9)]
    later(*steps, (0.25, lambda: set_status(api, name, "Succeeded")))
    seen = [snapshot.progress for snapshot in proxied.watch(name, timeout=20)]
    assert seen == ["", *(f"{number}/9" for number in range(9)), "8/9"]
    assert proxy.count(lambda request: request.is_list) == 1
    assert proxy.count(lambda request: request.is_watch) >= 4


def test_a_connection_that_closes_at_once_each_time_is_no_loop(proxied, proxy, name):
    proxy.plan = lambda request: Plan(drop=True) if request.is_watch else None
    with pytest.raises(WaitTimeoutError):
        proxied.wait(name, timeout=4)
    assert proxy.count() <= 8


def test_changes_while_all_watches_are_refused_are_still_seen(proxied, proxy, api, name):
    proxy.plan = lambda request: Plan(answer=(500, {}, b"")) if request.is_watch else None
    later((1, lambda: set_status(api, name, "Succeeded")))
    assert proxied.wait(name, timeout=20).done


@pytest.mark.parametrize(
    "gone",
    [
        Plan(answer=(410, {"Content-Type": "application/json"}, status(410, "Expired"))),
        Plan(first=json.dumps({"type": "ERROR", "object": json.loads(status(410, "Expired"))}).encode() + b"\n"),
        Plan(query={"resourceVersion": "1"}),
    ],
    ids=["answer", "event", "real"],
)
def test_history_that_is_gone_means_a_new_list(proxied, proxy, api, name, gone):
    """The last of these is the API server's own answer to a version that it no longer has."""
    proxy.plan = on_watch(gone)
    later((0.5, lambda: set_status(api, name, "Running")), (0.3, lambda: set_status(api, name, "Succeeded")))
    assert phases_of(proxied, name) == ["", "Running", "Succeeded"]
    assert proxy.count(lambda request: request.is_list) == 2


def test_retry_after_is_kept(proxied, proxy, api, name):
    proxy.plan = on_watch(Plan(answer=(429, {"Retry-After": "2"}, b"")))
    later((0.1, lambda: set_status(api, name, "Succeeded")))
    assert proxied.wait(name, timeout=20).done
    first, second = (request.time for request in proxy.requests if request.is_watch)
    assert second - first >= 2


def test_an_error_event_of_the_server(proxied, proxy, api, name):
    event = {"type": "ERROR", "object": {"kind": "Status", "code": 500, "message": "etcd is gone"}}
    proxy.plan = on_watch(Plan(first=json.dumps(event).encode() + b"\n"))
    later((0.1, lambda: set_status(api, name, "Succeeded")))
    assert proxied.wait(name, timeout=20).done


def test_an_event_that_is_cut_in_two(proxied, proxy, api, name):
    proxy.plan = on_watch(Plan(first=b'{"type": "MODIFIED", "obj', cut=0.2))
    later((0.5, lambda: set_status(api, name, "Succeeded")))
    assert proxied.wait(name, timeout=20).done


def test_a_server_that_is_slow(proxied, proxy, api, name):
    proxy.plan = lambda request: Plan(delay=0.7)
    later((0.2, lambda: set_status(api, name, "Succeeded")))
    assert proxied.wait(name, timeout=20).done


def test_a_server_that_is_slower_than_the_deadline(proxied, proxy, name):
    proxy.plan = lambda request: Plan(delay=5)
    began = time.monotonic()
    with pytest.raises(WaitTimeoutError):
        proxied.wait(name, timeout=1.5)
    assert time.monotonic() - began < 2


def test_a_stream_that_freezes_is_given_up(proxied, proxy, api, name, monkeypatch):
    monkeypatch.setattr(watching, "LONGEST_SILENCE", 1.0)
    proxy.plan = on_watch(Plan(freeze=0.0))
    later((0.3, lambda: set_status(api, name, "Succeeded")))
    assert proxied.wait(name, timeout=20).done
    assert proxy.count(lambda request: request.is_list) == 1


def test_watches_that_the_server_ends_are_resumed(proxied, proxy, api, name, monkeypatch):
    monkeypatch.setattr(machine, "_WATCH_SECONDS", 1)
    later((2.5, lambda: set_status(api, name, "Succeeded")))
    assert proxied.wait(name, timeout=20).done
    assert proxy.count(lambda request: request.is_list) == 1
    assert 3 <= proxy.count(lambda request: request.is_watch) <= 4


def test_an_outage_longer_than_patience_is_raised(proxied, proxy, api):
    proxy.plan = lambda request: Plan(answer=(503, {}, b"down"))
    with pytest.raises(ServerFaultError, match="HTTP 503"):
        list(Watching(proxied._api, WORKFLOWS, patience=1.0).changes())


def test_a_watch_that_another_thread_stops(cluster):
    endless = Watching(cluster._api, WORKFLOWS)
    later((0.5, endless.stop))
    began = time.monotonic()
    list(endless.changes())
    assert time.monotonic() - began < 1


def test_many_with_one_watch(proxied, proxy, api):
    labels = {"batch": "many"}
    with ControllerDouble(api):
        uids = {}
        for _ in range(10):
            submission = proxied.submit(NO_OP, generate_name="many-", labels=labels)
            uids[submission.name] = submission.uid
        before = len(proxy.requests)
        ends = proxied.wait_all(uids, label_selector="batch=many", timeout=20)
    assert {end.phase for end in ends.values()} == {"Succeeded"}
    assert len(proxy.requests) - before <= 2
    for name in uids:
        proxied.delete(name)


def test_of_many_each_ends_its_own_way(cluster, api):
    done, deleted, late = (cluster.submit(NO_OP, generate_name="mixed-").name for _ in range(3))
    set_status(api, done, "Failed")
    later((0.3, lambda: cluster.delete(deleted)))
    with pytest.raises(WaitTimeoutError) as caught:
        cluster.wait_all([done, deleted, late], timeout=1.5)
    assert caught.value.phases == {late: ""}
    ends = cluster.wait_all([done, deleted], timeout=5)
    assert ends[done].phase == "Failed"
    assert isinstance(ends[deleted], NotFoundError)
    assert cluster.wait_all([], timeout=1) == {}
    for name in (done, late):
        cluster.delete(name)


def test_labels_that_change_are_no_deletion(cluster, api):
    """A watch with a selector reports an object that no longer matches as if it were deleted."""
    one, two = (cluster.submit(NO_OP, generate_name="labels-", labels={"state": "open"}).name for _ in range(2))

    def close(name, phase):
        patch = {"metadata": {"labels": {"state": "closed"}}, "status": {"phase": phase}}
        api.send(Call("patch", WORKFLOWS, api.namespace, name), patch, content_type=MERGE_PATCH)

    later((0.3, lambda: close(one, "Succeeded")), (0.3, lambda: close(two, "Running")))
    ends = cluster.wait_all([one, two], label_selector="state=open", timeout=10)
    assert ends[one].phase == "Succeeded"
    assert isinstance(ends[two], ClusterError)
    assert "no longer matches the label selector" in str(ends[two])
    for name in (one, two):
        cluster.delete(name)


def test_forty_waits_at_once(cluster, api):
    with ControllerDouble(api, script=((0.5, "Running"), (1.5, "Succeeded"))) as controller:
        names = [cluster.submit(NO_OP, generate_name="crowd-").name for _ in range(40)]
        returned = {}

        def wait(name):
            cluster.wait(name, timeout=30)
            returned[name] = time.monotonic()

        threads = [threading.Thread(target=wait, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert set(returned) == set(names)
    assert max(returned[name] - controller.ended[name] for name in names) < 5
    for name in names:
        cluster.delete(name)

"""What is said of a workflow whose pods have ended, and of which Argo takes no note; and of which nothing is said."""

from __future__ import annotations

import threading
import time

import pytest

from airflow_argo.cluster import WaitTimeoutError, standing_still
from airflow_argo.cluster.rbac import Rule
from airflow_argo.cluster.standing_still import StandstillWatch, ended_pods
from airflow_argo.runners.argo import ArgoRunner

from .conftest import NO_OP
from .controller import set_status
from .stuck import LABEL, change_pod, node, stand_still
from .test_errors_cluster import admin_config, bot  # noqa: F401 - fixtures

pytestmark = pytest.mark.cluster


@pytest.fixture
def name(cluster):
    submitted = cluster.submit(NO_OP, generate_name="still-")
    yield submitted.name
    cluster.delete(submitted.name, missing_ok=True)


@pytest.fixture
def quiet(monkeypatch):
    """Seconds without a change count, as otherwise minutes do. Lets them pass."""
    monkeypatch.setattr(standing_still, "QUIET", 1.5)
    return lambda: time.sleep(3)


def told(watch, *names):
    return [one.node for one in watch.look(names)]


def test_a_wait_tells_of_pods_whose_end_argo_takes_no_note_of_once_each(cluster, api, kubelet, name, quiet):
    stand_still(api, kubelet, name, "unseen")
    progress = []
    ends = threading.Timer(6, lambda: set_status(api, name, "Succeeded"))
    ends.start()
    ArgoRunner.over(cluster).find(name).wait(20, on_progress=lambda news: progress.extend(news.lines))
    [line] = [line for line in progress if "has ended" in line.text]
    assert line.step == "step unseen"
    assert line.text.startswith("airflow-argo: its pod has ended, and for 0 minutes Argo has taken no note of it.")
    assert "'offload node status is not supported'" in line.text


def test_a_wait_that_looks_ends_in_time_all_the_same(cluster, name, monkeypatch):
    monkeypatch.setattr(standing_still, "QUIET", 0.3)
    begin = time.monotonic()
    with pytest.raises(WaitTimeoutError):
        list(cluster.watch(name, timeout=1.5, on_standstill=print))
    assert 1.5 <= time.monotonic() - begin < 3


def test_only_ends_that_argo_has_not_stored_count(api, kubelet, name, quiet):
    ids = ("unseen", "noted", "labelled", "agent", "earlier", "absent")
    stand_still(api, kubelet, name, *ids)
    kubelet.run(name, "runs")
    nodes = {id: node(id, name, "Running") for id in ids} | {"runs": node("runs", name, "Running")}
    nodes["noted"]["phase"] = "Failed"
    nodes["absent"] = None  # it was never stored that there is such a node
    set_status(api, name, "Running", nodes=nodes)
    change_pod(api, name, "labelled", labels={f"{LABEL}completed": "true"})
    change_pod(api, name, "agent", labels={f"{LABEL}component": "agent"})
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "name": name, "uid": "of-an-earlier-one"}
    change_pod(api, name, "earlier", ownerReferences=[owner])
    quiet()
    watch = StandstillWatch(api)
    assert told(watch, name) == ["absent", "step unseen"]
    assert told(watch, name) == []
    assert told(StandstillWatch(api, "another"), name) == []


@pytest.mark.parametrize("how", ["pod", "workflow"])
def test_what_was_written_to_just_now_does_not_stand_still(api, kubelet, name, quiet, how):
    stand_still(api, kubelet, name, "unseen")
    quiet()
    if how == "pod":
        change_pod(api, name, "unseen", labels={"touched": "yes"})
    else:
        set_status(api, name, "Running", progress="0/1")
    watch = StandstillWatch(api)
    assert told(watch, name) == []
    quiet()
    assert told(watch, name) == ["step unseen"]


def test_what_is_done_does_not_stand_still(api, kubelet, name, quiet):
    stand_still(api, kubelet, name, "unseen")
    set_status(api, name, "Failed")
    quiet()
    assert told(StandstillWatch(api), name) == []


def test_where_pods_may_not_be_seen_nothing_is_said(api, kubelet, name, quiet, bot):  # noqa: F811 - a fixture
    stand_still(api, kubelet, name, "unseen")
    quiet()
    waits = bot("wait")
    assert told(StandstillWatch(waits._api), name) == []
    with pytest.raises(WaitTimeoutError):
        list(waits.watch(name, timeout=2.5, on_standstill=pytest.fail))
    sees = bot(rules=[Rule("argoproj.io", "workflows", ("list",)), Rule("", "pods", ("list",))])
    assert told(StandstillWatch(sees._api), name) == ["step unseen"]


def test_pods_are_read_page_by_page(api, kubelet, name, monkeypatch):
    monkeypatch.setattr(standing_still, "_PAGE", 2)
    stand_still(api, kubelet, name, "a", "b", "c", "d", "e")
    assert sorted(pod.node for pod in ended_pods(api, name)) == ["a", "b", "c", "d", "e"]
    assert {pod.workflow for pod in ended_pods(api)} >= {name}


def test_pods_that_are_settled_cause_no_more_reads(proxied, api, kubelet, proxy, name, quiet):
    stand_still(api, kubelet, name, "noted", "unseen")
    nodes = {"noted": node("noted", name, "Succeeded"), "unseen": node("unseen", name, "Running")}
    set_status(api, name, "Running", nodes=nodes)
    quiet()
    watch = StandstillWatch(proxied._api)
    assert told(watch, name) == ["step unseen"]
    proxy.requests.clear()
    assert told(watch, name) == []
    assert [request.path.rpartition("/")[2] for request in proxy.requests] == ["pods"]

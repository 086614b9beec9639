"""Logs through a real API server from a double of a kubelet: pods that come and go, readings that break off."""

from __future__ import annotations

import threading
import time

import pytest

from airflow_argo.cluster import NotFoundError, UnauthorizedError, log_following
from airflow_argo.cluster import logs as reading
from airflow_argo.cluster.errors import ClusterError

from .conftest import NO_OP
from .controller import set_status
from .proxy import Plan

pytestmark = pytest.mark.cluster


@pytest.fixture
def name(cluster, api):
    submitted = cluster.submit(NO_OP, generate_name="logs-")
    set_status(api, submitted.name, "Running")
    yield submitted.name
    cluster.delete(submitted.name, missing_ok=True)


def finish(api, name, *nodes, phase="Succeeded"):
    """The workflow is done, with these Pod nodes in its status."""
    times = {"startedAt": None, "finishedAt": None}
    status = {
        node: {"id": node, "name": f"{name}.{node}", "displayName": node.upper(), "type": "Pod", "phase": phase, **times}
        for node in nodes
    }
    set_status(api, name, phase, nodes=status)


class Following:
    """Follows logs in a thread, so that a test can go on."""

    def __init__(self, cluster, name, **options):
        self.lines, self.error = [], None
        self._thread = threading.Thread(target=self._run, args=(cluster, name, options), daemon=True)
        self._thread.start()

    def _run(self, cluster, name, options):
        try:
            for line in cluster.logs(name, follow=True, **options):
                self.lines.append(line)
        except ClusterError as error:
            self.error = error

    def until(self, count, timeout=10):
        end = time.monotonic() + timeout
        while len(self.lines) < count and time.monotonic() < end and self._thread.is_alive():
            time.sleep(0.02)
        return [line.text for line in self.lines]

    def ended(self, timeout=10):
        self._thread.join(timeout)
        assert not self._thread.is_alive(), "still following"
        return [line.text for line in self.lines]


def test_what_is_there_now(cluster, api, kubelet, name):
    kubelet.run(name, "a").write("one", "two")
    kubelet.run(name, "b").write("three")
    kubelet.finish(name, "a")
    lines = list(cluster.logs(name))
    assert [(line.node, line.pod, line.container, line.text) for line in lines] == [
        ("a", f"{name}-a", "main", "one"),
        ("a", f"{name}-a", "main", "two"),
        ("b", f"{name}-b", "main", "three"),
    ]
    assert lines[0].node_name == f"{name}.a"
    assert lines[0].time.startswith("20")


def test_display_names_other_containers_and_the_tail(cluster, api, kubelet, name):
    kubelet.run(name, "a").write("one", "two", "three")
    kubelet.logs[f"{name}-a", "wait"].write("waiting")
    finish(api, name, "a")
    lines = [(line.node, line.container, line.text) for line in cluster.logs(name, containers=["wait", "main"], tail=2)]
    assert lines == [("A", "main", "two"), ("A", "main", "three"), ("A", "wait", "waiting")]


def test_the_executors_own_lines_are_shown_on_wish(cluster, kubelet, name):
    own = 'time=2026-11-24T02:14:51.627Z level=INFO msg="waiting for signals" argo=true signalPath=/x'
    kubelet.run(name, "a").write(own, "mine: argo=true")
    kubelet.logs[f"{name}-a", "wait"].write(own)
    assert [line.text for line in cluster.logs(name)] == ["mine: argo=true"]
    assert [line.text for line in cluster.logs(name, executor_lines=True)] == [own, "mine: argo=true"]
    assert [line.text for line in cluster.logs(name, containers=["wait"])] == [own]


def test_since(cluster, kubelet, name):
    log = kubelet.run(name, "a")
    log.write("new")
    assert [line.text for line in cluster.logs(name, since=60)] == ["new"]
    assert log.readings[-1]["sinceSeconds"] == "60"


def test_what_has_not_started_and_what_is_gone_is_said(cluster, api, kubelet, name):
    kubelet.run(name, "a", state="waiting")
    finish(api, name, "a", "b")
    lines = [(line.node, line.text) for line in cluster.logs(name)]
    assert lines == [
        ("A", "it has not started, so there is no log"),
        ("B", "its pod is gone, and its log with it"),
    ]
    assert all(line.notice for line in cluster.logs(name))


def test_following_to_the_end_with_pods_that_come_later(cluster, api, kubelet, name):
    first = kubelet.run(name, "a")
    first.write("one")
    following = Following(cluster, name)
    assert following.until(1) == ["one"]
    first.write("two")
    assert following.until(2) == ["one", "two"]
    second = kubelet.run(name, "b", state="waiting")
    kubelet.finish(name, "a")
    kubelet.state(f"{name}-b", "running")
    second.write("three")
    assert following.until(3) == ["one", "two", "three"]
    finish(api, name, "a", "b")
    second.write("last words")
    kubelet.finish(name, "b")
    assert following.ended() == ["one", "two", "three", "last words"]
    assert {line.node for line in following.lines} == {"a", "b"}


def test_a_pod_that_came_and_went_just_before_the_end(cluster, api, kubelet, name):
    following = Following(cluster, name)
    time.sleep(0.3)
    log = kubelet.run(name, "a")
    log.write("quick")
    kubelet.finish(name, "a")
    finish(api, name, "a")
    assert following.ended() == ["quick"]


def test_readings_that_break_off_lose_no_line_and_repeat_none(cluster, api, kubelet, name):
    log = kubelet.run(name, "a")
    log.cut_after = [0, 3, 2]
    stamp = "2026-01-01T00:00:00.5Z"
    log.write("1", "2", "3", "4", stamp=stamp)  # of the very same time
    following = Following(cluster, name)
    assert following.until(4) == ["1", "2", "3", "4"]
    log.write("5", stamp=stamp)
    log.write("6")
    kubelet.finish(name, "a")
    finish(api, name, "a")
    assert following.ended() == ["1", "2", "3", "4", "5", "6"]
    assert len(log.readings) == 4
    assert log.readings[-1]["sinceTime"] == "2026-01-01T00:00:00Z"


def test_connections_that_break_are_made_again(proxied, proxy, api, kubelet, name):
    log = kubelet.run(name, "a")
    log.write("one")
    following = Following(proxied, name)
    assert following.until(1) == ["one"]
    proxy.cut()
    log.write("two")
    assert following.until(2) == ["one", "two"]
    kubelet.finish(name, "a")
    finish(api, name, "a")
    assert following.ended() == ["one", "two"]


def test_a_quiet_log_is_asked_for_again_without_a_gap(cluster, api, kubelet, name, monkeypatch):
    monkeypatch.setattr(reading, "LONGEST_SILENCE", 0.5)
    log = kubelet.run(name, "a")
    log.write("one")
    following = Following(cluster, name)
    time.sleep(1.5)
    log.write("two")
    assert following.until(2) == ["one", "two"]
    assert 2 <= len(log.readings) <= 5
    kubelet.finish(name, "a")
    finish(api, name, "a")
    assert following.ended() == ["one", "two"]


def test_a_pod_that_is_deleted_is_said(proxied, proxy, api, kubelet, name):
    kubelet.run(name, "a").write("one")

    def delete_before_reading(request):
        if request.path.endswith("/log"):
            proxy.plan = lambda request: None
            return Plan(before=lambda: kubelet.delete(f"{name}-a"))
        return None

    proxy.plan = delete_before_reading
    following = Following(proxied, name)
    assert following.until(1) == ["the pod is gone, and its log with it"]
    finish(api, name, "a")
    following.ended()
    assert following.lines[0].notice


def test_a_workflow_that_is_deleted_ends_it(cluster, kubelet, name):
    kubelet.run(name, "a").write("one")
    following = Following(cluster, name)
    following.until(1)
    cluster.delete(name)
    kubelet.finish(name, "a")
    texts = following.ended()
    assert texts[0] == "one"
    assert "was deleted while it was waited for" in texts[1]
    assert following.lines[1].notice


def test_more_pods_than_streams(cluster, api, kubelet, name):
    nodes = [f"n{number}" for number in range(5)]
    for node in nodes:
        kubelet.run(name, node).write(f"from {node}")
    following = Following(cluster, name, max_streams=2)
    assert len(following.until(2)) == 2
    time.sleep(0.3)
    assert sum(1 for (pod, _), log in kubelet.logs.items() if pod.startswith(name) and log.readings) == 2
    for node in nodes:
        kubelet.finish(name, node)
    finish(api, name, *nodes)
    assert sorted(following.ended()) == [f"from {node}" for node in nodes]


def test_whoever_stops_reading_leaves_no_thread(cluster, kubelet, name):
    log = kubelet.run(name, "a")
    log.write("one", "two")
    lines = cluster.logs(name, follow=True)
    assert next(lines).text == "one"
    lines.close()
    end = time.monotonic() + 5
    while time.monotonic() < end and any(thread.name.startswith("argo-logs-") for thread in threading.enumerate()):
        time.sleep(0.05)
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("argo-logs-")] == []


def test_a_reader_that_is_slow_holds_the_writers_back(cluster, api, kubelet, name, monkeypatch):
    monkeypatch.setattr(log_following, "_QUEUE_SIZE", 5)
    kubelet.run(name, "a").write(*(str(number) for number in range(300)))
    kubelet.finish(name, "a")
    lines = cluster.logs(name, follow=True)
    first = next(lines)
    time.sleep(0.5)
    finish(api, name, "a")
    assert [first.text, *(line.text for line in lines)] == [str(number) for number in range(300)]


def test_a_log_that_may_not_be_read_is_an_error(proxied, proxy, kubelet, name):
    kubelet.run(name, "a")
    proxy.plan = lambda request: Plan(answer=(401, {}, b"")) if request.path.endswith("/log") else None
    following = Following(proxied, name)
    following.ended()
    assert isinstance(following.error, UnauthorizedError)


def test_no_such_workflow(cluster):
    with pytest.raises(NotFoundError):
        cluster.logs("none", follow=True)

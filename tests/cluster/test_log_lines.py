"""Lines of logs: whose they are, and none lost or twice when a log is read on after a break."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_argo.cluster.log_lines import LogCursor, LoggedPod, display_name, missing_pods, users_part

ANNOTATIONS = {"workflows.argoproj.io/node-id": "w-1", "workflows.argoproj.io/node-name": "w.a"}


def pod(containers=("main", "wait"), statuses=(), init=("init",), **meta):
    return {
        "metadata": {"name": "p", "uid": "u", "annotations": ANNOTATIONS, "creationTimestamp": "2026-01-01T00:00:00Z", **meta},
        "spec": {"containers": [{"name": name} for name in containers], "initContainers": [{"name": name} for name in init]},
        "status": {"containerStatuses": [{"name": name, **state} for name, state in statuses]},
    }


def test_the_facts_of_a_pod():
    logged = LoggedPod.of(pod(statuses=[("main", {"state": {"running": {}}})]), ("main", "wait"))
    assert (logged.name, logged.node_id, logged.node_name, logged.containers) == ("p", "w-1", "w.a", ("main", "wait"))
    assert logged.has_log("main")
    assert not logged.has_ended("main")
    assert not logged.has_log("wait")


def test_wanted_containers_are_those_that_are_there():
    assert LoggedPod.of(pod(), ("init", "main", "none")).containers == ("init", "main")


def test_a_container_set_without_main_shows_all_its_own():
    assert LoggedPod.of(pod(containers=("one", "two", "wait")), ("main",)).containers == ("one", "two")


def test_states():
    states = {
        "waiting": {"state": {"waiting": {}}},
        "running": {"state": {"running": {}}},
        "terminated": {"state": {"terminated": {}}},
        "restarting": {"state": {"waiting": {}}, "lastState": {"terminated": {}}},
    }
    logged = LoggedPod.of(pod(containers=tuple(states), statuses=states.items()), tuple(states))
    assert {name for name in states if logged.has_log(name)} == {"running", "terminated", "restarting"}
    assert {name for name in states if logged.has_ended(name)} == {"terminated"}


def test_display_names():
    assert display_name({"w-1": {"displayName": "shown"}}, "w-1", "w.a") == "shown"
    for name, shown in {"w": "w", "w.a": "a", "w[0].b(1:x.y)": "b(1:x.y)", "w.g(0).c(2)": "c(2)"}.items():
        assert display_name({}, "w-1", name) == shown


def test_a_line():
    assert LogCursor().take(b"2026-01-02T03:04:05.123456789Z hello  world\r") == (
        "2026-01-02T03:04:05.123456789Z",
        "hello  world\r",
    )


def test_trailing_zeros_of_a_time_are_put_back():
    cursor = LogCursor()
    assert cursor.take(b"2026-01-02T03:04:05.12Z a") == ("2026-01-02T03:04:05.120000000Z", "a")
    assert cursor.take(b"2026-01-02T03:04:06Z ") == ("2026-01-02T03:04:06.000000000Z", "")
    assert cursor.since_time == "2026-01-02T03:04:06Z"


def test_a_message_of_the_node_is_a_line_without_time():
    assert LogCursor().take(b"unable to retrieve container logs") == ("", "unable to retrieve container logs")


def test_bytes_that_are_no_text():
    assert LogCursor().take(b"2026-01-02T03:04:05Z \xff\xfe") == ("2026-01-02T03:04:05.000000000Z", "\ufffd\ufffd")


TIMES = st.integers(0, 40).map(lambda tenth: f"2026-01-01T00:00:{tenth // 10:02}.{tenth % 10}Z")


@given(times=st.lists(TIMES, max_size=30).map(sorted), breaks=st.lists(st.integers(0, 30), max_size=6))
def test_whatever_breaks_each_line_comes_once(times, breaks):
    """The API gives a log from a whole second on; lines of the very same time are told apart by their count."""
    log = [f"{time} line {number}".encode() for number, time in enumerate(times)]
    cursor, read = LogCursor(), []
    for length in [*breaks, len(log)]:
        since = cursor.since_time or ""
        cursor.resume()
        again = [line for line in log if line.decode() >= since[:19]]
        taken = map(cursor.take, again[:length] if length < len(log) else again)
        read += [line[1] for line in taken if line]
    assert read == [line.decode().partition(" ")[2] for line in log]


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ('time=2026-11-24T02:14:45.553Z level=INFO msg="waiting for signals" argo=true signalPath=/x', True),
        ('time="2025-01-01T00:00:00.000Z" level=info msg="sub-process exited" argo=true error="<nil>"', True),
        ('{"time":"2026-11-24T02:14:45Z","level":"INFO","msg":"x","argo":true}', True),
        ("argo=true", False),
        ("level=INFO argo=true", False),
        ('time=2026-11-24T02:14:45.553Z level=INFO msg="of a user\'s program"', False),
        ('{"time":"2026-11-24T02:14:45Z","msg":"of a user"}', False),
    ],
)
def test_lines_of_the_executor(text, own):
    assert (users_part(text) is None) is own


EXITING = 'time=2026-11-28T15:44:47.286Z level=INFO msg="file signal handler exiting due to context cancellation" argo=true'


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("said", "said"),
        (f"no end of line{EXITING}", "no end of line"),
        ('{"a": 1}{"time":"2026-11-24T02:14:45.1Z","level":"INFO","msg":"x","argo":true}', '{"a": 1}'),
        (EXITING, None),
        ("at time=2026-11-24T02:14:45Z level=INFO", "at time=2026-11-24T02:14:45Z level=INFO"),
    ],
)
def test_a_line_without_an_end_is_cut_before_the_executors(text, part):
    assert users_part(text) == part


def test_pods_that_are_gone_are_said():
    nodes = {
        "a": {"type": "Pod", "phase": "Succeeded", "displayName": "a", "name": "w.a"},
        "b": {"type": "Pod", "phase": "Succeeded", "displayName": "b", "name": "w.b"},
        "c": {"type": "Pod", "phase": "Pending", "displayName": "c", "name": "w.c"},
        "d": {"type": "Pod", "phase": "Succeeded", "displayName": "d", "name": "w.d", "memoizationStatus": {"hit": True}},
        "e": {"type": "DAG", "phase": "Running", "displayName": "e", "name": "w.e"},
    }
    (line,) = missing_pods(nodes, {"a"})
    assert (line.node, line.notice, line.text) == ("b", True, "its pod is gone, and its log with it")

"""What the pods of a real controller write, in the log of the task that submitted them."""

from __future__ import annotations

import pytest

from airflow_argo.operators.errors import WorkflowFailed
from tests.provider.test_kills import manifest, shell
from tests.provider.tries import Task

pytestmark = [pytest.mark.cluster, pytest.mark.controller, pytest.mark.slow]


@pytest.fixture(autouse=True)
def connected(connection, monkeypatch, controller):
    monkeypatch.setenv("AIRFLOW_CONN_ARGO_DEFAULT", connection)


def of(node, task):
    """What a node wrote, as the task's log has it."""
    start = f"[{node}] "
    return [text.removeprefix(start) for text in task.log.texts if text.startswith(start)]


def fails(task):
    with pytest.raises(WorkflowFailed) as caught:
        task.try_it()
    return str(caught.value)


def test_followed_logs_come_while_pods_write():
    slowly = 'for i in $(seq 4); do echo "line $i"; sleep 1; done; printf "no end of line"'
    tasks = [
        {"name": "a", "template": "slow"},
        {"name": "b", "template": "slow", "depends": "a"},
        {"name": "quick", "template": "quick"},
    ]
    task = Task(
        manifest([{"name": "main", "dag": {"tasks": tasks}}, shell("slow", slowly), shell("quick", "echo done")]), logs="all"
    )
    task.try_it()
    for node in "ab":
        assert of(node, task) == ["line 1", "line 2", "line 3", "line 4", "no end of line"]
    assert of("quick", task) == ["done"]
    seen = {text: moment for moment, text in task.log.lines}
    assert 2 < seen["[a] line 4"] - seen["[a] line 1"] < 6  # one after the other, not all at the end
    assert seen["[b] line 1"] > seen["[a] line 4"]


def test_of_pods_that_failed_the_end_is_shown():
    many = "for i in $(seq 3000); do echo $i; done; head -c 100000 /dev/zero | tr '\\0' x; printf '\\n\\377\\n'; exit 3"
    tasks = [{"name": "good", "template": "good"}, {"name": "bad", "template": "bad"}]
    bad = shell("bad", many, retryStrategy={"limit": 1})
    task = Task(manifest([{"name": "main", "dag": {"tasks": tasks}}, shell("good", "echo secretly"), bad]), log_tail=6)
    assert "is Failed" in fails(task)
    for attempt in ("bad(0)", "bad(1)"):
        written = [text for text in of(attempt, task) if not text.startswith(("failed", "Error: "))]  # what Argo says
        assert written == ["2998", "2999", "3000", "x" * 100000, "\ufffd"], [text[:50] for text in written]
        assert any("exit code 3" in text for text in of(attempt, task))
    assert of("good", task) == []


def test_of_several_containers_each_is_shown():
    both = {
        "name": "main",
        "containerSet": {
            "containers": [
                {"name": "one", "image": "lab/task:1", "command": ["sh", "-c", "echo of one"]},
                {"name": "two", "image": "lab/task:1", "command": ["sh", "-c", "echo of two; exit 4"], "dependencies": ["one"]},
            ]
        },
    }
    task = Task(manifest([both]))
    fails(task)
    written = "\n".join(task.log.texts)
    assert "of one" in written
    assert "of two" in written


def test_a_pod_that_is_gone_says_so():
    task = Task(
        manifest([shell("main", "echo before; exit 1")], podGC={"strategy": "OnPodCompletion", "deleteDelayDuration": "0s"})
    )
    fails(task)
    written = "\n".join(task.log.texts)
    assert "log with it" in written or "before" in written


def test_a_pod_that_never_starts_says_why():
    main = shell("main", "true", activeDeadlineSeconds=5)
    main["container"]["image"] = "no.such.registry/image:1"
    task = Task(manifest([main]))
    said = fails(task)
    assert "is Failed" in said
    written = "\n".join(task.log.texts)
    assert "there is no log" in written or "log with it" in written, written


def test_no_logs_if_none_are_wanted():
    task = Task(manifest([shell("main", "echo hidden; exit 1")]), logs="none")
    fails(task)
    assert not any("hidden" in text for text in task.log.texts)
    assert any("exit code 1" in text for text in task.log.texts)

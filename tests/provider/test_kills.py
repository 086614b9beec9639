"""What becomes of workflows that run when their tasks are killed, and of those that failed when their tasks are tried again."""

from __future__ import annotations

import pytest

from airflow_argo.operators import argo
from tests.provider.tries import Task, until

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def shell(name, command, **fields):
    return {"name": name, "container": {"image": "lab/task:1", "command": ["sh", "-c", command]}, **fields}


def manifest(templates, **spec):
    meta = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"generateName": "k-"}}
    return {**meta, "spec": {"entrypoint": "main", "templates": templates, **spec}}


@pytest.fixture(autouse=True)
def connected(connection, monkeypatch, controller):
    monkeypatch.setenv("AIRFLOW_CONN_ARGO_DEFAULT", connection)


def steps(node_map):
    return {node["displayName"]: node["phase"] for node in node_map.values()}


ENDS = [  # the policy; the workflow's end; whether its exit handler runs
    ("stop", "Failed", True),
    ("terminate", "Failed", False),
    ("delete", None, False),
    ("keep", "Succeeded", True),
]


@pytest.mark.parametrize(("policy", "phase", "handled"), ENDS, ids=[policy for policy, _, _ in ENDS])
def test_a_task_that_is_killed_ends_its_workflow_as_its_policy_says(policy, phase, handled, cluster, marks, monkeypatch):
    long = f"{marks.command('began')}; sleep {8 if policy == 'keep' else 600}"
    made = manifest([shell("main", long), shell("bye", marks.command("bye"))], onExit="bye")
    task = Task(made, on_kill_action=policy, on_finish_action="keep")
    ended = task.in_background()
    until(lambda: marks.counts["began"])
    monkeypatch.setattr(argo, "state_of", lambda attempt: "failed")  # what Airflow would say of a task marked failed
    task.operator.on_kill()
    value, error = ended()
    found = list(cluster.list(label_selector=task.selector))
    if phase is None:
        assert "deleted" in str(error)
        assert found == []
    else:
        assert found[0].phase == phase, error
        assert (error is None) is (phase == "Succeeded")
    assert marks.counts["bye"] == handled
    assert marks.counts["began"] == 1
    assert value in (None, {})


def test_a_worker_that_is_only_told_to_end_leaves_its_workflow(cluster, marks, monkeypatch):
    task = Task(manifest([shell("main", f"{marks.command('began')}; sleep 5")]))
    ended = task.in_background()
    until(lambda: marks.counts["began"])
    monkeypatch.setattr(argo, "state_of", lambda attempt: "running")
    task.operator.on_kill()
    assert ended() == ({}, None)
    assert any("goes on" in text for text in task.log.texts)


def test_too_long_is_stopped(cluster, marks):
    task = Task(manifest([shell("main", f"{marks.command('began')}; sleep 600")]), timeout=6)
    _, error = task.in_background()()
    assert "took longer than 6 s" in str(error)
    [one] = cluster.list(label_selector=task.selector)
    until(lambda: cluster.get(one.name).phase == "Failed")


@pytest.mark.parametrize("strategy", ["retry", "resubmit"])
def test_a_retry_runs_what_failed_or_all(strategy, cluster, marks):
    first = shell("first", f"{marks.command('first')} > /tmp/n")
    first["outputs"] = {"parameters": [{"name": "n", "globalName": "first", "valueFrom": {"path": "/tmp/n"}}]}
    second = shell("second", f"test $({marks.command('second')}) -gt 1")
    third = shell("third", marks.command("third"))
    tasks = [
        {"name": "a", "template": "first"},
        {"name": "b", "template": "second", "depends": "a"},
        {"name": "c", "template": "third", "depends": "b"},
    ]
    made = manifest([{"name": "main", "dag": {"tasks": tasks}}, first, second, third])
    task = Task(made, retry_strategy=strategy)
    _, error = task.in_background()()
    assert "is Failed" in str(error)
    value, error = task.in_background()()
    assert error is None
    found = list(cluster.list(label_selector=task.selector))
    if strategy == "retry":
        assert marks.counts == {"first": 1, "second": 2, "third": 1}
        assert value == {"first": 1}
        assert len(found) == 1
        assert {name: phase for name, phase in steps(found[0].nodes).items() if name in "abc"} == dict.fromkeys(
            "abc", "Succeeded"
        )
    else:
        assert marks.counts == {"first": 2, "second": 2, "third": 1}
        assert value == {"first": 2}
        assert len(found) == 2


@pytest.mark.parametrize("changed", [False, True], ids=["as it was", "changed"])
def test_a_task_that_is_cleared_retries_what_it_would_submit_now(changed, cluster, marks):
    first, second = shell("first", marks.command("first")), shell("second", f"test $({marks.command('second')}) -gt 1")
    calls = [{"name": "a", "template": "first"}, {"name": "b", "template": "second", "depends": "a"}]
    task = Task(manifest([{"name": "main", "dag": {"tasks": calls}}, first, second]), retry_strategy="retry")
    assert "is Failed" in str(task.in_background()()[1])
    task.max_tries += 1
    if changed:
        second["container"]["command"][-1] += "; true"
    assert task.in_background()() == ({}, None)
    assert marks.counts == {"first": 1 + changed, "second": 2}
    assert len(list(cluster.list(label_selector=task.selector))) == 1 + changed

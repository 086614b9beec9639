"""A workflow that stands still, in the log of whatever waits for it; and that nothing is said of others."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import uuid
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import TaskDeferred

from airflow_argo.cluster import standing_still
from airflow_argo.cluster.rbac import Rule
from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.hooks.standing_still import StandstillLooks
from airflow_argo.offload.steps import ArgoStepOperator
from airflow_argo.offload.trigger import ArgoStepTrigger
from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator
from airflow_argo.sensors.argo import ArgoWorkflowSensor
from airflow_argo.triggers import shared_watch as shared
from airflow_argo.triggers.argo import ArgoWorkflowTrigger
from airflow_argo.triggers.judge import Judge
from airflow_argo.triggers.selection import ArgoWorkflowsTrigger
from tests.cluster.conftest import NO_OP, kubelet  # noqa: F401 - a fixture
from tests.cluster.controller import set_status
from tests.cluster.stuck import node, stand_still
from tests.cluster.test_errors_cluster import admin_config, bot  # noqa: F401 - fixtures

pytestmark = pytest.mark.cluster

SEES = Rule("", "pods", ("list",))
LOOKS = Rule("argoproj.io", "workflows", ("get", "list", "create", "patch"))
WATCHES = Rule("argoproj.io", "workflows", ("get", "list", "watch", "create", "patch"))
UNWATCHED = {"looks": [LOOKS, SEES], "watches": [WATCHES, SEES], "blind": [WATCHES], "blind and looks": [LOOKS]}


@pytest.fixture(scope="module")
def accounts(bot):  # noqa: F811 - a fixture
    """Connections as accounts that may see and do different things."""
    return {name: bot(rules=rules)._api for name, rules in UNWATCHED.items()}


@pytest.fixture
def hook_of(accounts, namespace, monkeypatch):
    """A connection as one of them, in workers and in the triggerer. Seconds without a change count, as otherwise minutes do."""
    monkeypatch.setattr(standing_still, "QUIET", 1.5)
    monkeypatch.setattr(shared, "LINGER", 0.0)
    shared._watches.clear()

    def made(account):
        hook = ArgoHook("c", namespace)
        hook.__dict__["api"], hook.__dict__["connection"] = accounts[account], SimpleNamespace(server="", ui_url="")

        async def make(conn_id, namespace):
            return hook

        monkeypatch.setattr(shared.shared_watch, "__defaults__", (make,))
        monkeypatch.setattr(ArgoHook, "make", staticmethod(make))
        return hook

    yield made
    for watch in shared._watches.values():
        watch.stop()


@pytest.fixture
def name(cluster, api, kubelet):  # noqa: F811 - a fixture
    """A workflow that stands still for some seconds, and then succeeds."""
    made = cluster.submit(NO_OP, labels={"batch": "stuck"}).name
    stand_still(api, kubelet, made, "unseen")
    nodes = {"unseen": node("unseen", made, "Succeeded") | {"templateName": "main", "displayName": "main"}}
    end = threading.Timer(7, lambda: set_status(api, made, "Succeeded", nodes=nodes, finishedAt="2026-01-01T00:00:00Z"))
    end.start()
    yield made
    end.join()
    cluster.delete(made)


@pytest.fixture
def said(caplog, capsys):
    """How often it was said of a workflow that it stands still since it was asked last, in either of Airflow's ways to log."""

    def times(name):
        text = caplog.text + capsys.readouterr().out
        caplog.clear()
        return text.count(f"Workflow {name}: [step unseen] its pod has ended, and for 0 minutes Argo has taken no note of it")

    with caplog.at_level(logging.DEBUG):
        yield times


def context():
    ti = SimpleNamespace(dag_id="d", task_id="t", run_id=uuid.uuid4().hex, map_index=-1, try_number=1, id="", max_tries=0)
    return {"ti": ti}


ACCOUNTS = pytest.mark.parametrize(("account", "times"), [("looks", 1), ("watches", 1), ("blind", 0), ("blind and looks", 0)])


@ACCOUNTS
def test_a_worker_that_waits(hook_of, name, cluster, said, account, times):
    task = ArgoSubmitWorkflowOperator(task_id="t", manifest=NO_OP, poll_interval=0.2)
    task.__dict__["hook"] = hook = hook_of(account)
    assert task._waited(cluster.get(name), hook.api.clock.now() + 30).phase == "Succeeded"
    assert said(name) == times


@ACCOUNTS
def test_a_worker_that_waits_for_a_step(hook_of, name, cluster, said, account, times):
    task = ArgoStepOperator(task_id="t", step="main", submitted_by="s")
    task.poll_interval = 0.2
    task.__dict__["hook"] = hook_of(account)
    assert task._watched(cluster.get(name), context()).state == "success"
    assert said(name) == times


def triggers(name, namespace):
    """Of the operator, of a step, and of a sensor by name and by label."""
    return [
        ArgoWorkflowTrigger(name, namespace, poll_interval=0.2, deadline=time.time() + 30),
        ArgoStepTrigger("main", name, "", namespace, poll_interval=0.2),
        ArgoWorkflowsTrigger(Judge("it"), namespace, name, poll_interval=0.2),
        ArgoWorkflowsTrigger(Judge("it"), namespace, "", "batch=stuck", poll_interval=0.2),
    ]


async def event_of(trigger):
    return (await asyncio.wait_for(anext(trigger.run()), 20)).payload


@ACCOUNTS
def test_a_triggerer(hook_of, name, namespace, said, account, times):
    hook_of(account)
    waits = triggers(name, namespace)

    async def all_of_them():
        return await asyncio.gather(*map(event_of, waits))

    assert [event["status"] for event in asyncio.run(all_of_them())] == ["done", "done", "good", "good"]
    assert said(name) == times * len(waits)


def test_waits_of_a_triggerer_share_one_list_of_pods(hook_of, name, namespace, cluster, proxied, proxy, said):
    hook_of("watches").__dict__["api"] = proxied._api
    others = [cluster.submit(NO_OP).name for _ in range(5)]
    waits = [trigger for one in (name, *others) for trigger in triggers(one, namespace)]

    async def all_of_them():
        waiting = [asyncio.ensure_future(event_of(one)) for one in waits]
        done, left = await asyncio.wait(waiting, timeout=6)
        for one in left:
            one.cancel()
        assert not done

    asyncio.run(all_of_them())
    assert said(name) >= 3
    lists = [request for request in proxy.requests if request.path.endswith("/pods")]
    assert 2 <= len(lists) <= 5  # in six seconds, each 1.5 s
    read = [
        one.query["fieldSelector"] for one in proxy.requests if one.path.endswith("/workflows") and "fieldSelector" in one.query
    ]
    assert set(read) == {f"metadata.name={name}"}  # of the others nothing is read


@pytest.mark.parametrize("by", ["workflow_name", "label_selector"])
def test_a_sensor_that_pokes_tells_it_once(hook_of, name, said, by):
    value = {"workflow_name": name, "label_selector": "batch=stuck"}[by]
    sensor = ArgoWorkflowSensor(task_id="s", **{by: value}, poke_interval=0.2, timeout=20)
    sensor.__dict__["hook"] = hook_of("looks")
    sensor.execute({})
    assert said(name) == 1


def test_each_process_of_a_rescheduled_sensor_tells_it(hook_of, name, said):
    hook = hook_of("looks")

    def poked():
        sensor = ArgoWorkflowSensor(task_id="s", workflow_name=name, mode="reschedule")
        sensor.__dict__["hook"] = hook
        return sensor.poke({})

    assert not poked()
    assert said(name) == 0  # it may go on yet
    time.sleep(3)
    assert not poked()
    assert said(name) == 1
    assert not poked()
    assert said(name) == 1


def test_a_sensor_leaves_it_to_the_triggerer(hook_of, name, said):
    sensor = ArgoWorkflowSensor(task_id="s", workflow_name=name, deferrable=True)
    sensor.__dict__["hook"] = hook_of("looks")
    time.sleep(3)
    with pytest.raises(TaskDeferred):
        sensor.execute({})
    assert said(name) == 0


def test_through_an_argo_server_nothing_is_said(hook, hook_of, name, said):
    hook_of("looks")
    time.sleep(3)
    StandstillLooks(hook().api, logging.getLogger("a"), "").look(name)
    assert said(name) == 0


def test_many_pods_are_told_of_in_few_lines(hook_of, cluster, api, kubelet, caplog):  # noqa: F811 - a fixture
    made = cluster.submit(NO_OP).name
    stand_still(api, kubelet, made, *"abcdefghijkl")
    time.sleep(3)
    StandstillLooks(hook_of("looks").api, logging.getLogger("a")).look(made)
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 11
    assert caplog.records[-1].getMessage() == "It is the same with 2 more pods"

"""A service account that may look at workflows, but not watch them: all waits look every so often, and say so."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from contextlib import suppress
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from airflow_argo.cluster import NotFoundError
from airflow_argo.cluster.rbac import Rule
from airflow_argo.cluster.resources import WORKFLOWS, Call
from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.offload.steps import ArgoStepOperator
from airflow_argo.offload.trigger import ArgoStepTrigger
from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator
from airflow_argo.sensors.argo import ArgoWorkflowSensor
from airflow_argo.triggers import shared_watch as shared
from tests.cluster.conftest import NO_OP
from tests.cluster.controller import set_status
from tests.cluster.test_errors_cluster import admin_config, bot  # noqa: F401 - fixtures

pytestmark = pytest.mark.cluster

OUTPUTS = {"parameters": [{"name": "n", "value": "7"}]}
NODE = {"id": "w", "name": "w", "displayName": "main", "type": "Suspend", "phase": "Succeeded", "templateName": "main"}


@pytest.fixture(scope="module")
def account(bot):  # noqa: F811 - a fixture
    return bot(rules=[Rule("argoproj.io", "workflows", ("get", "list", "create", "patch"))])._api


@pytest.fixture
def hook(account, namespace, monkeypatch):
    """A connection as that account, in workers and in the triggerer."""
    made = ArgoHook("of-bot", namespace)
    made.__dict__["api"], made.__dict__["connection"] = account, SimpleNamespace(server="", ui_url="")

    async def make(conn_id, namespace):
        return made

    monkeypatch.setattr(shared.shared_watch, "__defaults__", (make,))
    monkeypatch.setattr(ArgoHook, "make", staticmethod(make))
    return made


def operator(hook, **arguments):
    task = ArgoSubmitWorkflowOperator(task_id="t", **{"manifest": NO_OP, "poll_interval": 0.2, **arguments})
    task.__dict__["hook"] = hook
    return task


def context():
    ti = SimpleNamespace(
        dag_id="d", task_id="t", run_id=uuid.uuid4().hex, map_index=-1, try_number=1, id="", xcom_push=lambda **_: None
    )
    return {"ti": ti}


def ends_soon(api, task):
    """Lets the workflow that the task is about to submit succeed, a second after it is there."""

    def there():
        return task._running and api.send(Call("get", WORKFLOWS, api.namespace, task._running[1]))

    def end():
        deadline, found = time.monotonic() + 60, None
        while not found and time.monotonic() < deadline:
            time.sleep(1)
            with suppress(NotFoundError):
                found = there()
        time.sleep(1)
        set_status(api, task._running[1], "Succeeded", outputs=OUTPUTS, finishedAt="2026-01-01T00:00:00Z")

    threading.Thread(target=end, daemon=True).start()


def event_of(trigger):
    async def first():
        return (await asyncio.wait_for(anext(trigger.run()), 20)).payload

    return asyncio.run(first())


def deferred_by(task, where):
    with pytest.raises(TaskDeferred) as caught:
        task.execute(where)
    return caught.value


def test_a_worker_looks(hook, api, capsys):
    task = operator(hook, deferrable=False)
    ends_soon(api, task)
    assert task.execute(context()) == {"n": 7}
    said = capsys.readouterr().out
    assert "Looking every 0.2 s, since watching isn't allowed" in said
    assert "verbs: [watch]" in said


def test_a_triggerer_looks(hook, api):
    task, where = operator(hook, deferrable=True), context()
    ends_soon(api, task)
    deferred = deferred_by(task, where)
    assert task.execute_complete(where, event_of(deferred.trigger)) == {"n": 7}


def test_a_note_that_may_not_be_made_fails_no_task(hook, bot, capsys):  # noqa: F811 - a fixture
    hook.__dict__["api"] = bot(rules=[Rule("argoproj.io", "workflows", ("get", "list", "create"))])._api
    task = operator(hook, wait_for_completion=False)
    assert task.execute(context()) == task._running[1]
    assert "can't be annotated" in capsys.readouterr().out


def test_what_is_refused_for_good_is_not_tried_again(hook):
    typo = {**NO_OP, "spec": {**NO_OP["spec"], "entryPoint": "main"}}
    with pytest.raises(AirflowFailException, match=r'unknown field "spec.entryPoint"'):
        operator(hook, manifest=typo).execute(context())


@pytest.mark.parametrize("by", ["workflow_name", "label_selector"])
def test_a_sensor_in_a_triggerer_looks(hook, cluster, api, by):
    made = cluster.submit(NO_OP, labels={"looked-at": by})
    value = {"workflow_name": made.name, "label_selector": f"looked-at={by}"}[by]
    sensor = ArgoWorkflowSensor(task_id="s", **{by: value}, deferrable=True, poke_interval=0.2)
    sensor.__dict__["hook"] = hook
    deferred = deferred_by(sensor, {})
    threading.Timer(1.0, lambda: set_status(api, made.name, "Succeeded")).start()
    assert event_of(deferred.trigger)["status"] == "good"


def test_a_step_in_a_triggerer_is_looked_at(hook, cluster, api):
    made = cluster.submit(NO_OP)
    trigger = ArgoStepTrigger("main", made.name, made.uid, hook.namespace, "of-bot", poll_interval=0.2)
    threading.Timer(1.0, lambda: set_status(api, made.name, "Succeeded", nodes={"w": NODE})).start()
    assert event_of(trigger)["outcome"]["state"] == "success"


def test_a_step_whose_workflow_is_gone_says_what_to_clear(hook, cluster):
    facts = {"workflow_name": "gone", "workflow_uid": "u", "workflow_namespace": hook.namespace, "workflow_url": ""}
    ti = SimpleNamespace(
        dag_id="d",
        task_id="b",
        run_id="r",
        map_index=-1,
        try_number=1,
        id="",
        max_tries=0,
        xcom_push=lambda **_: None,
        xcom_pull=lambda task_ids, key: facts[key],
    )
    step = ArgoStepOperator(task_id="b", step="b", submitted_by="submit")
    step.__dict__["hook"] = hook
    said = "workflow 'gone' was deleted, so that step 'b' can't be shown, nor run again; clear 'submit'"
    with pytest.raises(AirflowFailException, match=said):
        step.execute({"ti": ti})
    with pytest.raises(AirflowFailException, match=said):
        step.execute_complete({"ti": ti}, event_of(ArgoStepTrigger("b", "gone", "u", hook.namespace, "of-bot")))

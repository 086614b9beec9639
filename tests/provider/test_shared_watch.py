"""All waits of a process share one LIST + WATCH, and lose nothing when it breaks."""

import asyncio
import json
import time
from dataclasses import replace

import pytest

from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.hooks.connection import ArgoConnection
from airflow_argo.triggers import ending
from airflow_argo.triggers import shared_watch as shared
from airflow_argo.triggers.argo import ArgoWorkflowTrigger
from airflow_argo.triggers.judge import Judge
from airflow_argo.triggers.selection import ArgoWorkflowsTrigger
from tests.cluster.conftest import NO_OP
from tests.cluster.controller import set_status
from tests.cluster.proxy import Plan

pytestmark = pytest.mark.cluster

EXEC_API = "client.authentication.k8s.io/v1beta1"


@pytest.fixture
def argo(proxied, proxy, monkeypatch, namespace):
    """Triggers talk to the API server through the proxy; the watch is a fresh one."""
    hook = ArgoHook("proxied", namespace)
    hook.__dict__["api"] = proxied._api

    async def make(conn_id, namespace):
        return hook

    monkeypatch.setattr(shared.shared_watch, "__defaults__", (make,))
    monkeypatch.setattr(ArgoHook, "make", staticmethod(make))
    monkeypatch.setattr(shared, "LINGER", 0.2)
    shared._watches.clear()
    yield proxied
    for watch in shared._watches.values():
        watch.stop()


def trigger(submission, namespace, **more):
    return ArgoWorkflowTrigger(submission.name, namespace, submission.uid, "proxied", deadline=time.time() + 40, **more)


async def first(one):
    return (await anext(one.run())).payload


def run(*waits, then):
    async def all_of_them():
        waiting = [asyncio.ensure_future(first(one)) for one in waits]
        await asyncio.sleep(1.5)
        await asyncio.to_thread(then)
        return await asyncio.wait_for(asyncio.gather(*waiting), 40)

    return asyncio.run(all_of_them())


def submit(cluster, count):
    return [cluster.submit(NO_OP) for _ in range(count)]


def test_many_waits_are_one_watch(argo, proxy, api, namespace):
    made = submit(argo, 8)
    proxy.requests.clear()
    events = run(
        *(trigger(one, namespace) for one in made), then=lambda: [set_status(api, one.name, "Succeeded") for one in made]
    )
    assert [event["status"] for event in events] == ["done"] * 8
    assert [event["name"] for event in events] == [one.name for one in made]
    reads = [request for request in proxy.requests if request.method == "GET"]
    assert sum(request.is_watch for request in reads) == sum(request.is_list for request in reads) == 1
    assert len(reads) == 2


def test_a_cut_watch_and_a_storm_of_errors_lose_nothing(argo, proxy, api, namespace):
    made = submit(argo, 2)
    busy = (500, {}, b'{"kind":"Status","code":500}')

    def storm():
        left = [3]
        proxy.plan = lambda request: Plan(answer=busy) if left[0] > 0 and not left.__setitem__(0, left[0] - 1) else None
        proxy.cut()
        for one in made:
            set_status(api, one.name, "Failed", message="why")

    events = run(*(trigger(one, namespace) for one in made), then=storm)
    assert {(event["status"], event["phase"], event["message"]) for event in events} == {("done", "Failed", "why")}


def test_history_that_is_gone_is_listed_anew(argo, proxy, api, namespace):
    [one] = submit(argo, 1)
    gone = b'{"type":"ERROR","object":{"kind":"Status","status":"Failure","reason":"Expired","code":410}}\n'

    def expire():
        first_of_all = [True]
        proxy.plan = lambda request: Plan(first=gone) if request.is_watch and first_of_all.pop() else None
        proxy.cut()
        set_status(api, one.name, "Succeeded")

    [event] = run(trigger(one, namespace), then=expire)
    assert event["status"] == "done"


def test_a_deleted_workflow_is_gone_and_one_that_ended_before_is_done(argo, api, namespace):
    here, deleted, ended = submit(argo, 3)
    set_status(api, ended.name, "Succeeded", outputs={"parameters": [{"name": "x", "value": "1"}]})

    def then():
        argo.delete(deleted.name)
        set_status(api, here.name, "Succeeded")

    events = run(*(trigger(one, namespace) for one in (here, deleted, ended)), then=then)
    assert [event["status"] for event in events] == ["done", "gone", "done"]
    assert events[2]["workflow"]["status"]["outputs"]["parameters"][0]["value"] == "1"


def test_an_end_that_argo_deletes_at_once_is_kept(argo, api, namespace):
    made = argo.submit({**NO_OP, "spec": {**NO_OP["spec"], "ttlStrategy": {"secondsAfterCompletion": 0}}})

    def then():
        set_status(api, made.name, "Succeeded", nodes={"n": {"id": "n", "name": "n", "type": "Pod", "phase": "Succeeded"}})
        argo.delete(made.name)

    [event] = run(trigger(made, namespace), then=then)
    assert event["status"] == "done"
    assert "n" in event["workflow"]["status"]["nodes"]


def test_too_long_is_a_timeout_and_a_missing_one_is_gone(argo, namespace, monkeypatch):
    monkeypatch.setattr("airflow_argo.triggers.argo.UNSEEN_FOR", 0.5)
    [one] = submit(argo, 1)
    late = trigger(one, namespace)
    late.deadline = time.time() + 1
    missing = ArgoWorkflowTrigger("none", namespace, argo_conn_id="proxied", deadline=time.time() + 20)
    assert [event["status"] for event in run(late, missing, then=lambda: None)] == ["timeout", "gone"]


def test_a_selector_waits_for_all_that_it_matches(argo, api, namespace):
    made = [argo.submit(NO_OP, labels={"batch": "7"}) for _ in range(2)]
    argo.submit(NO_OP)
    wait = ArgoWorkflowsTrigger(Judge("batch"), namespace, "", "batch=7", "proxied", time.time() + 30)
    same = ArgoWorkflowsTrigger(**wait.serialize()[1])
    events = run(wait, same, then=lambda: [set_status(api, one.name, "Succeeded") for one in made])
    assert [event["status"] for event in events] == ["good", "good"]


def test_a_trigger_comes_back_from_airflows_database_as_it_was(namespace):
    path, fields = ArgoWorkflowTrigger("w", namespace, "u", deadline=1.5, on_kill_action="keep").serialize()
    assert path == "airflow_argo.triggers.argo.ArgoWorkflowTrigger"
    assert ArgoWorkflowTrigger(**fields).serialize() == (path, fields)
    assert set(map(type, fields.values())) <= {str, float, type(None)}


def test_a_kill_by_a_user_stops_the_workflow(argo, namespace):
    [one] = submit(argo, 1)
    asyncio.run(trigger(one, namespace).on_kill())
    assert argo.get(one.name).manifest["spec"]["shutdown"] == "Stop"
    [kept] = submit(argo, 1)
    asyncio.run(trigger(kept, namespace, on_kill_action="keep").on_kill())
    assert "shutdown" not in argo.get(kept.name).manifest["spec"]


def test_a_kill_is_seen_to_though_airflow_waits_no_longer(argo, namespace, monkeypatch):
    [one] = submit(argo, 1)
    make = ArgoHook.make

    async def slow(*where):
        await asyncio.sleep(0.5)
        return await make(*where)

    async def kill():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(trigger(one, namespace).on_kill(), 0.1)
        await asyncio.gather(*ending._endings)

    monkeypatch.setattr(ArgoHook, "make", slow)
    asyncio.run(kill())
    assert argo.get(one.name).manifest["spec"]["shutdown"] == "Stop"


def test_an_end_that_nobody_watched_is_found_in_the_history(argo, api, namespace, monkeypatch):
    monkeypatch.setattr("airflow_argo.triggers.argo.UNSEEN_FOR", 0.5)
    made = argo.submit(NO_OP)
    set_status(api, made.name, "Running")
    set_status(api, made.name, "Succeeded", outputs={"parameters": [{"name": "x", "value": "1"}]})
    argo.delete(made.name)
    since = made.workflow.resource_version
    [event] = run(trigger(made, namespace, resource_version=since), then=lambda: None)
    assert event["status"] == "done"
    assert event["workflow"]["status"]["outputs"]["parameters"][0]["value"] == "1"
    assert argo.last_state(made.name, uid="another", since=since) is None


def test_of_a_workflow_that_never_ended_the_history_has_no_end(argo, namespace):
    made = argo.submit(NO_OP)
    argo.delete(made.name)
    assert argo.last_state(made.name, uid=made.uid, since=made.workflow.resource_version) is None
    assert argo.last_state(made.name, uid=made.uid, since="1") is None  # longer ago than the server knows


def test_a_triggerer_tells_no_end_before_the_scheduler_knows_of_the_wait(argo, api, namespace, monkeypatch):
    monkeypatch.setattr("airflow_argo.triggers.deadline.SETTLING", 2.5)
    made = argo.submit(NO_OP)
    set_status(api, made.name, "Succeeded")
    wait = trigger(made, namespace)
    monkeypatch.setattr(ArgoWorkflowTrigger, "task_instance", object())  # as in a triggerer
    started = time.monotonic()
    assert asyncio.run(first(wait))["status"] == "done"
    assert time.monotonic() - started >= 2.5


def test_a_watch_that_is_held_up_is_given_up_for_another(argo, proxy, api, namespace, monkeypatch):
    monkeypatch.setattr(shared, "LONGEST_HOLDUP", 1.0)
    monkeypatch.setattr(shared, "_LOOK", 0.2)
    [one] = submit(argo, 1)
    silent = [True]
    proxy.plan = lambda request: Plan(freeze=0) if request.is_watch and silent and silent.pop() else None
    [event] = run(trigger(one, namespace), then=lambda: set_status(api, one.name, "Succeeded"))
    assert event["status"] == "done"
    assert not silent


def test_a_login_program_that_hangs_is_not_waited_for(argo, admin, api, namespace, tmp_path, monkeypatch):
    monkeypatch.setattr("airflow_argo.hooks.argo.LONGEST_CALL", 1.0)
    headers = {}
    admin._client.update_params_for_auth(headers, [], ["BearerToken"])
    credential = {"apiVersion": EXEC_API, "kind": "ExecCredential", "status": {"token": headers["authorization"].split()[1]}}
    (tmp_path / "credential").write_text(json.dumps(credential))
    program = f"cd {tmp_path}; if mkdir began; then exec sleep 8; fi; cat credential"
    config = argo._api._client.configuration
    content = {
        "clusters": [{"name": "c", "cluster": {"server": config.host}}],
        "users": [{"name": "u", "user": {"exec": {"apiVersion": EXEC_API, "command": "sh", "args": ["-c", program]}}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    hooks = []

    async def make(conn_id, namespace):
        hook = ArgoHook("proxied", namespace, connection=ArgoConnection("proxied", kube_config=content))
        hook._light = True
        hooks.append(hook)
        return hook

    monkeypatch.setattr(shared.shared_watch, "__defaults__", (make,))
    [one] = submit(argo, 1)
    [event] = run(trigger(one, namespace), then=lambda: set_status(api, one.name, "Succeeded"))
    assert event["status"] == "done"
    assert len(hooks) == 2


def test_an_outage_is_borne_also_where_watching_is_not_allowed(argo, proxy, api, namespace):
    argo._api.patience = replace(argo._api.patience, faults=0.1)
    [one] = submit(argo, 1)
    refusal, fault = ({"kind": "Status", "code": code, "reason": reason} for code, reason in ((403, "Forbidden"), (500, "")))
    faults = [True] * 2

    def plan(request):
        if request.is_list or request.is_watch:
            return Plan(answer=(403, {}, json.dumps(refusal).encode()))
        return Plan(answer=(500, {}, json.dumps(fault).encode())) if faults and faults.pop() else None

    proxy.plan = plan
    [event] = run(trigger(one, namespace, poll_interval=0.2), then=lambda: set_status(api, one.name, "Succeeded"))
    assert event["status"] == "done"
    assert not faults

"""The sensor: what it makes of workflows in all ways to wait, against a real API server."""

from __future__ import annotations

import asyncio
import threading
import uuid

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowSensorTimeout, AirflowSkipException, TaskDeferred

from airflow_argo.diagnostics import InputError
from airflow_argo.sensors.argo import ArgoWorkflowSensor
from airflow_argo.triggers import shared_watch
from tests.cluster.conftest import NO_OP
from tests.cluster.controller import set_status

pytestmark = pytest.mark.cluster

SUCCEEDED, FAILED, SKIPPED, TIMEOUT = "succeeded", "failed", "skipped", "timeout"


@pytest.fixture
def waits(connection, monkeypatch):
    """Runs a sensor to its end: the word for it, and what it said."""
    monkeypatch.setenv("AIRFLOW_CONN_ARGO_DEFAULT", connection)
    monkeypatch.setattr(shared_watch, "LINGER", 0.0)

    def run(deferrable, **arguments):
        known = {"poke_interval": 0.1, "timeout": 1.5, "deferrable": deferrable}
        sensor = ArgoWorkflowSensor(task_id=f"s{uuid.uuid4().hex[:6]}", **{**known, **arguments})
        try:
            ended(sensor)
        except AirflowSkipException as error:
            return SKIPPED, str(error)
        except AirflowSensorTimeout as error:
            return TIMEOUT, str(error)
        except AirflowException as error:
            return FAILED, str(error)
        return SUCCEEDED, ""

    yield run
    for watch in list(shared_watch._watches.values()):
        watch.stop()


def ended(sensor):
    try:
        sensor.execute({})
    except TaskDeferred as deferred:
        path, arguments = deferred.trigger.serialize()
        trigger = type(deferred.trigger)(**arguments)
        assert path.endswith(type(trigger).__name__)

        async def event():
            return (await asyncio.wait_for(anext(trigger.run()), 30)).payload

        sensor.resume_execution(deferred.method_name, {"event": asyncio.run(event())}, {})


@pytest.fixture
def workflow(cluster, api):
    """Makes a workflow with a phase, now or in a while, and a label of its own. Returns its name."""

    def make(phase, label, after=None):
        name = cluster.submit(NO_OP, labels={"batch": label}).name
        if after:
            threading.Timer(after, lambda: set_status(api, name, phase)).start()
        elif phase:
            set_status(api, name, phase)
        return name

    return make


@pytest.mark.parametrize("deferrable", [False, True])
@pytest.mark.parametrize(
    ("phases", "arguments", "end", "said"),
    [
        (["Succeeded"], {}, SUCCEEDED, ""),
        (["Failed"], {}, FAILED, "is Failed"),
        (["Error"], {"soft_fail": True}, SKIPPED, ""),
        (["Failed"], {"never_fail": True}, SKIPPED, ""),
        (["Failed"], {"silent_fail": True}, TIMEOUT, ""),
        (["Failed"], {"success_phases": ["Succeeded", "Failed"]}, SUCCEEDED, ""),
        (["Failed"], {"success_phases": "Failed"}, SUCCEEDED, ""),
        (["Running"], {}, TIMEOUT, ""),
        (["Running"], {"soft_fail": True}, SKIPPED, ""),
        (["Succeeded", "Running"], {}, TIMEOUT, ""),
        (["Running", "Failed"], {}, FAILED, "is Failed"),
        ([], {}, TIMEOUT, ""),
        ([], {"missing": "fail"}, FAILED, "there is none"),
        ([], {"missing": "fail", "soft_fail": True}, SKIPPED, ""),
        ([], {"missing": "succeed"}, SUCCEEDED, ""),
    ],
)
def test_a_selector(waits, workflow, deferrable, phases, arguments, end, said):
    label = uuid.uuid4().hex
    for phase in phases:
        workflow(phase, label)
    found, text = waits(deferrable, label_selector=f"batch={label}", **arguments)
    assert (found, said in text) == (end, True), text


@pytest.mark.parametrize("deferrable", [False, True])
@pytest.mark.parametrize(("phase", "end"), [("Succeeded", SUCCEEDED), ("Failed", FAILED)])
def test_a_name_whose_workflow_ends_meanwhile(waits, workflow, deferrable, phase, end):
    name = workflow(phase, "x", after=0.5)
    found, text = waits(deferrable, workflow_name=name, timeout=20)
    assert (found, text) == (end, f"workflow '{name}' is Failed" if end == FAILED else "")


@pytest.mark.parametrize("deferrable", [False, True])
@pytest.mark.parametrize("arguments", [{}, {"workflow_name": "a", "label_selector": "b"}])
def test_no_workflow_or_two_ways_to_name_some(waits, deferrable, arguments):
    with pytest.raises(InputError, match="names no workflow, or two ways"):
        waits(deferrable, **arguments)

"""Restarting real workflows: a controller ends them, and only what should have run again has."""

from __future__ import annotations

import uuid

import pytest

from airflow_argo.cluster import WrongPhaseError
from airflow_argo.cluster.client import MERGE_PATCH
from airflow_argo.cluster.resources import CONFIG_MAPS, Call

from .retry_scenarios import SCENARIOS

pytestmark = [pytest.mark.cluster, pytest.mark.controller, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def switch(controlled):
    """A ConfigMap that says whether jobs fail, and how to turn it on."""
    api, name = controlled._api, f"switch-{uuid.uuid4().hex[:6]}"
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"go": "no"}}
    api.send(Call("create", CONFIG_MAPS, api.namespace), config_map)
    turn_on = Call("patch", CONFIG_MAPS, api.namespace, name)
    yield name, lambda: api.send(turn_on, {"data": {"go": "yes"}}, content_type=MERGE_PATCH)
    api.send(Call("delete", CONFIG_MAPS, api.namespace, name))


@pytest.fixture(scope="module")
def ended(controlled, switch):
    """Scenario → its end before and after the restart; all run at the same time."""
    config, turn_on = switch
    names = {key: controlled.submit(scenario.manifest(key, config)).name for key, scenario in SCENARIOS.items()}
    try:
        failed = controlled.wait_all(names.values(), timeout=240)
        turn_on()
        refused = []
        for key, scenario in SCENARIOS.items():
            if "restart_downstream" in scenario.retry:
                with pytest.raises(WrongPhaseError, match="restart_downstream=True") as caught:
                    controlled.retry(names[key])
                refused.append(caught.value.name)
            controlled.retry(names[key], **scenario.retry)
        assert refused
        done = controlled.wait_all(names.values(), timeout=240)
        yield {key: (failed[name], done[name]) for key, name in names.items()}
    finally:
        for name in names.values():
            controlled.delete(name)


def pods_of(workflow):
    """Pod nodes: name (`@` for the workflow's) → display name and when it began."""
    at = {workflow.name: "@"}
    return {
        node["name"]: (at.get(node["displayName"], node["displayName"]).replace(workflow.name, "@"), node["startedAt"])
        for node in workflow.nodes.values()
        if node["type"] == "Pod"
    }


@pytest.mark.parametrize("key", SCENARIOS)
def test_the_failed_part_runs_again_and_nothing_else(ended, key):
    failed, done = ended[key]
    assert failed.phase in ("Failed", "Error")
    assert (done.phase, done.message) == ("Succeeded", "")
    before = pods_of(failed)
    again = {display for name, (display, start) in pods_of(done).items() if before.get(name) != (display, start)}
    assert again == SCENARIOS[key].redone
    assert {"Running", "Pending"}.isdisjoint(node["phase"] for node in done.nodes.values())

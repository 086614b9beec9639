"""What the waits for steps make of one workflow's states."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from airflow_argo.cluster import Snapshot
from airflow_argo.cluster.errors import Place
from airflow_argo.cluster.watch import Seen
from airflow_argo.offload import outcomes, trigger
from airflow_argo.offload.outcomes import outcome_of
from airflow_argo.offload.trigger import ArgoStepTrigger
from airflow_argo.triggers.standing_still import SharedPods

STEPS = [f"s{number}" for number in range(50)]


def state(done):
    """A workflow whose first steps are done."""
    nodes = {"w": {"id": "w", "name": "w", "displayName": "w", "type": "DAG", "phase": "Running"}}
    for number, step in enumerate(STEPS):
        phase = "Succeeded" if number < done else "Running"
        facts = {"id": f"w-{number}", "name": f"w.{step}", "displayName": step, "boundaryID": "w"}
        nodes[f"w-{number}"] = {**facts, "type": "Pod", "phase": phase}
    templates = [{"name": "main", "dag": {"tasks": [{"name": step, "template": "job"} for step in STEPS]}}]
    spec = {"entrypoint": "main", "templates": templates}
    return {"metadata": {"name": "w", "uid": "u"}, "spec": spec, "status": {"phase": "Running", "nodes": nodes}}


def over(manifest):
    return [step for step in STEPS if outcome_of(Snapshot(manifest), step).over]


def test_each_state_is_read_anew():
    assert [over(state(done)) for done in (0, 3, 2, 50)] == [[], STEPS[:3], STEPS[:2], STEPS]


def test_a_state_is_read_once_for_all_who_wait():
    before, manifest = outcomes._steps_by_id.cache_info().misses, state(7)
    assert over(manifest) == over(manifest) == STEPS[:7]
    assert outcomes._steps_by_id.cache_info().misses == before + 1


class Watch:
    """What a shared watch is to a trigger; it has told of all states before the first wait looks at one."""

    def __init__(self, first, later):
        self.first, self.later = first, later
        self.hook = SimpleNamespace(api=SimpleNamespace(clock=None, place=Place("s", "n")), aget=self.aget)
        self.pods = SharedPods(self.hook.api)

    async def aget(self, name):
        return Snapshot(self.first)

    def add(self, listener, name):
        for manifest in self.later:
            listener.take(Seen(manifest))

    def remove(self, listener, name):
        pass


def test_many_waits_read_each_state_once(monkeypatch):
    watch = Watch(state(0), [state(done) for done in (1, 5, 9, 50)])

    async def shared(conn_id, namespace):
        return watch

    monkeypatch.setattr(trigger, "shared_watch", shared)
    monkeypatch.setattr(trigger, "release_later", lambda watch: None)
    before = outcomes._steps_by_id.cache_info().misses

    async def ended():
        return await asyncio.gather(*(ArgoStepTrigger(step, "w", "u", "n")._by_watch() for step in STEPS))

    assert [outcome.state for outcome in asyncio.run(ended())] == ["success"] * len(STEPS)
    assert outcomes._steps_by_id.cache_info().misses - before == 5

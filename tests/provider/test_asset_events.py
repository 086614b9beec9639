"""Events of assets between Airflow and offloaded tasks."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from airflow.sdk import Asset, AssetAlias
from airflow.sdk.api.datamodels._generated import AssetEventDagRunReference
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import (
    AssetEventsResult,
    AssetResult,
    GetAssetByName,
    GetAssetEventByAssetAlias,
)
from airflow.sdk.execution_time.context import OutletEventAccessors
from airflow.sdk.execution_time.task_runner import _serialize_outlet_events

from airflow_argo.cluster import Snapshot
from airflow_argo.offload.events import EVENTS, inlet_events, tell, triggering_events
from airflow_argo.offload.outcomes import StepOutcome, outcome_of
from airflow_argo.runners.local import LocalRunner
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from airflow_argo.translator.outside import Outside

DAG_FILE = """
from airflow.sdk import DAG, Asset, AssetAlias, Metadata, task

MADE = Asset("s3://made/x")

with DAG("events", schedule=None):

    @task
    def says(outlet_events=None):
        outlet_events[MADE].extra = {"rows": 7, "text": "{{ ds }}"}
        outlet_events[AssetAlias("others")].add(Asset("s3://made/y"), extra={"y": [None]})
        return 1

    @task
    def yields():
        yield Metadata(MADE, {"n": 1})

    @task
    def asked(triggering_asset_events=None):
        return [[event.extra, event.source_dag_id] for events in triggering_asset_events.values() for event in events]

    @task(inlets=[MADE, AssetAlias("others"), Asset.ref(name="named")])
    def looks(inlet_events=None):
        made, others, named = (inlet_events[number] for number in range(3))
        asked = made, others, named, inlet_events[Asset.ref(uri=MADE.uri)]
        found = [[event.extra["n"] for event in events] for events in asked]
        found.append([made[0].asset.name, made[0].source_dag_id, len(made), made[-1].extra["n"]])
        return found + [[event.extra["n"] for event in made.after("2026-01-02T00:00:00Z").ascending(False).limit(1)]]

    @task(inlets=[MADE])
    def looks_not():
        return 1

    says(), yields(), asked(), looks(), looks_not()
"""
EVENT = {
    "asset": {"name": "a", "uri": "s3://a/x", "extra": {}},
    "extra": {"word": "{{workflow.name}}"},
    "source_task_id": "t",
    "source_dag_id": "other",
    "source_run_id": "r",
    "source_map_index": -1,
    "source_aliases": [],
    "timestamp": "2026-01-01T00:00:00Z",
    "partition_key": None,
}


class Server:
    """Airflow's server, as a task's supervisor asks it: events of each asset and alias, the oldest first."""

    def send(self, msg):
        if isinstance(msg, GetAssetByName):
            return AssetResult(name=msg.name, uri="s3://named", group="asset")
        if isinstance(msg, GetAssetEventByAssetAlias):
            return AssetEventsResult(asset_events=[happened(7, Asset("s3://made/y"))])
        made = Asset(msg.name or msg.uri, msg.uri or "s3://named")
        ids = range(1, 4) if msg.uri else range(4, 7)
        return AssetEventsResult(asset_events=[happened(number, made) for number in ids])


def happened(number, asset, extra=None):
    of = {"name": asset.name, "uri": asset.uri, "group": "asset", "extra": {}}
    facts = {"id": number, "timestamp": f"2026-01-0{number}T00:00:00Z", "source_dag_id": "other", "created_dagruns": []}
    return {**facts, "asset": of, "extra": {"n": number, **(extra or {})}}


def said():
    """What Airflow itself would be told by the two functions."""
    events = OutletEventAccessors()
    events[Asset("s3://made/x")].extra = {"rows": 7, "text": "{{ ds }}"}
    events[AssetAlias("others")].add(Asset("s3://made/y"), extra={"y": [None]})
    more = OutletEventAccessors()
    more[Asset("s3://made/x")].extra = {"n": 1}
    return {"says": events, "yields": more, "asked": OutletEventAccessors(), "looks": OutletEventAccessors()}


def test_steps_say_and_see_what_tasks_of_airflow_do(tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW_ARGO_IMAGE", "x")
    prepare_environment()
    file = tmp_path / "events.py"
    file.write_text(DAG_FILE)
    (dag,) = load_dags(file)
    run = SimpleNamespace(consumed_asset_events=[AssetEventDagRunReference.model_validate(EVENT)])
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", Server(), raising=False)
    known = {"triggering": triggering_events({"dag_run": run}), "inlet": inlet_events(dag.task_dict)}
    assert list(known["inlet"]) == ["looks"]
    outside = Outside(frozenset(dag.task_dict), carried=EVENTS, **known)
    translation = translate(dag, outside=outside)
    assert {one.message for one in translation.diagnostics if one.code == "AA218"} == {"inlets is not carried over"}
    ended = LocalRunner(folder=tmp_path / "runs").run(translation.required())
    workflow = Snapshot({**ended.manifest, "metadata": {"name": ended.name}, "status": ended.raw_status()})
    for step, events in said().items():
        outcome = StepOutcome.of_json(outcome_of(workflow, step).to_json())
        assert outcome.state == "success", outcome
        context = {"outlet_events": OutletEventAccessors()}
        tell(outcome.events, context)
        assert list(_serialize_outlet_events(context["outlet_events"])) == list(_serialize_outlet_events(events))
    assert outcome_of(workflow, "asked").pushed == {"return_value": [[{"word": "{{workflow.name}}"}, "other"]]}
    seen = [[1, 2, 3], [7], [4, 5, 6], [1, 2, 3], ["s3://made/x", "other", 3, 3], [3]]
    assert outcome_of(workflow, "looks").pushed == {"return_value": seen}


def test_of_many_events_of_inlets_the_newest_travel(tmp_path, monkeypatch):
    class Long(Server):
        def send(self, msg):
            return AssetEventsResult(asset_events=[happened(number, Asset("a"), {"x": "x" * 30_000}) for number in range(1, 7)])

    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", Long(), raising=False)
    prepare_environment()
    file = tmp_path / "events.py"
    file.write_text(
        "from airflow.sdk import DAG, Asset, task\n"
        'with DAG("events", schedule=None):\n'
        '    @task(inlets=[Asset("a")])\n'
        "    def looks(inlet_events=None): ...\n"
        "    looks()\n"
    )
    (dag,) = load_dags(file)
    (known,) = inlet_events(dag.task_dict).values()
    assert ([one["extra"]["n"] for one in known.of_assets], known.left) == ([5, 6], 4)
    found = translate(dag, outside=Outside(frozenset(dag.task_dict), carried=EVENTS, inlet={"looks": known})).diagnostics
    assert "inlet_events: the 4 oldest events are not carried over" in [one.message for one in found]


@pytest.mark.parametrize("key", ["a", "b"])
def test_events_of_partitions_keep_their_keys(key):
    context = {"outlet_events": OutletEventAccessors()}
    told = [{"dest_asset_key": {"name": "x", "uri": "x"}, "extra": {"n": 1}, "partition_key": key}]
    tell(told, context)
    assert list(_serialize_outlet_events(context["outlet_events"])) == told

"""Events of assets between Airflow and offloaded tasks."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from airflow.sdk import Asset, AssetAlias
from airflow.sdk.api.datamodels._generated import AssetEventDagRunReference
from airflow.sdk.execution_time.context import OutletEventAccessors
from airflow.sdk.execution_time.task_runner import _serialize_outlet_events

from airflow_argo.cluster import Snapshot
from airflow_argo.offload.events import EVENTS, tell, triggering_events
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

    says(), yields(), asked()
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


def said():
    """What Airflow itself would be told by the two functions."""
    events = OutletEventAccessors()
    events[Asset("s3://made/x")].extra = {"rows": 7, "text": "{{ ds }}"}
    events[AssetAlias("others")].add(Asset("s3://made/y"), extra={"y": [None]})
    more = OutletEventAccessors()
    more[Asset("s3://made/x")].extra = {"n": 1}
    return {"says": events, "yields": more, "asked": OutletEventAccessors()}


def test_steps_say_and_see_what_tasks_of_airflow_do(tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW_ARGO_IMAGE", "x")
    prepare_environment()
    file = tmp_path / "events.py"
    file.write_text(DAG_FILE)
    (dag,) = load_dags(file)
    run = SimpleNamespace(consumed_asset_events=[AssetEventDagRunReference.model_validate(EVENT)])
    outside = Outside(frozenset(dag.task_dict), carried=EVENTS, triggering=triggering_events({"dag_run": run}))
    translation = translate(dag, outside=outside)
    assert [one for one in translation.diagnostics if one.code == "AA218"] == []
    ended = LocalRunner(folder=tmp_path / "runs").run(translation.required())
    workflow = Snapshot({**ended.manifest, "metadata": {"name": ended.name}, "status": ended.raw_status()})
    for step, events in said().items():
        outcome = StepOutcome.of_json(outcome_of(workflow, step).to_json())
        assert outcome.state == "success", outcome
        context = {"outlet_events": OutletEventAccessors()}
        tell(outcome.events, context)
        assert list(_serialize_outlet_events(context["outlet_events"])) == list(_serialize_outlet_events(events))
    assert outcome_of(workflow, "asked").pushed == {"return_value": [[{"word": "{{workflow.name}}"}, "other"]]}


@pytest.mark.parametrize("key", ["a", "b"])
def test_events_of_partitions_keep_their_keys(key):
    context = {"outlet_events": OutletEventAccessors()}
    told = [{"dest_asset_key": {"name": "x", "uri": "x"}, "extra": {"n": 1}, "partition_key": key}]
    tell(told, context)
    assert list(_serialize_outlet_events(context["outlet_events"])) == told

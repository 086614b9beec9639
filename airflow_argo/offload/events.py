"""Events of assets: those of the run and of inlets go into the workflow, and what its tasks say to outlets comes out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from airflow_argo._compat import AIRFLOW_3

if TYPE_CHECKING:
    from airflow_argo.translator.outside import InletEvents

EVENTS: Final = (
    frozenset({"triggering_asset_events", "inlet_events", "outlet_events", "Metadata"}) if AIRFLOW_3 else frozenset()
)
"""What of `translator.asset_events` is carried. Airflow 2 keeps its datasets' events in its database alone."""


def triggering_events(context: Any) -> tuple[Any, ...]:
    """The events that have made the present run, in JSON. Source: airflow.sdk DagRun.consumed_asset_events."""
    found = getattr(context["dag_run"], "consumed_asset_events", None) if AIRFLOW_3 else None
    return tuple(one.model_dump(mode="json") for one in found or ())


_INLET_BYTES: Final = 64 * 1024
"""Of JSON, for the events of a task's inlets: Airflow keeps all that ever were, and a workflow has room for 1 MiB."""


def inlet_events(tasks: Mapping[str, Any]) -> dict[str, InletEvents]:
    """What Airflow knows now of the events of the inlets of those tasks that ask for it, by their ids."""
    from airflow_argo.translator.asset_events import INLET, events_in

    return {task_id: _of_inlets(task.inlets) for task_id, task in tasks.items() if AIRFLOW_3 and INLET in events_in(task)}


def _of_inlets(inlets: list[Any]) -> InletEvents:
    """The events of assets and aliases, asked for as tasks do. Source: airflow.sdk InletEventsAccessors."""
    from airflow.sdk import AssetAlias
    from airflow.sdk.definitions.asset import Asset, AssetRef
    from airflow.sdk.execution_time.context import InletEventsAccessors

    from airflow_argo.translator.outside import InletEvents

    known = InletEventsAccessors(inlets)
    found: dict[tuple[str | None, int], Any] = {}  # an asset may be named twice, by name and by URI
    for inlet in (one for one in inlets if isinstance(one, Asset | AssetAlias | AssetRef)):
        alias = inlet.name if isinstance(inlet, AssetAlias) else None
        found.update(((alias, event.id), event.model_dump(mode="json")) for event in known[inlet])
    kept: list[tuple[str | None, Any]] = []
    room = _INLET_BYTES
    for (alias, _), event in sorted(found.items(), key=lambda pair: str(pair[1]["timestamp"]), reverse=True):
        room -= len(json.dumps(event))
        if room < 0:
            break
        kept.insert(0, (alias, event))
    aliases = dict.fromkeys(alias for alias, _ in kept if alias is not None)
    return InletEvents(
        tuple(event for alias, event in kept if alias is None),
        {alias: tuple(event for one, event in kept if one == alias) for alias in aliases},
        len(found) - len(kept),
    )


def tell(events: Iterable[Mapping[str, Any]], context: Any) -> None:
    """Say to the outlets' events of the present task what its step has said.

    Args:
        events: as a task tells Airflow's server. Source: airflow.sdk.execution_time.task_runner _serialize_outlet_events.
    """
    for event in events:
        asset = event["dest_asset_key"]
        if alias := event.get("source_alias_name"):
            _to_alias(context["outlet_events"], alias, asset, event)
            continue
        accessor = context["outlet_events"].for_asset(name=asset["name"], uri=asset["uri"])
        accessor.extra = dict(event.get("extra") or {})
        if event.get("partition_key"):
            accessor.add_partitions(event["partition_key"])


def _to_alias(events: Any, alias: str, asset: Mapping[str, Any], event: Mapping[str, Any]) -> None:
    from airflow.sdk import Asset, AssetAlias

    made = Asset(name=asset["name"], uri=asset["uri"], extra=dict(event.get("dest_asset_extra") or {}))
    events[AssetAlias(alias)].add(made, extra=dict(event.get("extra") or {}))

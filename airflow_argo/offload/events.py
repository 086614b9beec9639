"""Events of assets, between Airflow and offloaded tasks: those that made the run, and what tasks say to their outlets'."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from airflow_argo._compat import AIRFLOW_3

EVENTS: Final = frozenset({"triggering_asset_events", "outlet_events", "Metadata"}) if AIRFLOW_3 else frozenset()
"""What of `translator.asset_events` is carried. Airflow 2 keeps its datasets' events in its database alone."""


def triggering_events(context: Any) -> tuple[Any, ...]:
    """The events that have made the present run, in JSON. Source: airflow.sdk DagRun.consumed_asset_events."""
    found = getattr(context["dag_run"], "consumed_asset_events", None) if AIRFLOW_3 else None
    return tuple(one.model_dump(mode="json") for one in found or ())


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

"""Listing workflows page by page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from airflow_argo.cluster.client import Api
from airflow_argo.cluster.errors import ExpiredError
from airflow_argo.cluster.resources import WORKFLOWS, Call, Manifest, query
from airflow_argo.cluster.snapshot import Snapshot

_PAGE_SIZE: Final = 100
_PHASE_LABEL: Final = "workflows.argoproj.io/phase"


def list_workflows(
    api: Api, label_selector: str, field_selector: str, phases: frozenset[str] | None, limit: int | None
) -> Iterator[Snapshot]:
    """The workflows that match, in the order of their names."""
    if phases and "" not in phases:  # the controller writes the label with the phase; what it hasn't seen has none
        of_phase = f"{_PHASE_LABEL} in ({','.join(sorted(phases))})"
        label_selector = f"{label_selector},{of_phase}" if label_selector else of_phase
    pages = _pages(api, label_selector, field_selector, _PAGE_SIZE if limit is None else min(max(limit, 1), _PAGE_SIZE))
    snapshots = (Snapshot(manifest, api.place) for page in pages for manifest in page.get("items") or ())
    return islice((found for found in snapshots if phases is None or found.phase in phases), limit)


def _pages(api: Api, label_selector: str, field_selector: str, size: int) -> Iterator[Manifest]:
    token = ""
    while True:
        options = query(labelSelector=label_selector, fieldSelector=field_selector, limit=size, **{"continue": token})
        try:
            page = api.send(Call("list", WORKFLOWS, api.namespace, query=options))
        except ExpiredError as error:  # taken too slowly: the rest is of a later moment
            if not error.fresh_token or error.fresh_token == token:
                raise
            token = error.fresh_token
            continue
        yield page
        token = (page.get("metadata") or {}).get("continue") or ""
        if not token:
            return

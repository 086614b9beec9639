"""Taking a run that has ended back to where a part of it runs again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow_argo.argo.phases import RUNNING
from airflow_argo.local.folder import STATUS, RunFolder
from airflow_argo.local.journal import read_journal, rewind
from airflow_argo.local.program import Program


def restart(folder: Path, nodes: Mapping[str, Mapping[str, Any]], program: Program | None = None) -> None:
    """Rewrites a run's record so that resuming it runs what isn't there any more.

    Args:
        folder: the run's.
        nodes: the nodes that stay, by id, as a status has them; those that are Running are looked into again.
        program: what the run goes on with, if that isn't what it began with; its workflow has the run's name.
    Raises:
        RunIsGoingOn: it hasn't ended.
        RunNotFound: there is none.
    """
    place = RunFolder(folder)
    recorded = read_journal(folder)
    place.take()
    try:
        by_id = {record["id"]: name for name, record in recorded.nodes.items()}
        kept = {by_id[id_]: node for id_, node in nodes.items() if id_ in by_id}
        gone = [name for name in recorded.nodes if name not in kept]
        records = [_record(recorded.nodes[name], node, kept) for name, node in kept.items()]
        header = recorded.header
        if program is not None:
            header = {**header, "documents": list(program.documents), "workflow": program.workflow}
        rewind(folder, gone, records, _begun(recorded.workflow), header)
        (folder / STATUS).unlink(missing_ok=True)
    finally:
        place.give_back()


def _record(record: Mapping[str, Any], node: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    changed = {**record, "phase": node["phase"], "message": node.get("message") or ""}
    for names in ("children", "outbound"):
        changed[names] = [name for name in record.get(names) or () if name in kept]
    if node["phase"] == RUNNING:
        changed.pop("finished_at", None)
        changed.pop("outputs", None)
    return changed


def _begun(workflow: Mapping[str, Any]) -> dict[str, Any]:
    return {**workflow, "phase": RUNNING, "message": "", "finished_at": None, "shutdown": ""}

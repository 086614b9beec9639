"""`airflow-argo list`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from typing import Any

from airflow_argo.cli.report import Report, table

Row = dict[str, Any]


def lists(options: Namespace) -> Report:
    """The workflows of a namespace, or the runs on this machine, the newest last."""
    rows = sorted(_local() if options.local else _of_cluster(options), key=lambda row: str(row["started"]))
    lines = [(row["name"], row["phase"] or "Pending", row["started"] or "-", row["message"]) for row in rows]
    return Report(table(("name", "status", "started", "message"), lines), rows)


def _of_cluster(options: Namespace) -> Iterable[Row]:
    from airflow_argo.cli.clusters import runner

    for found in runner(options).cluster.list(label_selector=options.selector or ""):
        started = (found.manifest.get("status") or {}).get("startedAt")
        yield {"name": found.name, "phase": found.phase, "started": started, "message": found.message}


def _local() -> Iterable[Row]:
    from airflow_argo.runners.local_runs import local_records

    for record in local_records():
        status = record.status
        message = status.get("message") or ""
        yield {"name": record.name, "phase": status.get("phase"), "started": status.get("startedAt"), "message": message}

"""`airflow-argo list`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from airflow_argo.cli.report import Report, table

Row = dict[str, Any]


def lists(options: Namespace) -> Report:
    """The workflows of a namespace, or the runs on this machine, the newest last."""
    rows = sorted(_local() if options.local else _of_cluster(options), key=lambda row: str(row["startedAt"]))
    if not rows:
        where = "on this machine" if options.local else f"in namespace '{options.namespace}'" if options.namespace else "here"
        return Report(data=rows, hint=f"there are no workflows {where}")
    lines = [(row["name"], row["phase"] or "Pending", _age(row), _duration(row), row["message"] or "") for row in rows]
    return Report(table(("name", "status", "age", "duration", "message"), lines), rows)


def _of_cluster(options: Namespace) -> Iterable[Row]:
    from airflow_argo.cli.clusters import runner

    for found in runner(options).cluster.list(label_selector=options.selector or ""):
        yield _row(found.name, found.manifest.get("status") or {})


def _local() -> Iterable[Row]:
    from airflow_argo.runners.local_runs import recorded_runs

    for run in recorded_runs():
        yield _row(run.name, run.raw_status())


def _row(name: str, status: Mapping[str, Any]) -> Row:
    return {"name": name, **{key: status.get(key) for key in ("phase", "startedAt", "finishedAt", "message")}}


def _age(row: Row) -> str:
    return _time(row["startedAt"], None)


def _duration(row: Row) -> str:
    return _time(row["startedAt"], row["finishedAt"])


def _time(start: str | None, end: str | None) -> str:
    from airflow_argo.runners.display.words import shown_seconds

    if not start:
        return "-"
    until = datetime.fromisoformat(end.replace("Z", "+00:00")) if end else datetime.now(timezone.utc)
    return shown_seconds((until - datetime.fromisoformat(start.replace("Z", "+00:00"))).total_seconds())

"""Dates with time that are known before a task runs, in ISO's form."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from airflow_argo.model.values import RunDate, Text
from airflow_argo.translator.context import TaskContext, WantsAirflow
from airflow_argo.translator.templates import DATES


def moment_of(found: Any, name: str, ctx: TaskContext) -> str | Text:
    """An argument that is a date with time, or a template of one. Source: airflow.sdk.timezone.parse.

    Raises:
        WantsAirflow: it is none, or put together otherwise when it runs.
    """
    if not isinstance(found, str | datetime):
        raise WantsAirflow(f"{name} is known only when it runs")
    text = found.isoformat() if isinstance(found, datetime) else ctx.text(found)
    if isinstance(text, str):
        return _parsed(text, name)
    match text.parts:
        case (RunDate(format="%Y-%m-%d") as day,):
            return Text((day, "T00:00:00+00:00"))
        case (RunDate(format=format) as moment,) if format in (DATES["ts"], DATES["logical_date"]):
            return Text((replace(moment, format=DATES["ts"]),))
        case _:
            raise WantsAirflow(f"{name} is put together when it runs")


def _parsed(text: str, name: str) -> str:
    try:
        from airflow.sdk import timezone
    except ImportError:  # before Airflow 3.1
        from airflow.utils import timezone
    try:
        return str(timezone.parse(text).isoformat())
    except ValueError:
        raise WantsAirflow(f"its {name} is '{text}'") from None

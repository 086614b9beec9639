"""A DAG's schedule as that of a CronWorkflow, as far as cron can say it. Source: airflow.timetables."""

from __future__ import annotations

from typing import Any

from airflow_argo.diagnostics import Severity
from airflow_argo.model.workflow import Schedule
from airflow_argo.translator.context import DagContext

_NONE = {"NullTimetable", "OnceTimetable"}
_TRIGGERS = {"CronTriggerTimetable", "CronDataIntervalTimetable"}


def schedule_of(dag: Any, ctx: DagContext) -> Schedule | None:
    """The schedule; None, and a finding, if Argo has none like it."""
    timetable = dag.timetable
    kind = type(timetable).__name__
    if kind in _NONE:
        return None
    if kind == "MultipleCronTriggerTimetable":
        crons = [_cron(one) for one in _attribute(timetable, "timetables")]
        zones = {zone for _, zone in crons}
        if len(zones) == 1:
            return _schedule(dag, tuple(cron for cron, _ in crons), zones.pop(), ctx)
    if kind not in _TRIGGERS:
        found = f"the schedule {kind} has no like in Argo"
        ctx.report("AA213", found, "submit the workflow from where the schedule is known, such as Airflow itself")
        return None
    if kind == "CronDataIntervalTimetable":
        found = "logical_date is the start of a data interval in Airflow, and the time of the run here"
        ctx.report("AA213", found, "pass logical_date when submitting", Severity.WARNING)
    cron, zone = _cron(timetable)
    return _schedule(dag, (cron,), zone, ctx)


def _schedule(dag: Any, crons: tuple[str, ...], zone: str, ctx: DagContext) -> Schedule | None:
    if dag.catchup:
        ctx.report("AA214", "catchup is not carried over: missed runs are not made up", "submit them by hand")
    if dag.end_date is not None:
        ctx.report("AA214", "end_date is not carried over", "suspend the CronWorkflow then")
    odd = [cron for cron in crons if len(cron.split()) != 5]
    if odd:
        ctx.report("AA213", f"the schedule '{odd[0]}' is no cron expression of five fields", "use one")
        return None
    return Schedule(crons, zone, suspended=bool(dag.is_paused_upon_creation))


def _cron(timetable: Any) -> tuple[str, str]:
    zone = _attribute(timetable, "timezone")
    return str(_attribute(timetable, "expression")), str(getattr(zone, "name", zone))


def _attribute(timetable: Any, name: str) -> Any:
    """Airflow 2 has it as a private attribute."""
    return getattr(timetable, name) if hasattr(timetable, name) else getattr(timetable, f"_{name}")

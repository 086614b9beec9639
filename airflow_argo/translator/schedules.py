"""A DAG's schedule as that of a CronWorkflow. Source: airflow.timetables; workflow/cron/operator.go, evalWhen.

Where cron can't say it, cron says more and the CronWorkflow's `when` says which of those moments count.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from heapq import merge
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from airflow_argo.diagnostics import Severity
from airflow_argo.model.workflow import Schedule
from airflow_argo.translator.argo_cron import ArgoCron, NotCron
from airflow_argo.translator.context import DagContext

_NONE = {"NullTimetable"}
_TRIGGERS = {"CronTriggerTimetable", "CronDataIntervalTimetable", "CronPartitionTimetable"}
_DELTAS = {"DeltaTriggerTimetable", "DeltaDataIntervalTimetable"}
_COMPARED = timedelta(days=800)
"""So long a time has two changes of the clock each way."""

Found = tuple[tuple[str, ...], str, str | None]
"""(cron expressions, zone, `when`)."""


def schedule_of(dag: Any, ctx: DagContext) -> Schedule | None:
    """The schedule; None, and a finding unless there is none, if Argo has none like it."""
    timetable = dag.timetable
    kind = type(timetable).__name__
    if kind in _NONE:
        return None
    _report_what_is_left(dag, kind, ctx)
    found = _found(timetable, kind, dag, ctx)
    if found is None:
        return None
    crons, zone, when = found
    concurrency = "Forbid" if kind == "ContinuousTimetable" else "Allow"
    conditions = [*([when] if when else []), *_within(dag)]
    guard = f"{{{{= {' && '.join(conditions)} }}}}" if conditions else None
    return Schedule(crons, zone, concurrency, suspended=bool(dag.is_paused_upon_creation), when=guard)


def _found(timetable: Any, kind: str, dag: Any, ctx: DagContext) -> Found | None:
    if kind in _TRIGGERS:
        return _checked([_cron(timetable)], timetable, ctx)
    if kind == "MultipleCronTriggerTimetable":
        return _checked([_cron(one) for one in _attribute(timetable, "timetables")], timetable, ctx)
    if kind in _DELTAS:
        return _every(_attribute(timetable, "delta"), dag, ctx)
    if kind == "ContinuousTimetable":
        return ("* * * * *",), "UTC", None
    if kind == "AssetOrTimeSchedule":
        inner = _attribute(timetable, "timetable")
        return _found(inner, type(inner).__name__, dag, ctx)
    cure = "submit the workflow from where the schedule is known, such as Airflow itself"
    found = "it runs once, when it is switched on" if kind == "OnceTimetable" else f"the schedule {kind} has no like in Argo"
    ctx.report("AA213", found, "submit it once" if kind == "OnceTimetable" else cure)
    return None


def _report_what_is_left(dag: Any, kind: str, ctx: DagContext) -> None:
    def loses(found: str, cure: str) -> None:
        ctx.report("AA213", found, cure, Severity.WARNING)

    if kind in ("CronDataIntervalTimetable", "DeltaDataIntervalTimetable"):
        loses(
            "logical_date is the start of a data interval in Airflow, and the time of the run here",
            "pass logical_date when submitting",
        )
    if kind == "CronPartitionTimetable":
        loses("runs have no partition key here", "make it of logical_date")
    if kind == "AssetOrTimeSchedule":
        loses("runs start by time only, not when assets change", "submit the workflow where they change")
    if kind == "ContinuousTimetable":
        loses("the next run starts at the next full minute, not at once", "nothing, if a minute more is fine")
    if dag.catchup:
        ctx.report("AA214", "catchup is not carried over: missed runs are not made up", "submit them by hand")


# Cron


def _checked(crons: list[tuple[str, str]], timetable: Any, ctx: DagContext) -> Found | None:
    """Cron expressions as Argo reads them."""
    zones = sorted({zone for _, zone in crons})
    if len(zones) > 1:
        found = f"its cron expressions are of several time zones: {', '.join(zones)}"
        ctx.report("AA213", found, "write them for one zone")
        return None
    try:
        texts = tuple(dict.fromkeys(_as_argo_has_it(cron) for cron, _ in crons))
    except NotCron as error:
        ctx.report("AA213", str(error), "use five fields of numbers, names, ranges and steps")
        return None
    _compare(texts, zones[0], timetable, ctx)
    return texts, zones[0], None


def _as_argo_has_it(cron: str) -> str:
    """The expression, spelled out where Argo doesn't read it as Airflow does: 7 for Sunday, ranges that wrap around.

    Raises:
        NotCron: Argo can't say it.
    """
    try:
        ArgoCron.parse(cron)
    except NotCron:
        if len(cron.split()) != 5:
            raise
        fields = [_spelled_out(numbers, position) for position, numbers in enumerate(_expanded(cron))]
        return " ".join(fields)
    return cron


def _expanded(cron: str) -> list[list[Any]]:
    from croniter import croniter  # type: ignore[import-untyped]  # it has no types

    try:
        numbers, special = croniter.expand(cron)
    except ValueError as error:
        raise NotCron(f"'{cron}' is no cron expression: {error}") from None
    if special or any(not isinstance(one, int) and one != "*" for field in numbers for one in field):
        raise NotCron(f"Argo can't say '{cron}'")
    return [list(field) for field in numbers]


def _spelled_out(numbers: list[Any], position: int) -> str:
    if numbers == ["*"]:
        return "*"
    return ",".join(str(one) for one in sorted({one % 7 if position == 4 else one for one in numbers}))


def _compare(crons: tuple[str, ...], zone: str, timetable: Any, ctx: DagContext) -> None:
    """Says so if runs would start at other moments than Airflow's, where the clock changes."""
    for change in _changes(zone, datetime.now(timezone.utc)):
        start, end = change - timedelta(days=1), change + timedelta(days=1)
        here = list(takewhile(lambda moment: moment < end, _runs(crons, zone, start)))  # noqa: B023 - used at once
        there = list(takewhile(lambda moment: moment < end, airflows_runs(timetable, start)))  # noqa: B023
        if here != there:
            found = f"where the clock of {zone} changes, runs start at other times than in Airflow: next on {change:%Y-%m-%d}"
            ctx.report("AA213", found, "choose an hour that every day has once, or UTC", Severity.WARNING)
            return


def _changes(zone: str, after: datetime) -> Iterator[datetime]:
    """The days on which the clock of a zone changes, in the two years to come."""
    place = ZoneInfo(zone)
    for days in range(_COMPARED.days):
        day = after + timedelta(days=days)
        if (day + timedelta(days=1)).astimezone(place).utcoffset() != day.astimezone(place).utcoffset():
            yield day


def runs_of(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """The moments of a schedule's cron expressions, whatever `when` says of them."""
    return _runs(schedule.crons, schedule.timezone, after)


def _runs(crons: tuple[str, ...], zone: str, after: datetime) -> Iterator[datetime]:
    last = None
    for moment in merge(*(ArgoCron.parse(cron).runs(after, zone) for cron in crons)):
        if moment != last:
            yield moment
        last = moment


def airflows_runs(timetable: Any, after: datetime) -> Iterator[datetime]:
    """The moments after one at which Airflow starts runs. Source: Timetable.next_dagrun_info."""
    from airflow.sdk.timezone import coerce_datetime
    from airflow.serialization.encoders import coerce_to_core_timetable
    from airflow.timetables.base import TimeRestriction

    core, interval = coerce_to_core_timetable(timetable), None
    restriction = TimeRestriction(earliest=coerce_datetime(after), latest=None, catchup=True)
    while True:
        info = core.next_dagrun_info(last_automated_data_interval=interval, restriction=restriction)
        if info is None:
            return
        interval = info.data_interval
        if info.run_after > after:
            yield info.run_after.astimezone(timezone.utc)


# Periods


def _every(delta: Any, dag: Any, ctx: DagContext) -> Found | None:
    """A period as cron, in UTC, counted from the start date; periods that no cron has are picked out of minutes by `when`."""
    seconds = delta.total_seconds() if isinstance(delta, timedelta) else None
    if seconds is None or seconds < 60 or seconds % 60:
        ctx.report("AA213", f"the period {delta} is none of whole minutes", "use a cron expression")
        return None
    start = dag.start_date or datetime(1970, 1, 1, tzinfo=timezone.utc)
    minutes, phase = int(seconds) // 60, int(start.timestamp()) // 60
    hour, minute = phase // 60 % 24, phase % 60
    if minutes <= 60 and 60 % minutes == 0:
        return (f"{_stepped(minute % minutes, minutes, 60)} * * * *",), "UTC", None
    if minutes % 60 == 0 and (24 * 60) % minutes == 0:
        return (f"{minute} {_stepped(hour % (minutes // 60), minutes // 60, 24)} * * *",), "UTC", None
    if minutes % (24 * 60) == 0:
        days = minutes // (24 * 60)
        return (f"{minute} {hour} * * *",), "UTC", _counted(86400, days, phase // (24 * 60) % days)
    if minutes % 60 == 0:
        return (f"{minute} * * * *",), "UTC", _counted(3600, minutes // 60, phase // 60 % (minutes // 60))
    return ("* * * * *",), "UTC", _counted(60, minutes, phase % minutes)


def _stepped(first: int, step: int, end: int) -> str:
    if step == 1:
        return "*"
    return f"*/{step}" if first == 0 and step < end else ",".join(str(number) for number in range(first, end, step))


def _counted(unit: int, period: int, phase: int) -> str:
    """A test of the moment that a run is for: which of the periods since 1970 it is in."""
    return f"int(now().Unix() / {unit}) % {period} == {phase}"


def _within(dag: Any) -> Iterator[str]:
    """Tests that the moment is not before the start date, if that is yet to come, nor after the end date."""
    if dag.start_date is not None and dag.start_date > datetime.now(timezone.utc):
        yield f"now().Unix() >= {int(dag.start_date.timestamp())}"
    if dag.end_date is not None:
        yield f"now().Unix() < {int(dag.end_date.timestamp()) + 60}"


def _cron(timetable: Any) -> tuple[str, str]:
    zone = _attribute(timetable, "timezone")
    return str(_attribute(timetable, "expression")), str(getattr(zone, "name", zone))


def _attribute(timetable: Any, name: str) -> Any:
    """Airflow 2 has it as a private attribute."""
    return getattr(timetable, name) if hasattr(timetable, name) else getattr(timetable, f"_{name}")

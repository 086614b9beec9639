"""A DAG's schedule as that of a CronWorkflow. Source: airflow.timetables; workflow/cron/operator.go.

Where cron can't say it, cron says more and the CronWorkflow's `when` says which of those moments count.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import islice
from typing import Any

from airflow_argo.diagnostics import Origin, Severity
from airflow_argo.model.intervals import Span
from airflow_argo.model.workflow import Schedule
from airflow_argo.translator.argo_cron import NotCron
from airflow_argo.translator.clock_changes import as_airflow_runs
from airflow_argo.translator.context import DagContext
from airflow_argo.translator.crons import as_argo_has_it, cron_and_days, cron_and_zone, timetable_attribute, timetable_kind
from airflow_argo.translator.intervals import are_known, span_of
from airflow_argo.translator.moments import Between, Counted, CountedMonths, Listed, Test, when
from airflow_argo.translator.sources import as_written
from airflow_argo.translator.times import Window, runs_in, window_of

_MADE_UP_SECONDS = 366 * 24 * 60 * 60
"""A run that was missed while no controller ran is made up within this time, as Airflow does: the latest one."""

_ONCE = "cronworkflow.succeeded + cronworkflow.failed >= 1"
_FAILED_ONCE = "cronworkflow.failed >= 1"
_MAX_EVENTS = 500
_BY_ASSETS = frozenset({"AssetTriggeredTimetable", "DatasetTriggeredTimetable", "PartitionedAssetTimetable"})


@dataclass(frozen=True, slots=True)
class Times:
    """When runs start.

    Attributes:
        tests: all must hold at a moment of the cron expressions.
        stop: no more runs once this holds; in Argo's terms.
    """

    crons: tuple[str, ...]
    zone: str = "UTC"
    tests: tuple[Test, ...] = ()
    concurrency: str = "Allow"
    stop: str | None = None

    def counts(self, moment: datetime) -> bool:
        """Whether a moment of the cron expressions starts a run."""
        return all(test.allows(moment) for test in self.tests)


def schedule_of(dag: Any, ctx: DagContext) -> Schedule | None:
    """The schedule; None, and a finding unless there is none, if Argo has none like it."""
    times = times_of(dag, ctx)
    if times is None:
        return None
    return Schedule(
        times.crons,
        times.zone,
        times.concurrency,
        suspended=bool(dag.is_paused_upon_creation),
        starting_deadline_seconds=None if times.tests or times.stop else _MADE_UP_SECONDS,
        when=when(times.tests),
        stop=times.stop or (_FAILED_ONCE if getattr(dag, "max_consecutive_failed_dag_runs", 0) == 1 else None),
    )


def times_of(dag: Any, ctx: DagContext) -> Times | None:
    """When runs start, with findings for what is not so as in Airflow."""
    kind, window = timetable_kind(dag.timetable), window_of(dag)
    _report_what_is_left(dag, kind, ctx)
    times = _times(dag.timetable, window, dag, ctx)
    if times is None:
        return None
    outside = _outside(dag.timetable, window)
    return replace(times, tests=(*times.tests, outside)) if outside else times


def _times(timetable: Any, window: Window, dag: Any, ctx: DagContext) -> Times | None:
    kind = timetable_kind(timetable)
    if kind in ("NullTimetable", "PartitionedAtRuntime"):
        return None
    made = _MAKERS.get(kind)
    if made is not None:
        return made(timetable, window, dag, ctx)
    if kind in _BY_ASSETS:
        cure = f"let a task of the DAG that updates the asset start it: a TriggerDagRunOperator for '{dag.dag_id}'"
        ctx.report("AA213", "it runs when assets change, and Argo knows no assets", f"{cure}; or {_submit(ctx)}")
        return None
    moments = _moments_of_own(timetable, window, dag)
    if moments:
        return _listed(moments, ctx)
    name = kind.rpartition(".")[2]
    ctx.report("AA213", f"the schedule {name} is known to Airflow alone", f"{_backfill(ctx)}, by a clock that you have")
    return None


def _report_what_is_left(dag: Any, kind: str, ctx: DagContext) -> None:
    def loses(found: str, cure: str) -> None:
        ctx.report("AA213", found, cure, Severity.WARNING)

    window = window_of(dag)
    if kind == "CronPartitionTimetable":
        loses("runs have no partition key here", "make it of logical_date")
    if kind in _MAKERS and not are_known(dag.timetable):
        found = "the data interval of a run is the moment at which it is due, not what the timetable says"
        loses(found, "pass data_interval_start and data_interval_end, as airflow-argo backfill does")
    if kind == "AssetOrTimeSchedule":
        loses("runs start by time only, not when assets change", _submit(ctx))
    if kind == "ContinuousTimetable":
        found = "the next run starts at the next full minute, not at once, and its data interval is that moment"
        loses(found, "nothing, if that is fine; else a while-loop in one workflow")
    if getattr(dag, "catchup", False) and kind not in ("NullTimetable", "OnceTimetable", *_BY_ASSETS):
        found = "catchup is not carried over: of the runs that were missed only the latest is made up"
        ctx.report("AA214", found, _backfill(ctx, window.earliest))
    for task in dag.tasks:
        if not window.is_within(task.start_date, task.end_date):
            _report_own_dates(task, window, ctx)


def _report_own_dates(task: Any, window: Window, ctx: DagContext) -> None:
    """Of a task that Airflow leaves out of runs outside of its own dates: none to come if only its start is meant, and over."""
    cure = "branch before the task, by logical_date"
    if window.is_within(None, task.end_date) and task.start_date <= datetime.now(timezone.utc):
        ctx.report(
            "AA214", "a task's own start_date is not carried over: runs before it have it too", cure, task_id=task.task_id
        )
        return
    found = "Airflow leaves it out of runs outside of its own start_date and end_date, which Argo can't"
    ctx.report("AA214", found, cure, Severity.ERROR, task_id=task.task_id)


def _submit(ctx: DagContext) -> str:
    return f"submit it where they change: {_command('submit', ctx)}"


def _backfill(ctx: DagContext, since: datetime | None = None) -> str:
    now = datetime.now(timezone.utc)
    begun = since is not None and since < now
    dates = f"--from-date {since:%Y-%m-%d} --to-date {now:%Y-%m-%d}" if begun else "--from-date … --to-date …"
    return f"{_command('backfill', ctx)} {dates} submits them"


def _command(name: str, ctx: DagContext) -> str:
    """A command that takes the DAG as it is taken now, from where the user is."""
    port = ["--port"] if ctx.settings.ports else []
    file = str(as_written(Origin(ctx.path)).file)
    return shlex.join(["airflow-argo", name, *port, file, "--dag-id", ctx.dag.dag_id])


# Cron


def _cron(timetable: Any, _window: Window, _dag: Any, ctx: DagContext) -> Times | None:
    return _checked([timetable], timetable, ctx)


def _several(timetable: Any, _window: Window, _dag: Any, ctx: DagContext) -> Times | None:
    return _checked(list(timetable_attribute(timetable, "timetables")), timetable, ctx)


def _checked(parts: list[Any], timetable: Any, ctx: DagContext) -> Times | None:
    """The cron expressions of one or several timetables as Argo reads them."""
    try:
        zone = cron_and_zone(parts[0])[1]
        texts, days = _texts([cron_and_zone(part)[0] for part in parts], zone, timetable)
    except NotCron as error:
        ctx.report("AA213", str(error), "use five fields of numbers, names, ranges and steps, and a zone with a name")
        return None
    times, tests, different = as_airflow_runs(texts, zone, days, timetable)
    if different is not None:
        found = f"where the clock of {zone} changes, runs or their dates aren't Airflow's: next on {different:%Y-%m-%d}"
        ctx.report("AA213", found, "choose an hour that every day has once, or UTC", Severity.WARNING)
    return Times(times, zone, tests)


def _texts(crons: list[str], zone: str, timetable: Any) -> tuple[tuple[str, ...], tuple[Test, ...]]:
    """The expressions, and which of their days count. A test can tell those of one whose runs are for no interval of ticks."""
    if len(crons) > 1 or timetable_kind(timetable) == "CronDataIntervalTimetable":
        return tuple(dict.fromkeys(as_argo_has_it(cron) for cron in crons)), ()
    text, days = cron_and_days(crons[0], zone)
    return (text,), () if days is None else (days,)


# Periods


def _every(timetable: Any, window: Window, dag: Any, ctx: DagContext) -> Times | None:
    """A period as cron, in UTC, counted from the first run."""
    delta = timetable_attribute(timetable, "delta")
    span = span_of(delta)
    first, is_airflows = _first_run(timetable, window, dag)
    if span is not None and span.months and not span.seconds:
        return _every_months(span, first, ctx)
    if span is None or span.months or span.seconds < 60 or span.seconds % 60:
        ctx.report("AA213", f"the period {delta} is none of whole minutes, or of whole months", "use a cron expression")
        return None
    if first.second or first.microsecond:
        ctx.report(
            "AA213", "runs start at the full minute, and the start date has seconds", "use one without", Severity.WARNING
        )
    if not is_airflows:
        found = f"the period {delta} is counted from {first:%Y-%m-%d %H:%M}, not from when it is switched on"
        ctx.report("AA213", found, "set a start date", Severity.NOTE)
    return _every_minutes(int(span.seconds) // 60, int(first.timestamp()) // 60)


def _first_run(timetable: Any, window: Window, dag: Any) -> tuple[datetime, bool]:
    """A moment at which a run starts, and whether Airflow counts from it. Source: _skip_to_latest of its class."""
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    past = window.earliest is not None and window.earliest <= datetime.now(timezone.utc)
    if timetable_kind(timetable) == "DeltaDataIntervalTimetable" and past and not dag.catchup:
        span = span_of(timetable_attribute(timetable, "delta"))
        return (window.earliest or epoch, True) if span is not None and span.months else (epoch, True)
    return window.earliest or epoch, bool(window.earliest and (dag.catchup or not past))


def _every_minutes(minutes: int, phase: int) -> Times:
    hour, minute = phase // 60 % 24, phase % 60
    if minutes <= 60 and 60 % minutes == 0:
        return Times((f"{_stepped(minute % minutes, minutes, 60)} * * * *",))
    if minutes % 60 == 0 and (24 * 60) % minutes == 0:
        return Times((f"{minute} {_stepped(hour % (minutes // 60), minutes // 60, 24)} * * *",))
    if minutes % (24 * 60) == 0:
        days = minutes // (24 * 60)
        return Times((f"{minute} {hour} * * *",), tests=(Counted(86400, days, phase // (24 * 60) % days),))
    if minutes % 60 == 0:
        return Times((f"{minute} * * * *",), tests=(Counted(3600, minutes // 60, phase // 60 % (minutes // 60)),))
    return Times(("* * * * *",), tests=(Counted(60, minutes, phase % minutes),))


def _every_months(span: Span, first: datetime, ctx: DagContext) -> Times | None:
    first = first.astimezone(timezone.utc)
    if first.day > 28:
        found = f"a period of months from the {first.day}th, which not every month has"
        ctx.report("AA213", found, "start on a day that every month has, or use a cron expression")
        return None
    months = sorted({(first.month - 1 + number * span.months) % 12 + 1 for number in range(12)})
    cron = f"{first.minute} {first.hour} {first.day} {'*' if len(months) == 12 else ','.join(map(str, months))} *"
    tests = () if 12 % span.months == 0 else (CountedMonths(span.months, (first.year * 12 + first.month) % span.months),)
    return Times((cron,), tests=tests)


def _stepped(first: int, step: int, end: int) -> str:
    if step == 1:
        return "*"
    return f"*/{step}" if first == 0 and step < end else ",".join(str(number) for number in range(first, end, step))


# Others


def _events(timetable: Any, window: Window, _dag: Any, ctx: DagContext) -> Times | None:
    """Those that are yet to come."""
    now = datetime.now(timezone.utc)
    dates = sorted({date.astimezone(timezone.utc) for date in timetable.event_dates})
    coming = [date for date in dates if date > now and window.has(date)]
    if not coming:
        ctx.report("AA213", "all the events of its schedule are over", _backfill(ctx))
        return None
    if timetable.restrict_to_events:
        found = "the interval of a run that is submitted by hand is its date, not the last event"
        ctx.report("AA213", found, "pass data_interval_start and data_interval_end", Severity.WARNING)
    return _listed(coming, ctx)


def _moments_of_own(timetable: Any, window: Window, dag: Any) -> list[datetime]:
    """When the next runs of an author's own timetable start, one more than are listed; none if nobody can tell.

    Without a start date they may depend on when the DAG is switched on; with data intervals Argo couldn't tell their dates.
    """
    now, found = datetime.now(timezone.utc), list[datetime]()
    try:
        for info in islice(runs_in(window, timetable, catchup=dag.catchup), _MAX_ASKED):
            if info.data_interval.start != info.run_after or info.data_interval.end != info.run_after:
                return []
            moment = datetime.fromtimestamp(info.run_after.timestamp(), timezone.utc)
            found += [moment] if moment > now else []
            if len(found) > _MAX_EVENTS:
                break
    except Exception:  # noqa: BLE001 - a border: whatever the author's code raises
        return []
    return found


_MAX_ASKED = 20_000
"""So often an author's timetable is asked for its next run."""


def _listed(coming: list[datetime], ctx: DagContext) -> Times:
    """Single moments, ascending."""
    if len(coming) > _MAX_EVENTS:
        found = f"of its next runs the first {_MAX_EVENTS} are scheduled: to {coming[_MAX_EVENTS - 1]:%Y-%m-%d}"
        ctx.report("AA213", found, "translate it again by then", Severity.WARNING)
    if any(date.second or date.microsecond for date in coming):
        ctx.report("AA213", "runs start at the full minute, and some have seconds", "round them", Severity.WARNING)
    minutes = [date.replace(second=0, microsecond=0) for date in coming[:_MAX_EVENTS]]
    crons = dict.fromkeys(f"{one.minute} {one.hour} * * *" for one in minutes)
    if len(minutes) <= 50:
        crons = dict.fromkeys(f"{one.minute} {one.hour} {one.day} {one.month} *" for one in minutes)
    return Times(tuple(crons), tests=(Listed(tuple(minutes)),))


def _once(_timetable: Any, window: Window, _dag: Any, ctx: DagContext) -> Times:
    """At the next minute, or at the start date; then the CronWorkflow stops."""
    if window.earliest is not None:
        found = f"its one run has the date of when it starts, not the start date {window.earliest:%Y-%m-%d}"
        ctx.report("AA213", found, f"set it: -p logical_date={window.earliest.isoformat()}", Severity.WARNING)
    return Times(("* * * * *",), concurrency="Forbid", stop=_ONCE)


def _continuous(_timetable: Any, _window: Window, _dag: Any, _ctx: DagContext) -> Times:
    return Times(("* * * * *",), concurrency="Forbid")


def _or_by_assets(timetable: Any, window: Window, dag: Any, ctx: DagContext) -> Times | None:
    return _times(timetable_attribute(timetable, "timetable"), window, dag, ctx)


_MAKERS: dict[str, Callable[[Any, Window, Any, DagContext], Times | None]] = {
    "CronTriggerTimetable": _cron,
    "CronDataIntervalTimetable": _cron,
    "CronPartitionTimetable": _cron,
    "MultipleCronTriggerTimetable": _several,
    "DeltaTriggerTimetable": _every,
    "DeltaDataIntervalTimetable": _every,
    "EventsTimetable": _events,
    "OnceTimetable": _once,
    "ContinuousTimetable": _continuous,
    "AssetOrTimeSchedule": _or_by_assets,
    "DatasetOrTimeSchedule": _or_by_assets,
}


def _outside(timetable: Any, window: Window) -> Between | None:
    """The test that the moment isn't before the first run, if that is yet to come, nor after the last."""
    if timetable_kind(timetable) in ("EventsTimetable", "NullTimetable"):
        return None
    first = window.first_run(timetable) if window.earliest and window.earliest > datetime.now(timezone.utc) else None
    last = window.last_run(timetable) if window.latest else None
    return Between(first, last) if first or last else None

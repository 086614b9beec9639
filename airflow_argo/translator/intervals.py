"""The data intervals of a DAG's runs, as its timetable has them. Source: airflow.timetables, infer_manual_data_interval.

Of all of Airflow's timetables the interval of a scheduled run is the one that it infers for the moment at which the run is due.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow_argo.model.intervals import Intervals, Span, Ticks
from airflow_argo.translator.argo_cron import ArgoCron, NotCron
from airflow_argo.translator.crons import as_argo_has_it, cron_and_zone, timetable_attribute, timetable_kind

_MOMENT = frozenset(
    {"NullTimetable", "OnceTimetable", "EventsTimetable", "AssetTriggeredTimetable", "PartitionedAssetTimetable"}
    | {"PartitionedAtRuntime", "CronPartitionTimetable", "ContinuousTimetable", "DatasetTriggeredTimetable"}
)
"""Timetables whose runs have an interval without length."""

_BEFORE = frozenset({"CronTriggerTimetable", "DeltaTriggerTimetable"})
_AROUND = frozenset({"AssetOrTimeSchedule", "DatasetOrTimeSchedule"})


def intervals_of(timetable: Any) -> Intervals | None:
    """How the interval of a run follows from its moment; None if it has no length, or if nobody knows but the timetable."""
    kind = timetable_kind(timetable)
    if kind == "CronDataIntervalTimetable":
        return _ticks(timetable)
    if kind == "DeltaDataIntervalTimetable":
        return span_of(timetable_attribute(timetable, "delta"))
    if kind in _AROUND:
        return intervals_of(timetable_attribute(timetable, "timetable"))
    if kind == "MultipleCronTriggerTimetable":
        return intervals_of(timetable_attribute(timetable, "timetables")[0])
    return _span(timetable) if kind in _BEFORE else None


def are_known(timetable: Any) -> bool:
    """Whether the intervals are those that `intervals_of` tells. Those of an author's own timetable aren't."""
    kind = timetable_kind(timetable)
    if kind in _AROUND:
        return are_known(timetable_attribute(timetable, "timetable"))
    if kind == "MultipleCronTriggerTimetable":
        return are_known(timetable_attribute(timetable, "timetables")[0])
    if kind in _BEFORE:
        return not _interval(timetable) or intervals_of(timetable) is not None
    return kind in _MOMENT or intervals_of(timetable) is not None


def _ticks(timetable: Any) -> Ticks | None:
    try:
        return ticks_of(*cron_and_zone(timetable))
    except NotCron:
        return None


def ticks_of(cron: str, zone: str) -> Ticks | None:
    """The ticks of a cron expression; None if Argo has no like."""
    try:
        parsed = ArgoCron.parse(as_argo_has_it(cron))
    except NotCron:
        return None
    minutes, hours, days = (tuple(sorted(numbers)) for numbers in (parsed.minutes, parsed.hours, parsed.days))
    return Ticks(
        minutes=minutes,
        hours=hours,
        days=days,
        months=tuple(sorted(parsed.months)),
        weekdays=tuple(sorted(parsed.weekdays)),
        either_day=not parsed.any_day,
        timezone=zone,
    )


def span_of(delta: Any) -> Span | None:
    """A timedelta, or a relativedelta; None if that isn't a length alone, or has none."""
    if isinstance(delta, timedelta):
        return Span(seconds=delta.total_seconds()) if delta else None
    absolute = ("year", "month", "day", "weekday", "hour", "minute", "second", "microsecond")
    if delta.leapdays or any(getattr(delta, name) is not None for name in absolute):
        return None
    rest = timedelta(
        days=delta.days, hours=delta.hours, minutes=delta.minutes, seconds=delta.seconds, microseconds=delta.microseconds
    )
    span = Span(months=12 * delta.years + delta.months, seconds=rest.total_seconds())
    return span if span.months or span.seconds else None


def _span(timetable: Any) -> Span | None:
    interval = _interval(timetable)
    return span_of(interval) if interval else None


def _interval(timetable: Any) -> Any:
    """Airflow 2's first versions have none."""
    try:
        return timetable_attribute(timetable, "interval")
    except AttributeError:
        return None

"""When Airflow starts the runs of a DAG. Source: SerializedDAG._time_restriction, Timetable.next_dagrun_info."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from airflow_argo.translator.crons import timetable_kind

_BY_INTERVAL = frozenset({"CronDataIntervalTimetable", "DeltaDataIntervalTimetable"})
"""Timetables for which start and end date bound the starts of the data intervals; for others, the runs."""


@dataclass(frozen=True, slots=True)
class Window:
    """The time in which a DAG has runs; both ends belong to it."""

    earliest: datetime | None
    latest: datetime | None

    def has(self, moment: datetime) -> bool:
        """Whether a moment is in it."""
        return not (self.earliest and moment < self.earliest) and not (self.latest and moment > self.latest)

    def is_within(self, start: Any, end: Any) -> bool:
        """Whether all of it lies between two dates of Airflow's, which may be None."""
        begins = start is None or (self.earliest is not None and _utc(start) <= self.earliest)
        return begins and (end is None or (self.latest is not None and _utc(end) >= self.latest))

    def first_run(self, timetable: Any) -> datetime | None:
        """When the first run starts."""
        if self.earliest is None or timetable_kind(timetable) not in _BY_INTERVAL:
            return self.earliest
        core = core_timetable(timetable)
        return _utc(core._get_next(core._align_to_next(_airflows(self.earliest))))  # noqa: SLF001 - Airflow has no other way

    def last_run(self, timetable: Any) -> datetime | None:
        """No run starts after this."""
        if self.latest is None or timetable_kind(timetable) not in _BY_INTERVAL:
            return self.latest
        core = core_timetable(timetable)
        return _utc(core._get_next(core._align_to_prev(_airflows(self.latest))))  # noqa: SLF001 - as above


def window_of(dag: Any) -> Window:
    """From the first start date of the DAG or a task of it, to its end date, or the last of its tasks' if all have one."""
    tasks = list(dag.tasks)
    starts = [task.start_date for task in tasks if task.start_date] + ([dag.start_date] if dag.start_date else [])
    ends = [task.end_date for task in tasks if task.end_date]
    if len(ends) == len(tasks):
        ends += [dag.end_date] if dag.end_date else []
        latest = max(ends) if ends else None
    else:
        latest = dag.end_date
    return Window(_utc(min(starts)) if starts else None, _utc(latest) if latest else None)


def core_timetable(timetable: Any) -> Any:
    """The timetable that Airflow's scheduler asks."""
    try:
        from airflow.serialization.encoders import coerce_to_core_timetable
    except ImportError:  # Airflow 2 has one class for both
        return timetable
    if timetable_kind(timetable) == "EventsTimetable":  # 3.3.2 can't read its own serialisation of it
        from airflow.timetables.events import EventsTimetable

        return EventsTimetable(timetable.event_dates, restrict_to_events=timetable.restrict_to_events)
    return coerce_to_core_timetable(timetable)


def dag_run_infos_between(core: Any, first: datetime, last: datetime) -> Iterator[Any]:
    """Airflow's DagRunInfo of each run whose logical date is in a time. Source: SerializedDAG.iter_dagrun_infos_between."""
    from airflow.timetables.base import TimeRestriction

    restriction, interval = TimeRestriction(earliest=_airflows(first), latest=_airflows(last), catchup=True), None
    while (info := core.next_dagrun_info(last_automated_data_interval=interval, restriction=restriction)) is not None:
        if interval is not None and info.data_interval.start <= interval.start:
            return  # Airflow's timetable doesn't get on
        interval = info.data_interval
        yield info


def runs_in(window: Window, timetable: Any, *, catchup: bool) -> Iterator[Any]:
    """Airflow's DagRunInfo of each run that its scheduler would start, from the first on; none without a start date."""
    from airflow.timetables.base import TimeRestriction

    if window.earliest is None:
        return
    latest = None if window.latest is None else _airflows(window.latest)
    restriction = TimeRestriction(earliest=_airflows(window.earliest), latest=latest, catchup=catchup)
    core, interval = core_timetable(timetable), None
    while (info := core.next_dagrun_info(last_automated_data_interval=interval, restriction=restriction)) is not None:
        if (interval is not None and info.data_interval.start <= interval.start) or not window.has(_utc(info.run_after)):
            return
        interval = info.data_interval
        yield info


def runs_of_timetable(timetable: Any, after: datetime) -> Iterator[Any]:
    """Airflow's DagRunInfo of each run whose interval or moment starts at a moment or later, none left out.

    Where Airflow's timetable ends in an error, as some do where a clock changes by half an hour, there are no more.
    """
    from airflow.timetables.base import TimeRestriction

    core, interval = core_timetable(timetable), None
    restriction = TimeRestriction(earliest=_airflows(after), latest=None, catchup=True)
    with suppress(ValueError):
        while (info := core.next_dagrun_info(last_automated_data_interval=interval, restriction=restriction)) is not None:
            interval = info.data_interval
            yield info


def _airflows(moment: datetime) -> Any:
    import pendulum

    return pendulum.instance(moment.astimezone(timezone.utc), tz="UTC")


def _utc(moment: Any) -> datetime:
    return datetime.fromtimestamp(moment.timestamp(), timezone.utc)

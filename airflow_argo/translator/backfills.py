"""The runs that a backfill makes, by Airflow's own timetable. Source: airflow.models.backfill, _get_info_list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any

from airflow_argo.diagnostics import InputError, Origin
from airflow_argo.settings import Settings
from airflow_argo.translator.airflow_names import airflow_names
from airflow_argo.translator.dag_file_errors import DagFileError
from airflow_argo.translator.dag_files import dags_of_file
from airflow_argo.translator.times import core_timetable, dag_run_infos_between


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """A run of a backfill; dates in ISO 8601, in UTC."""

    run_id: str
    logical_date: str
    data_interval_start: str
    data_interval_end: str

    def parameters(self) -> dict[str, str]:
        """What the run's workflow is told."""
        return asdict(self)


def planned_runs(
    path: str, settings: Settings, dag_id: str, first: datetime, last: datetime, *, backwards: bool
) -> list[PlannedRun]:
    """The runs whose logical dates are from one moment to another, both included, and whose intervals are over.

    Raises:
        DagFileError: the file can't be read.
        InputError: the DAG has no such runs, and why.
    """
    refused: list[tuple[Any, DagFileError]] = []
    with dags_of_file(path, settings, refused) as (dags, _):
        for dag in dags:
            if dag.dag_id == dag_id:
                return list(_planned(dag, path, first, last, backwards=backwards))
    for dag, fault in refused:
        if dag.dag_id == dag_id:
            raise fault
    raise DagFileError("AA104", f"there is no DAG '{dag_id}' in it", "choose another", Origin(path))


def _planned(dag: Any, path: str, first: datetime, last: datetime, *, backwards: bool) -> Iterator[PlannedRun]:
    core, now = core_timetable(dag.timetable), datetime.now(timezone.utc)
    _check(dag, core, path, first, last, now, backwards=backwards)
    infos = [info for info in dag_run_infos_between(core, first, last) if info.data_interval and info.data_interval.end < now]
    if not infos:
        found = f"DAG '{dag.dag_id}' has no run from {first.isoformat()} to {last.isoformat()} whose interval is over"
        raise InputError(found, "choose other dates", Origin(path))
    for info in reversed(infos) if backwards else infos:
        start, end = info.data_interval.start, info.data_interval.end
        yield PlannedRun(
            run_id=f"backfill__{_run_id_date(info).isoformat()}",
            logical_date=info.logical_date.isoformat(),
            data_interval_start=start.isoformat(),
            data_interval_end=end.isoformat(),
        )


def _run_id_date(info: Any) -> Any:
    """Airflow 3 names runs by when they are due, Airflow 2 by their logical date. Source: DagRun.generate_run_id."""
    return info.logical_date if airflow_names().is_2 else info.run_after


def _check(dag: Any, core: Any, path: str, first: datetime, last: datetime, now: datetime, *, backwards: bool) -> None:
    """Source: airflow.models.backfill, _validate_backfill_params."""
    at = Origin(path)
    if getattr(core, "partitioned", False):
        raise InputError("a backfill of partitions is known to Airflow alone", "submit runs with -p logical_date=…", at)
    if not core.periodic:
        found = f"the schedule of DAG '{dag.dag_id}' has no periods that could be filled"
        raise InputError(found, "submit a run: airflow-argo submit FILE -p logical_date=…", at)
    if first > last:
        raise InputError("the first date is after the last one", "exchange them", at)
    if first >= now and last >= now:
        raise InputError("a backfill can't be of dates yet to come", "choose dates that are over", at)
    if backwards and any(task.depends_on_past for task in dag.tasks):
        raise InputError("runs can't go backwards where a task depends on past ones", "leave --run-backwards out", at)
    types = getattr(dag, "allowed_run_types", None)
    if types is not None and "backfill" not in {str(getattr(one, "value", one)) for one in types}:
        raise InputError(f"DAG '{dag.dag_id}' allows no backfills", "add them to its allowed_run_types", at)

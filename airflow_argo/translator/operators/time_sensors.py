"""Sensors that wait for a time: a step that is suspended until then, without a pod."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow_argo.model.jobs import Job, Pause
from airflow_argo.model.values import Constant
from airflow_argo.translator.context import TaskContext, WantsAirflow
from airflow_argo.translator.mapped_groups import has_instances
from airflow_argo.translator.moments_of_tasks import moment_of
from airflow_argo.translator.registry import translates

_SENSORS = "airflow.providers.standard.sensors"


@translates(f"{_SENSORS}.date_time.DateTimeSensor")
def date_time(task: Any, ctx: TaskContext) -> Job:
    """Source: DateTimeSensor.poke: true when the time is past."""
    return _until(task.target_time, "target_time", task, ctx)


@translates(f"{_SENSORS}.time_delta.TimeDeltaSensor")
def time_delta(task: Any, ctx: TaskContext) -> Job:
    """Source: TimeDeltaSensor.poke: true when so much time is past since the end of the data interval."""
    if not isinstance(task.delta, timedelta):
        raise WantsAirflow("its delta is known only when it runs")
    seconds = task.delta.total_seconds()
    if seconds != int(seconds):
        raise WantsAirflow("its delta has a part of a second")
    template = "{{ (data_interval_end + macros.timedelta(seconds=" + str(int(seconds)) + ")) | ts }}"
    return _until(template, "delta", task, ctx)


def _until(found: Any, name: str, task: Any, ctx: TaskContext) -> Job:
    """The pause. It fails at once where Airflow would wait for its timeout before it fails.

    Raises:
        WantsAirflow: its end may be another than success or failure, or it returns something.
    """
    if has_instances(task):
        raise WantsAirflow("it is mapped")
    if task.soft_fail or task.execution_timeout is not None:
        raise WantsAirflow("its waiting may end otherwise than by the time")
    if getattr(task, "deferrable", False):
        raise WantsAirflow("it returns something if the time is past")
    moment = moment_of(found, name, ctx)
    return Pause(until=Constant.of(moment) if isinstance(moment, str) else moment, limit_seconds=int(task.timeout))

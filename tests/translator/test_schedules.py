"""Schedules: the next runs of a translated DAG are those of Airflow's timetable, across changes of the clock."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.diagnostics import Diagnostic, Severity
from airflow_argo.model.workflow import Schedule
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from airflow_argo.translator.schedules import airflows_runs, runs_of

prepare_environment()

COUNT = 50
AFTER = datetime(2027, 3, 1, tzinfo=timezone.utc)
"""In the future: clocks change on 14 March in New York, 28 March in Berlin."""

CRONS = [
    "@hourly",
    "@daily",
    "@weekly",
    "@monthly",
    "@quarterly",
    "@yearly",
    "0 0 * * *",
    "*/5 * * * *",
    "30 2 * * *",
    "0 3 * * MON-FRI",
    "15,45 8-18 * * 1-5",
    "0 0 1 * *",
    "0 0 1,15 * 3",
    "0 12 * * 0",
    "0 12 * * 7",
    "5 4 * * sun",
    "0 0 * * FRI-MON",
    "0 22 * * 1-5",
    "23 0-20/2 * * *",
    "0 0 28 2 *",
    "0 0 */2 * *",
    "0 5 31 * *",
    "59 23 * 12 *",
]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]
ZONED = ["0 0 * * *", "0 2 * * *", "30 2 * * *", "0 3 * * *", "0 12 * * *", "0 * * * *", "*/30 1-3 * * *", "0 4 * * SUN"]
PERIODS = [
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=7),
    timedelta(minutes=30),
    timedelta(minutes=90),
    timedelta(hours=1),
    timedelta(hours=5),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(weeks=1),
    timedelta(days=1, hours=1),
]

Translated = tuple[Any, "Schedule | None", tuple[Diagnostic, ...]]


@pytest.fixture
def translated(tmp_path: Path) -> Any:
    def made(schedule: str, more: str = "", start: str = "2027, 2, 1, 3, 4") -> Translated:
        file = tmp_path / "dag.py"
        file.write_text(
            "from datetime import timedelta\nimport pendulum\nfrom airflow.sdk import DAG\n"
            "from airflow.providers.standard.operators.empty import EmptyOperator\n"
            "from airflow.sdk import MultipleCronTriggerTimetable, CronTriggerTimetable, CronDataIntervalTimetable\n"
            f"with DAG('d', start_date=pendulum.datetime({start}), schedule={schedule}, {more}):\n"
            "    EmptyOperator(task_id='a')\n"
        )
        dag = load_dags(file)[0]
        translation = translate(dag)
        return dag, translation.workflow and translation.workflow.schedule, translation.diagnostics

    return made


def counted(schedule: Schedule, moment: datetime) -> bool:
    """Whether `when` lets a run start."""
    tests = re.findall(r"int\(now\(\)\.Unix\(\) / (\d+)\) % (\d+) == (\d+)", schedule.when or "")
    return all(int(moment.timestamp()) // int(unit) % int(period) == int(phase) for unit, period, phase in tests)


def runs_here(schedule: Schedule, after: datetime) -> list[datetime]:
    return list(islice((moment for moment in runs_of(schedule, after) if counted(schedule, moment)), COUNT))


def runs_there(dag: Any, after: datetime) -> list[datetime]:
    return list(islice(airflows_runs(dag.timetable, after), COUNT))


@pytest.mark.parametrize("cron", CRONS)
def test_cron_runs_when_airflow_does(cron: str, translated: Any) -> None:
    dag, schedule, _ = translated(repr(cron))
    assert runs_here(schedule, AFTER) == runs_there(dag, AFTER)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("cron", ZONED)
def test_where_clocks_change_runs_are_the_same_or_it_is_said(cron: str, zone: str, translated: Any) -> None:
    dag, schedule, found = translated(f"CronTriggerTimetable({cron!r}, timezone={zone!r})")
    said = any("changes, runs start at other times" in one.message for one in found)
    for after in (AFTER, datetime(2027, 10, 15, tzinfo=timezone.utc)):
        assert said or runs_here(schedule, after) == runs_there(dag, after)
    assert schedule.timezone == zone


def test_noon_is_never_in_doubt(translated: Any) -> None:
    _, _, found = translated("CronTriggerTimetable('0 12 * * *', timezone='Europe/Berlin')")
    assert found == ()


@pytest.mark.parametrize("period", PERIODS, ids=str)
def test_period_is_counted_from_the_start_date(period: timedelta, translated: Any) -> None:
    dag, schedule, _ = translated(f"timedelta(seconds={period.total_seconds()})", "catchup=True")
    first = dag.start_date
    expected = [first + period * number for number in range(1, COUNT + 1)]
    assert runs_here(schedule, first) == expected


def test_several_crons(translated: Any) -> None:
    dag, schedule, _ = translated("MultipleCronTriggerTimetable('0 3 * * *', '30 14 * * 1', timezone='UTC')")
    assert schedule.crons == ("0 3 * * *", "30 14 * * 1")
    assert runs_here(schedule, AFTER) == runs_there(dag, AFTER)


@pytest.mark.parametrize(
    ("schedule", "code"),
    [
        ("'0 0 L * *'", "AA213"),
        ("'0 0 * * 5#2'", "AA213"),
        ("timedelta(seconds=90)", "AA213"),
        ("'@once'", "AA213"),
        ("CronDataIntervalTimetable('0 0 * * *', timezone='UTC')", "AA213"),
    ],
)
def test_what_argo_has_not_is_said(schedule: str, code: str, translated: Any) -> None:
    _, _, found = translated(schedule)
    assert [one.code for one in found] == [code]


def test_no_schedule_needs_no_words(translated: Any) -> None:
    _, schedule, found = translated("None")
    assert schedule is None
    assert found == ()


def test_end_date_ends_it(translated: Any) -> None:
    _, schedule, found = translated("'@daily'", "end_date=pendulum.datetime(2030, 1, 1)", start="2024, 1, 1")
    assert schedule.when == "{{= now().Unix() < 1893456060 }}"
    assert found == ()


def test_catchup_is_lost_and_said(translated: Any) -> None:
    _, _, found = translated("'@daily'", "catchup=True")
    assert [(one.code, one.severity) for one in found] == [("AA214", Severity.WARNING)]


def test_continuous_is_every_minute_one_at_a_time(translated: Any) -> None:
    _, schedule, _ = translated("'@continuous'", "max_active_runs=1")
    assert (schedule.crons, schedule.concurrency) == (("* * * * *",), "Forbid")

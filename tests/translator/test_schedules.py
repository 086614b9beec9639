"""Schedules: the next runs of a translated DAG, and the dates that they see, are those of Airflow's own timetable.

Runs here are those of the CronWorkflow: the moments of its schedules at which Argo's languages find its `when` true.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from airflow_argo.argo import govaluate
from airflow_argo.argo.expr import evaluate
from airflow_argo.argo.golang.moment import Time
from airflow_argo.argo.scope import Scope
from airflow_argo.argo.tags import replace_text
from airflow_argo.compiler.dates import ISO, RUN_ID, run_date
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.diagnostics import Severity
from airflow_argo.model.values import RunDate
from airflow_argo.settings import load_settings
from airflow_argo.translator.argo_cron import ArgoCron
from airflow_argo.translator.clock_changes import runs_of_crons
from airflow_argo.translator.crons import as_argo_has_it
from airflow_argo.translator.dags import translate
from airflow_argo.translator.intervals import ticks_of
from airflow_argo.translator.loading import load_dags, prepare_environment
from airflow_argo.translator.translation import Translation

prepare_environment()

COUNT = 50
AFTER = datetime(2027, 3, 1, tzinfo=timezone.utc)
"""In the future: clocks change on 14 March in New York, 28 March in Berlin."""

AUTUMN = datetime(2027, 10, 15, tzinfo=timezone.utc)

CRONS = [
    "@hourly",
    "@daily",
    "@weekly",
    "@monthly",
    "@quarterly",
    "@yearly",
    "*/5 * * * *",
    "30 2 * * *",
    "0 3 * * MON-FRI",
    "15,45 8-18 * * 1-5",
    "0 0 1,15 * 3",
    "0 0 15 * 0-6",
    "0 12 * * 7",
    "5 4 * * sun",
    "0 0 * * FRI-MON",
    "23 0-20/2 * * *",
    "0 0 28 2 *",
    "0 0 */2 * *",
    "0 5 31 * *",
    "59 23 * 12 *",
]
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
ZONED = ["0 0 * * *", "30 2 * * *", "0 2 * * 0", "*/30 1-3 * * *", "0 */2 * * *", "0 * * * *", "0 4 * * SUN", "15 1 * * *"]
DELTAS = [
    "timedelta(minutes=1)",
    "timedelta(minutes=7)",
    "timedelta(minutes=90)",
    "timedelta(hours=1)",
    "timedelta(hours=5)",
    "timedelta(days=1)",
    "timedelta(days=2)",
    "timedelta(weeks=1)",
    "timedelta(days=1, hours=1)",
    "relativedelta(days=3)",
    "relativedelta(months=1)",
    "relativedelta(months=5)",
    "relativedelta(years=1)",
]
OTHERS = [
    "MultipleCronTriggerTimetable('0 3 * * *', '30 14 * * 1', timezone='UTC')",
    "MultipleCronTriggerTimetable('30 2 * * *', '30 14 * * 1', timezone='Europe/Berlin', interval=timedelta(hours=2))",
    "CronTriggerTimetable('0 6 * * *', timezone='America/New_York', interval=timedelta(days=1))",
    "CronTriggerTimetable('0 6 1 * *', timezone='UTC', interval=relativedelta(months=1))",
    "EventsTimetable([pendulum.datetime(2027, 4, day, 5, 30) for day in range(1, 20, 3)])",
    "EventsTimetable([pendulum.datetime(2027 + number, 4, 1, number % 24) for number in range(6)])",
]
DAYS = [
    "@midnight",
    "@annually",
    "15 6 * * * 0",
    "0 0 * * 1#1",
    "30 6 * * fri#2,3#1",
    "0 9 * 1-6 L5",
    "0 0 L * *",
    "0 0 15,L * *",
    "0 0 15W * *",
    "30 6 1W * *",
    "0 0 31w 1-6 *",
]
"""What croniter knows, and Argo doesn't."""
DAYS_OF_ZONES = [
    "CronTriggerTimetable('30 2 * * 0#2', timezone='America/New_York')",
    "CronTriggerTimetable('30 2 * * L0', timezone='Europe/Berlin', interval=timedelta(days=1))",
    "CronTriggerTimetable('0 23 L * *', timezone='Australia/Sydney')",
    "CronTriggerTimetable('30 1 28W * *', timezone='America/New_York')",
    "CronTriggerTimetable('0 5 * * *', timezone=pendulum.parse('2024-01-01T00:00:00+02:00').tzinfo)",
    "CronDataIntervalTimetable('0 5 * * 1-5', timezone=pendulum.parse('2024-01-01T00:00:00-11:00').tzinfo)",
    "type('Mine', (CoreTrigger,), {})('0 0 * * *', timezone='UTC')",
]
SCHEDULES = [
    *(repr(cron) for cron in CRONS),
    *(f"CronTriggerTimetable({cron!r}, timezone={zone!r})" for zone in ZONES for cron in ZONED),
    *DELTAS,
    *OTHERS,
    *map(repr, DAYS),
    *DAYS_OF_ZONES,
    *(f"CronDataIntervalTimetable({cron!r}, timezone='UTC')" for cron in CRONS if not cron.startswith("@")),
    *(f"CronDataIntervalTimetable({cron!r}, timezone={zone!r})" for zone in ZONES for cron in ZONED),
    *(f"DeltaDataIntervalTimetable({delta})" for delta in DELTAS),
]
HEADER = """
from datetime import timedelta
import pendulum
from dateutil.relativedelta import relativedelta
from airflow.sdk import DAG, Asset, EventsTimetable, AssetOrTimeSchedule, CronPartitionTimetable
from airflow.sdk import CronTriggerTimetable, MultipleCronTriggerTimetable
from airflow.sdk import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from airflow.timetables.trigger import CronTriggerTimetable as CoreTrigger
from airflow.providers.standard.operators.empty import EmptyOperator
def dag(number, schedule, start_date=pendulum.datetime(2027, 2, 1, 3, 4), **more):
    with DAG(f'd{number}', start_date=start_date, schedule=schedule, **more):
        EmptyOperator(task_id='a')
"""


@pytest.fixture(scope="module")
def dags(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The DAGs of all schedules, of one file."""
    file = tmp_path_factory.mktemp("dags") / "dag.py"
    lines = [f"dag({number}, {schedule}, catchup=True)" for number, schedule in enumerate(SCHEDULES)]
    file.write_text("\n".join([HEADER, *lines]))
    loaded = {dag.dag_id: dag for dag in load_dags(file)}
    return {schedule: loaded[f"d{number}"] for number, schedule in enumerate(SCHEDULES)}


@pytest.fixture
def translated(tmp_path: Path) -> Any:
    def made(schedule: str, more: str = "start_date=pendulum.datetime(2027, 2, 1, 3, 4)", header: str = HEADER) -> Translation:
        file = tmp_path / "dag.py"
        file.write_text(f"{header}\ndag(1, {schedule}, {more})")
        return translate(load_dags(file)[0])

    return made


def is_due(when: str | None, moment: datetime, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether Argo starts a run at a moment of the schedules: by its own two languages."""
    if when is None:
        return True
    monkeypatch.setattr(Time, "now", lambda: Time.from_nanoseconds(int(moment.timestamp()) * 10**9 + 250_000_000))
    return govaluate.evaluate(replace_text(when, Scope())) is True


def runs_here(cron: dict[str, Any], after: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[datetime]:
    spec = cron["spec"]
    for moment in runs_of_crons(tuple(spec["schedules"]), spec["timezone"], after):
        if is_due(spec.get("when"), moment, monkeypatch):
            yield moment


def runs_there(dag: Any, after: datetime) -> Iterator[Any]:
    """Airflow's DagRunInfo."""
    from airflow.timetables.base import TimeRestriction
    from pendulum import instance

    from airflow_argo.translator.times import core_timetable

    earliest = max(dag.start_date, after - timedelta(days=10))
    interval, restriction = None, TimeRestriction(earliest=instance(earliest), latest=None, catchup=True)
    while True:
        info = core_timetable(dag.timetable).next_dagrun_info(last_automated_data_interval=interval, restriction=restriction)
        if info is None:
            return
        interval = info.data_interval
        if info.run_after > after:
            yield info


def seen(name: str, due: datetime, intervals: Any) -> datetime:
    """A date of a run that is scheduled for a moment, by Argo's expression."""
    scope = Scope()
    scope.set("workflow.scheduledTime", due.strftime("%Y-%m-%dT%H:%M:%SZ"))
    for parameter in ("logical_date", "data_interval_start", "data_interval_end", "run_id"):
        scope.set(f"workflow.parameters.{parameter}", "")
    if name == "run_id":
        return evaluate(RUN_ID, scope)  # type: ignore[return-value]
    text: Any = evaluate(run_date(RunDate(ISO, of=name, intervals=intervals)), scope)  # type: ignore[arg-type]
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_next_runs_and_their_dates_are_airflows(schedule: str, dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    dag = dags[schedule]
    translation = translate(dag)
    said = any("where the clock of" in one.message for one in translation.diagnostics)
    assert not said or "Lord_Howe" in schedule or "1-3" in schedule, "what can be exact is"
    compiled = compile_workflow(translation.required())
    for after in (AFTER, AUTUMN) if any(zone in schedule for zone in ZONES) else (dag.start_date,):
        if said:
            continue
        theirs = list(islice(runs_there(dag, after), COUNT))
        ours = list(islice(runs_here(compiled.cron(), after, monkeypatch), len(theirs)))
        assert ours == [info.run_after for info in theirs]
        for info in (
            theirs[:2] + [info for info in theirs if info.run_after.day in (14, 15, 28, 29, 31, 7, 8)][:6] + theirs[-1:]
        ):
            intervals = compiled.workflow.intervals
            assert seen("data_interval_start", info.run_after, intervals) == info.data_interval.start
            assert seen("data_interval_end", info.run_after, intervals) == info.data_interval.end
            assert seen("logical_date", info.run_after, intervals) == info.logical_date
            assert seen("run_after", info.run_after, intervals) == info.run_after
            assert seen("run_id", info.run_after, intervals) == f"scheduled__{info.run_after.isoformat()}"


FIELDS = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)]


@st.composite
def crons(draw: st.DrawFn) -> str:
    fields = []
    for low, high in FIELDS:
        number = st.integers(low, high)
        spans = st.tuples(number, number).map(sorted).map(lambda pair: f"{pair[0]}-{pair[1]}")
        steps = st.integers(1, max(2, (high - low) // 2)).map(lambda step: f"*/{step}")
        part = st.one_of(number.map(str), spans, steps)
        fields.append(draw(st.one_of(st.just("*"), part, st.lists(number.map(str), min_size=1, max_size=3).map(",".join))))
    return " ".join(fields)


@settings(max_examples=30, deadline=None)
@given(cron=crons(), zone=st.sampled_from(["UTC", *ZONES]), at=st.integers(1_700_000_000, 2_000_000_000))
@example(cron="0 0 15 * 0-6", zone="UTC", at=1_800_000_000)
@example(cron="* * * * 0-0", zone="UTC", at=1_700_000_000)
@example(cron="* * * * 1-1", zone="UTC", at=1_700_000_000)
@example(cron="0 0 1-31 * 1", zone="Europe/Berlin", at=1_800_000_000)
def test_any_cron_is_read_as_airflow_reads_it(cron: str, zone: str, at: int) -> None:
    """The moments without a zone by croniter, and the interval of any moment as Argo's expression finds it."""
    from croniter import croniter

    after = datetime.fromtimestamp(at, timezone.utc)
    ours = [int(run.timestamp()) for run in islice(ArgoCron.parse(as_argo_has_it(cron)).runs(after, "UTC"), 10)]
    if not ours:
        return
    theirs = croniter(cron, after.replace(tzinfo=None))
    assert ours == [int(theirs.get_next(datetime).replace(tzinfo=timezone.utc).timestamp()) for _ in ours]
    ticks = ticks_of(cron, zone)
    assert ticks is not None
    start, end = ticks.interval(after)
    if ticks.steps < 500:
        assert (seen("data_interval_start", after, ticks), seen("data_interval_end", after, ticks)) == (start, end)
    assert start < end <= after or zone != "UTC"


@pytest.mark.parametrize("cron", ["0 0 * * *", "*/15 * * * *", "0 3 * * 1-5", "0 0 1,15 * 3", "30 6 1 */3 *"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
@settings(max_examples=10, deadline=None)
@given(at=st.integers(1_700_000_000, 1_900_000_000))
def test_interval_of_a_manual_run_is_the_one_that_airflow_infers(cron: str, zone: str, at: int) -> None:
    from airflow.timetables.interval import CronDataIntervalTimetable
    from pendulum import from_timestamp

    inferred = CronDataIntervalTimetable(cron, zone).infer_manual_data_interval(run_after=from_timestamp(at))
    ticks = ticks_of(cron, zone)
    assert ticks is not None
    assert ticks.interval(datetime.fromtimestamp(at, timezone.utc)) == (inferred.start, inferred.end)


@pytest.mark.parametrize(
    ("schedule", "code", "cure"),
    [
        ("'0 0 L * 1'", "AA213", "five fields"),
        ("'0 0 15W * 1'", "AA213", "five fields"),
        ("'* * * * * */10'", "AA213", "five fields"),
        ("CronTriggerTimetable('0 5 * * *', timezone=pendulum.FixedTimezone(19800))", "AA213", "a zone with a name"),
        ("timedelta(seconds=90)", "AA213", "cron expression"),
        ("relativedelta(months=1, days=1)", "AA213", "cron expression"),
        (
            "CronTriggerTimetable('0 0 * * *', timezone='UTC', interval=relativedelta(day=1))",
            "AA213",
            "pass data_interval_start",
        ),
        ("Asset('a')", "AA213", "dag.py --dag-id d1"),
        ("EventsTimetable([pendulum.datetime(2020, 1, 1)])", "AA213", "dag.py --dag-id d1"),
        (
            "AssetOrTimeSchedule(timetable=CronTriggerTimetable('0 0 * * *', timezone='UTC'), assets=[Asset('a')])",
            "AA213",
            "submit",
        ),
        ("CronPartitionTimetable('0 0 * * *', timezone='UTC')", "AA213", "logical_date"),
        (
            "type('Mine', (CoreTrigger,), {'next_dagrun_info': None})('0 0 * * *', timezone='UTC')",
            "AA213",
            "dag.py --dag-id d1",
        ),
    ],
)
def test_what_argo_has_not_is_said_with_a_cure(schedule: str, code: str, cure: str, translated: Any) -> None:
    found = [one for one in translated(schedule).diagnostics if one.severity is not Severity.NOTE]
    assert [one.code for one in found] == [code]
    assert cure in found[0].cure


OF_AN_AUTHOR = """
from airflow.timetables.base import DagRunInfo, DataInterval, Timetable


class Workdays(Timetable):
    length = timedelta(0)

    def infer_manual_data_interval(self, *, run_after):
        return DataInterval.exact(run_after)

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        last = last_automated_data_interval
        moment = restriction.earliest if last is None else last.start.add(days=1)
        while moment.weekday() > 4:
            moment = moment.add(days=1)
        return DagRunInfo.interval(moment - self.length, moment)


class Intervals(Workdays):
    length = timedelta(hours=1)
"""


def test_runs_of_an_authors_timetable_are_listed(translated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = translated("Workdays()", header=HEADER + OF_AN_AUTHOR)
    cron = compile_workflow(made.required()).cron()
    first = datetime(2027, 2, 1, 3, 4, tzinfo=timezone.utc)
    days = [first + timedelta(days=day) for day in range(14)]
    assert list(islice(runs_here(cron, first - timedelta(days=9), monkeypatch), 10)) == [
        day for day in days if day.weekday() < 5
    ]
    assert [one.message for one in made.diagnostics] == ["of its next runs the first 500 are scheduled: to 2028-12-29"]
    for schedule, more in (("Intervals()", PAST), ("Workdays()", "start_date=None")):
        found = translated(schedule, more, header=HEADER + OF_AN_AUTHOR).diagnostics
        assert any("is known to Airflow alone" in one.message for one in found)


def test_no_schedule_needs_no_words(translated: Any) -> None:
    made = translated("None")
    assert made.workflow.schedule is None
    assert made.diagnostics == ()


PAST = "start_date=pendulum.datetime(2024, 1, 1)"


@pytest.mark.parametrize(
    ("schedule", "more", "last"),
    [
        ("'@daily'", "end_date=pendulum.datetime(2030, 1, 1)", datetime(2030, 1, 1, tzinfo=timezone.utc)),
        (
            "CronDataIntervalTimetable('@daily', timezone='UTC')",
            "end_date=pendulum.datetime(2030, 1, 1)",
            datetime(2030, 1, 2, tzinfo=timezone.utc),
        ),
    ],
)
def test_end_date_ends_it(schedule: str, more: str, last: datetime, translated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = translated(schedule, f"{PAST}, {more}")
    when = made.workflow.schedule.when
    assert [is_due(when, last + timedelta(days=days), monkeypatch) for days in (-1, 0, 1)] == [True, True, False]
    assert made.diagnostics == ()


def test_start_date_yet_to_come_begins_it(translated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    start = datetime(2040, 1, 1, tzinfo=timezone.utc)
    for schedule, first in (("'@daily'", start), ("CronDataIntervalTimetable('@daily', timezone='UTC')", start + timedelta(1))):
        when = translated(schedule, "start_date=pendulum.datetime(2040, 1, 1)").workflow.schedule.when
        assert [is_due(when, first + timedelta(days), monkeypatch) for days in (-1, 0, 1)] == [False, True, True]


def test_missed_run_is_made_up_where_nothing_but_cron_decides(translated: Any) -> None:
    assert translated("'@daily'", PAST).workflow.schedule.starting_deadline_seconds == 366 * 86400
    assert translated("timedelta(days=2)", PAST).workflow.schedule.starting_deadline_seconds is None


def test_catchup_is_lost_and_said_with_the_command_that_makes_up_for_it(translated: Any, tmp_path: Path) -> None:
    found = translated("'@daily'", f"{PAST}, catchup=True").diagnostics
    assert [(one.code, one.severity) for one in found] == [("AA214", Severity.WARNING)]
    assert f"airflow-argo backfill {tmp_path}/dag.py --dag-id d1 --from-date 2024-01-01 --to-date " in found[0].cure
    (later,) = translated("'@daily'", "start_date=pendulum.datetime(2040, 1, 1), catchup=True").diagnostics
    assert "--from-date … --to-date …" in later.cure
    ported = translate(load_dags(tmp_path / "dag.py")[0], settings=load_settings(flags={"port": "yes"}))
    assert f"airflow-argo backfill --port {tmp_path}/dag.py --dag-id d1 " in ported.diagnostics[0].cure


def test_continuous_is_every_minute_one_at_a_time(translated: Any) -> None:
    schedule = translated("'@continuous'", "max_active_runs=1").workflow.schedule
    assert (schedule.crons, schedule.concurrency) == (("* * * * *",), "Forbid")


def test_once_is_one_run_and_then_no_more(translated: Any) -> None:
    made = translated("'@once'", "start_date=None")
    spec = compile_workflow(made.workflow).cron()["spec"]
    assert spec["schedules"] == ["* * * * *"]
    assert spec["stopStrategy"] == {"expression": "cronworkflow.succeeded + cronworkflow.failed >= 1"}
    assert spec["concurrencyPolicy"] == "Forbid"
    assert made.diagnostics == ()


@pytest.mark.parametrize(
    ("dates", "of_tasks", "said"),
    [
        ("start_date=None", "start_date=pendulum.datetime(2040, 1, 1), end_date=pendulum.datetime(2041, 1, 1)", None),
        (PAST, "start_date=pendulum.datetime(2023, 1, 1)", None),
        (PAST, "start_date=pendulum.datetime(2024, 1, 2)", Severity.WARNING),
        (PAST, "start_date=pendulum.datetime(2040, 1, 2)", Severity.ERROR),
        (f"{PAST}, end_date=pendulum.datetime(2041, 1, 1)", "end_date=pendulum.datetime(2040, 1, 1)", Severity.ERROR),
    ],
)
def test_dates_of_tasks_are_said_where_they_are_not_those_of_all(
    dates: str, of_tasks: str, said: Severity | None, translated: Any
) -> None:
    """An error where a run yet to come would end otherwise than in Airflow."""
    found = translated("'@daily'", f"{dates}, default_args=dict({of_tasks})").diagnostics
    assert [(one.code, one.severity) for one in found] == ([("AA214", said)] if said else [])

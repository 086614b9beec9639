"""Arguments of DAGs, and imports that others use, of DAG files that are ported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_argo.translator.sources import reading, text_of


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("DAG('d', schedule_interval=None, schedule=[Dataset('x')])", "schedule=[Dataset('x')]"),
        ("DAG('d', schedule=None, schedule_interval='@daily')", "schedule=None"),
        ("DAG('d', schedule_interval=None, timetable=Mine())", "schedule=Mine()"),
        ("DAG('d', schedule=None, timetable=Mine())", "schedule=Mine()"),
        ("DAG('d', timetable=None, schedule='@daily')", "schedule='@daily'"),
        ("DAG('d', schedule_interval=cron, timetable=table)", "schedule=(table) or (cron)"),
        ("DAG('d', schedule_interval=cron, schedule=times)", "schedule=times"),
        ("DAG('d', schedule_interval=cron, timetable=None)", "schedule=cron"),
    ],
)
def test_of_several_schedules_the_one_that_airflow_2_took_is_left(text: str, schedule: str, port: Any) -> None:
    assert port(f"from airflow import DAG\n{text}\n").text.splitlines()[-1] == f"DAG('d', {schedule})"


TRIGGER = "from airflow.operators.dagrun_operator import TriggerDagRunOperator\nTriggerDagRunOperator(trigger_dag_id='d', {})\n"


@pytest.mark.parametrize(
    ("function", "given"),
    [
        ("", "lambda context, run: run"),
        ("def f(context, run):\n    'Always.'\n    return run\n", "f"),
    ],
)
def test_callables_of_triggers_that_say_nothing_are_taken_out(function: str, given: str, port: Any) -> None:
    made = port(function + TRIGGER.format(f"python_callable={given}"))
    assert made.text.splitlines()[-1] == "TriggerDagRunOperator(trigger_dag_id='d')"
    assert made.left == ()


@pytest.mark.parametrize(
    ("function", "given"),
    [
        ("", "lambda context, run: run if context['params'] else None"),
        ("def f(context, run):\n    run.payload = 1\n    return run\n", "f"),
        ("def f(context, run): return context\n", "f"),
        ("", "imported"),
    ],
)
def test_those_that_say_something_are_left_to_the_author(function: str, given: str, port: Any) -> None:
    ((_, what),) = port(function + TRIGGER.format(f"python_callable={given}")).left
    assert "TriggerDagRunOperator has no python_callable since Airflow 2: say the payload as conf=" in what


def test_what_airflow_gave_of_pythons_own_dates(port: Any) -> None:
    made = port("from airflow.utils.dates import datetime, timedelta\n\nday = datetime(2024, 1, 1) + timedelta(1)\n")
    assert made.text == "from datetime import datetime, timedelta\n\nday = datetime(2024, 1, 1) + timedelta(1)\n"


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("DAG('d', schedule_interval=None, concurrency=2)", "DAG('d', schedule=None, max_active_tasks=2)"),
        (
            "a = {'schedule_interval': None, 'params': {'concurrency': 1}, 'default_view': 'graph'}\nDAG('d', **a)",
            "a = {\"schedule\": None, 'params': {'concurrency': 1}}\nDAG('d', **a)",
        ),
        ("a = dict(schedule_interval=None)\nDAG('d', **{**a, 'timetable': t})", None),
        ("a = dict()\na['concurrency'] = a.pop('fail_stop', 3)\nDAG('d', **a)", None),
        ("a = {'schedule_interval': None}\nDAG('d', schedule=a['schedule_interval'])", None),
    ],
)
def test_arguments_of_dags_that_ruff_does_not_know_for_such(text: str, new: str | None, port: Any) -> None:
    expected = {
        "a = dict(schedule_interval=None)": "a = dict(schedule_interval=None)\nDAG('d', **{**a, \"schedule\": t})",
        "a = dict()": 'a = dict()\na["max_active_tasks"] = a.pop("fail_fast", 3)\nDAG(\'d\', **a)',
    }
    made = port(f"from common import DAG\n{text}\n").text
    assert made == f"from common import DAG\n{new or expected.get(text.splitlines()[0], text)}\n"


def test_what_a_module_hands_on_of_airflow_stays_in_it_by_the_name_it_has_there(port: Any) -> None:
    made = port(
        "from airflow import DAG\n"
        "from airflow.operators.dummy_operator import DummyOperator\n"
        "from airflow.utils.dates import days_ago\n"
        "from airflow.operators.subdag_operator import SubDagOperator\n"
        "from airflow.utils.decorators import apply_defaults\n"
        "start = days_ago(2)\n"
    )
    assert made.text == (
        "import pendulum\n"
        "from airflow.sdk import DAG\n"
        "from airflow.providers.standard.operators.empty import EmptyOperator as DummyOperator\n"
        'start = pendulum.today("UTC").subtract(days=2)\n'
    )


def test_a_dag_file_is_read_without_what_it_does_not_use(tmp_path: Path) -> None:
    file = tmp_path / "dag.py"
    file.write_text("from airflow.operators.email_operator import EmailOperator\nfrom airflow import DAG\nDAG('d')\n")
    with reading(port=True) as sources:
        sources.dag_files.add(str(file.resolve()))
        assert "EmailOperator" not in text_of(file)
    with reading(port=True):
        assert "from airflow.providers.smtp.operators.smtp import EmailOperator" in text_of(file)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bigquery_conn_id='a', bucket='b'", "gcp_conn_id='a', bucket='b'"),
        ("google_cloud_storage_conn_id=a, bigquery_conn_id=a", "gcp_conn_id=a"),
        ("google_cloud_storage_conn_id='a', bigquery_conn_id='b'", None),
        ("gcp_conn_id='a', bigquery_conn_id='b'", None),
    ],
)
def test_connections_of_googles_operators_are_one(old: str, new: str | None, port: Any) -> None:
    text = "from airflow.providers.google.cloud.transfers.gcs_to_bigquery import GCSToBigQueryOperator as Load\nLoad({})\n"
    assert port(text.format(f"task_id='t', {old}")).text == text.format(f"task_id='t', {new or old}")


def test_classes_of_early_providers(port: Any) -> None:
    amazon, google = "airflow.providers.amazon.aws", "airflow.providers.google.cloud.operators.bigquery"
    made = port(
        f"from {amazon}.operators.s3_bucket import S3CreateBucketOperator\n"
        f"from {amazon}.sensors.s3_key import S3KeySensor\n"
        f"from {amazon}.operators.athena import AWSAthenaOperator\n"
        f"from {google} import BigQueryExecuteQueryOperator\n"
        "print(S3CreateBucketOperator, S3KeySensor, AWSAthenaOperator, BigQueryExecuteQueryOperator)\n"
    )
    assert made.text.splitlines()[:3] == [
        f"from {amazon}.operators.s3 import S3CreateBucketOperator",
        f"from {amazon}.sensors.s3 import S3KeySensor",
        f"from {amazon}.operators.athena import AthenaOperator as AWSAthenaOperator",
    ]
    ((line, what),) = made.left
    assert line == 4
    assert "no BigQueryExecuteQueryOperator any more: use BigQueryInsertJobOperator" in what


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "'d', 'said', '@daily', start, catchup=False",
            "'d', description='said', schedule='@daily', start_date=start, catchup=False",
        ),
        ('\'d\', """said""", **given', '\'d\', description="""said""", **given'),
        ("*given, 'said'", None),
        ("'d', schedule=None", None),
    ],
)
def test_what_a_dag_is_given_by_its_place(old: str, new: str | None, port: Any) -> None:
    text = "from airflow.sdk import DAG\nDAG({})\n"
    assert port(text.format(old)).text == text.format(new or old)

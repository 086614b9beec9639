"""Retries and timeouts of tasks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.model.jobs import Backoff, Container, PythonCall, Retry
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment

prepare_environment()


@pytest.fixture
def translated(tmp_path: Path) -> Any:
    def made(task: str) -> tuple[Any, list[str]]:
        file = tmp_path / "dag.py"
        file.write_text(
            "from datetime import timedelta\nfrom airflow.sdk import DAG, task\n"
            "from airflow.providers.standard.operators.bash import BashOperator\n"
            "from airflow.providers.standard.operators.python import PythonOperator\n"
            f"with DAG('d', schedule=None):\n    {task}\n"
        )
        translation = translate(load_dags(file)[0])
        assert translation.workflow is not None
        return translation.workflow.graph.steps[0].body, [one.code for one in translation.diagnostics]

    return made


def bash(arguments: str) -> str:
    return f"BashOperator(task_id='a', bash_command='x', {arguments})"


@pytest.mark.parametrize(
    ("arguments", "retry"),
    [
        ("", None),
        ("retries=0", None),
        ("retries=2", Retry(2, "any", Backoff(300))),
        ("retries=1, retry_delay=timedelta(0)", Retry(1)),
        ("retries=1, retry_delay=timedelta(seconds=1.5)", Retry(1, "any", Backoff(2))),
        ("retries=1, retry_delay=7", Retry(1, "any", Backoff(7))),
        ("retries=3, retry_delay=timedelta(minutes=1), retry_exponential_backoff=True", Retry(3, "any", Backoff(60, 2))),
        (
            "retries=3, retry_delay=60, retry_exponential_backoff=3, max_retry_delay=timedelta(hours=1)",
            Retry(3, "any", Backoff(60, 3, 3600)),
        ),
        ("retries=1, retry_delay=60, max_retry_delay=90", Retry(1, "any", Backoff(60))),
    ],
)
def test_retries_of_a_command(arguments: str, retry: Retry | None, translated: Any) -> None:
    body, found = translated(bash(arguments))
    assert isinstance(body, Container)
    assert body.retry == retry
    assert found == []


def test_failure_for_good_is_told_by_an_exit_code(translated: Any) -> None:
    body, _ = translated("PythonOperator(task_id='a', python_callable=lambda: 1, retries=1, retry_delay=0)")
    assert isinstance(body, PythonCall)
    assert body.retry == Retry(1, "any", None, (100,))


def test_backoff_by_a_part_of_a_number_is_said(translated: Any) -> None:
    body, found = translated(bash("retries=1, retry_exponential_backoff=1.5"))
    assert body.retry.backoff.factor == 2
    assert found == ["AA217"]


@pytest.mark.parametrize(
    ("timeout", "seconds"), [(timedelta(seconds=5), 5), (timedelta(milliseconds=1), 1), (timedelta(hours=2), 7200)]
)
def test_timeout_of_a_try(timeout: timedelta, seconds: int, translated: Any) -> None:
    body, _ = translated(bash(f"execution_timeout=timedelta(seconds={timeout.total_seconds()})"))
    assert body.timeout_seconds == seconds


def test_the_operator_itself_times_its_tries_by_airflow(translated: Any) -> None:
    body, found = translated(bash("execution_timeout=timedelta(seconds=5), retries=1, on_retry_callback=print"))
    assert body.timeout_seconds is None
    assert body.retry == Retry(1, "any", Backoff(300), (100,))
    assert found == ["AA231"]

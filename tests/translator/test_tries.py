"""Retries and timeouts of tasks."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_argo.compiler.jobs import retry_strategy
from airflow_argo.local.controller.retries import backoff_seconds
from airflow_argo.model.jobs import Backoff, Container, PythonCall, Retry
from airflow_argo.runners.local import LocalRunner
from airflow_argo.runners.sources import runnable
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from airflow_argo.translator.tries import START_SECONDS, retry_of

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
        ("retries=-1", None),
        ("retries=1, retry_delay=timedelta(seconds=1.5)", Retry(1, "any", Backoff(1.5))),
        ("retries=1, retry_delay=7", Retry(1, "any", Backoff(7))),
        ("retries=3, retry_delay=timedelta(minutes=1), retry_exponential_backoff=True", Retry(3, "any", Backoff(60, 2))),
        (
            "retries=3, retry_delay=60, retry_exponential_backoff=3, max_retry_delay=timedelta(hours=1)",
            Retry(3, "any", Backoff(60, 3, 3600)),
        ),
        ("retries=1, retry_delay=60, max_retry_delay=90", Retry(1, "any", Backoff(60))),
        ("retries=3, retry_delay=60, retry_exponential_backoff=True, max_retry_delay=0", Retry(3, "any", Backoff(60, 2))),
        ("retries=3, retry_delay=0, retry_exponential_backoff=True", Retry(3, "any", Backoff(1))),
        ("retries=3, retry_delay=60, retry_exponential_backoff=-2", Retry(3, "any", Backoff(60))),
        ("retries=9, retry_delay=300, retry_exponential_backoff=True", Retry(9, "any", Backoff(300, 2))),
        ("retries=10, retry_delay=300, retry_exponential_backoff=True", Retry(10, "any", Backoff(300, 2, 86400))),
        (
            "retries=500, retry_delay=300, retry_exponential_backoff=True, max_retry_delay=timedelta(days=2)",
            Retry(500, "any", Backoff(300, 2, 86400)),
        ),
        ("retries=3, retry_delay=60, retry_exponential_backoff=1.5", Retry(3, "any", Backoff(60, 2))),
        ("retries=3, retry_delay=60, retry_exponential_backoff=2.2", Retry(3, "any", Backoff(60, 3))),
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
    body, found = translated(bash("retries=4, retry_exponential_backoff=1.5"))
    assert body.retry.backoff.factor == 2
    assert found == ["AA217"]


@settings(max_examples=200, deadline=None)
@given(
    delay=st.floats(0, 4000).map(lambda given: round(given, 3)),
    factor=st.sampled_from([True, 0.5, 1.25, 1.5, 2, 2.5, 3, 10]),
    longest=st.none() | st.integers(0, 200_000),
    retries=st.integers(1, 40),
)
def test_unless_said_each_wait_may_be_one_of_airflow(delay: float, factor: float, longest: int | None, retries: int) -> None:
    told: list[str] = []
    task = SimpleNamespace(
        retries=retries,
        retry_delay=timedelta(seconds=delay),
        retry_exponential_backoff=factor,
        max_retry_delay=None if longest is None else timedelta(seconds=longest),
    )
    retry = retry_of(task, cast(Any, SimpleNamespace(report=lambda code, *_: told.append(code))), reports=False)
    assert retry is not None
    assert not told or factor % 1
    backoff = retry_strategy(retry)["backoff"]
    for attempt in range(1, retries + 1):
        wait, (least, most) = backoff_seconds(backoff, attempt), waits_of_airflow(task, attempt)
        assert told or least - 1 < wait <= most


def waits_of_airflow(task: Any, attempt: int) -> tuple[float, float]:
    """The shortest and the longest that Airflow itself would wait for the next try, in seconds."""
    least = wait_of_airflow(task, attempt, 0)
    return least, wait_of_airflow(task, attempt, int(least) - 1)


def wait_of_airflow(task: Any, attempt: int, chance: int) -> float:
    """What Airflow waits, whose chance is a hash of names and dates."""
    from airflow.models.taskinstance import TaskInstance

    exponential = task.retry_exponential_backoff
    stored = SimpleNamespace(**(vars(task) | {"retry_exponential_backoff": 2.0 if exponential is True else exponential}))
    end = datetime(2026, 1, 1, tzinfo=timezone.utc)
    instance = SimpleNamespace(
        task=stored, try_number=attempt, end_date=end, retry_delay_override=None, dag_id="d", task_id="a", logical_date=end
    )
    digest = SimpleNamespace(hexdigest=lambda: f"{chance:x}")
    with patch("hashlib.sha1", lambda *_, **__: digest):
        due: datetime = TaskInstance.next_retry_datetime(cast(Any, instance))
    return (due - end).total_seconds()


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [(timedelta(seconds=5), 5), (timedelta(milliseconds=1), 0.001), (timedelta(hours=2), 7200), (timedelta(0), None)],
)
def test_timeout_of_a_try(timeout: timedelta, seconds: float | None, translated: Any) -> None:
    body, _ = translated(bash(f"execution_timeout=timedelta(seconds={timeout.total_seconds()})"))
    assert json.loads(body.report.facts.json).get("timeout") == seconds
    assert body.timeout_seconds == (None if seconds is None else math.ceil(seconds) + START_SECONDS)


def test_functions_and_commands_clean_up_when_their_time_is_up(tmp_path: Path) -> None:
    file = tmp_path / "dag.py"
    file.write_text(
        "import time\nfrom datetime import timedelta\nfrom airflow.sdk import DAG, task\n"
        "from airflow.providers.standard.operators.bash import BashOperator\n"
        "with DAG('d', schedule=None):\n"
        "    @task(execution_timeout=timedelta(seconds=2), retries=0)\n"
        "    def slow():\n"
        "        try:\n"
        "            time.sleep(60)\n"
        "        except Exception:\n"
        "            print('failed')\n"
        "        finally:\n"
        "            print('cleaned up')\n"
        "    slow() >> BashOperator(\n"
        "        task_id='command', bash_command='trap \"echo trapped; exit\" TERM; echo began; sleep 60 & wait',\n"
        "        execution_timeout=timedelta(seconds=0.5), trigger_rule='all_failed')\n"
    )
    workflow = translate(load_dags(file)[0]).required()
    run = LocalRunner(folder=tmp_path / "runs").run(runnable(workflow), on_progress=lambda _: None)
    ended = {step.id: step.state for step in run.tree}
    assert {name: ended[name] for name in ("slow", "command")} == {"slow": "failed", "command": "failed"}
    written = [line.text for line in run.logs() if not line.text.startswith((" ", "Traceback"))]
    assert [text.removeprefix("airflow_argo_pod.timing.") for text in written] == [
        "cleaned up",
        "AirflowTaskTimeout: it took longer than 2 s",
        "began",
        "trapped",
        "AirflowTaskTimeout: it took longer than 0.5 s",
    ]


def test_the_operator_itself_times_its_tries_by_airflow(translated: Any) -> None:
    body, found = translated(bash("execution_timeout=timedelta(seconds=5), retries=1, on_retry_callback=print"))
    assert body.timeout_seconds is None
    assert body.retry == Retry(1, "any", Backoff(300), (100,))
    assert found == ["AA231"]


RULES = "ExceptionRetryPolicy([RetryRule(KeyError, RetryAction.FAIL, timedelta(0)), {}])"


@pytest.mark.parametrize(
    ("policy", "arguments", "backoff", "waits"),
    [
        (RULES.format("RetryRule(ValueError, RetryAction.RETRY)"), "retry_delay=60", Backoff(60), None),
        (RULES.format("RetryRule(ValueError, RetryAction.RETRY, timedelta(seconds=5))"), "retry_delay=60", Backoff(5), 5),
        (RULES.format("RetryRule(ValueError, RetryAction.RETRY, timedelta(hours=1))"), "retry_delay=60", Backoff(60), 60),
        (RULES.format("RetryRule(ValueError, RetryAction.RETRY, timedelta(0))"), "retry_delay=60", None, 0),
        (RULES.format("RetryRule(ValueError)"), "retry_exponential_backoff=2", Backoff(300, 2), None),
        (RULES.format("RetryRule(ValueError, retry_delay=timedelta(seconds=5))"), "retry_exponential_backoff=2", None, 0),
        ("type('Own', (ExceptionRetryPolicy,), {})([])", "retry_delay=60", None, 0),
    ],
)
def test_pods_wait_where_a_policy_sets_the_time(
    policy: str, arguments: str, backoff: Backoff | None, waits: float | None, translated: Any
) -> None:
    pytest.importorskip("airflow.sdk.definitions.retry_policy", reason="Airflow has no retry_policy before 3.3")
    names = "ExceptionRetryPolicy, RetryAction, RetryRule"
    body, found = translated(
        f"from airflow.sdk.definitions.retry_policy import {names}\n"
        f"    {bash(f'retries=1, {arguments}, retry_policy={policy}')}"
    )
    assert body.retry == Retry(1, "any", backoff, (100,))
    assert body.facts.value.get("retry") == (None if waits is None else {"argo_waits": waits})
    assert ("AA217" in found) == (waits is not None)

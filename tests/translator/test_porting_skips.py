"""`SkipMixin.skip` of Airflow 1.10 and 2."""

from __future__ import annotations

from typing import Any

import pytest

OLD = """
from airflow.models import BaseOperator, SkipMixin


class Check(BaseOperator, SkipMixin):
    def execute(self, context):
        if tasks := context["task"].downstream_list:
            self.skip({0})
{1}"""
PORTED = 'context["ti"], tasks'
ENDS = "skip() ends the task in Airflow 3: what comes after it in the function isn't run"


@pytest.mark.parametrize(
    "given",
    [
        "context['dag_run'], context['ti'].execution_date, tasks",
        'context["dag_run"],\n                      context["execution_date"],\n                      tasks',
        "dag_run=context['dag_run'], execution_date=context['execution_date'], tasks=tasks",
        "context['dag_run'], context['ti'].execution_date, tasks, map_index=-1",
    ],
)
def test_a_skip_takes_the_instance(given: str, port: Any) -> None:
    made = port(OLD.format(given, ""))
    assert made.text == OLD.format(PORTED, "")
    assert made.left == ()


@pytest.mark.parametrize(
    ("after", "is_left"),
    [
        ('        self.log.info("Done.")\n        return None\n', False),
        ("        return True\n", True),
        ("        self.load()\n", True),
    ],
)
def test_a_skip_that_ends_a_task_early_is_said(after: str, is_left: bool, port: Any) -> None:
    made = port(OLD.format("context['dag_run'], context['ti'].execution_date, tasks", after))
    assert [what for _, what in made.left] == [ENDS] * is_left


def test_a_skip_without_a_context_is_left(port: Any) -> None:
    made = port(OLD.format("dag_run, dag_run.execution_date, tasks", ""))
    assert made.left[0] == (8, "skip() takes the task's instance and tasks in Airflow 3: skip(context['ti'], tasks)")
    assert port(OLD.format("1, 2, 3", "")).left == ()

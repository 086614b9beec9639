"""DAG files of Airflow 1.10 and 2 are read by Airflow 3 once they are ported, and do the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_argo.diagnostics import InputError
from airflow_argo.translator.loading import load_dags, prepare_environment
from airflow_argo.translator.porting import Ported, ported

prepare_environment()

OLD = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash_operator import BashOperator
from airflow.operators.dummy_operator import DummyOperator
from airflow.operators.python_operator import PythonOperator
from airflow.utils.dates import days_ago
from airflow.utils.decorators import apply_defaults
from airflow.sensors.base_sensor_operator import BaseSensorOperator
from airflow.models.baseoperator import BaseOperator


class Own(BaseOperator):
    template_fields = ("text",)

    @apply_defaults
    def __init__(self, text, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.text = text

    def execute(self, context):
        return self.text


def say(**context):
    return context["ds"]


with DAG("old", schedule_interval="@daily", start_date=days_ago(2), concurrency=3, catchup=False, default_view="graph") as dag:
    a = DummyOperator(task_id="a")
    b = BashOperator(task_id="b", bash_command="echo {{ execution_date }} {{ yesterday_ds }} {{ ds }}")
    c = PythonOperator(task_id="c", python_callable=say, provide_context=True)
    a >> b >> c >> Own(task_id="d", text="{{ next_ds }}")
"""


@pytest.fixture
def port(tmp_path: Path) -> Any:
    def made(text: str) -> Ported:
        file = tmp_path / "dag.py"
        file.write_text(text)
        return ported(file)

    return made


def test_old_dag_is_read_by_airflow_3(port: Any, tmp_path: Path) -> None:
    file = tmp_path / "new.py"
    file.write_text(port(OLD).text)
    (dag,) = load_dags(file)
    assert [task.task_type for task in dag.tasks] == ["EmptyOperator", "BashOperator", "PythonOperator", "Own"]
    assert dag.max_active_tasks == 3
    assert dag.task_dict["b"].bash_command == "echo {{ logical_date }} {{ macros.ds_add(ds, -1) }} {{ ds }}"
    assert dag.task_dict["d"].text == "{{ data_interval_end | ds }}"


def test_what_airflow_3_reads_is_left_alone(port: Any) -> None:
    new = port(OLD).text
    assert port(new).text == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("f(a, provide_context=True)\n", "f(a)\n"),
        ("f(provide_context=True, a=1)\n", "f(a=1)\n"),
        ("f(provide_context=True)\n", "f()\n"),
        ("f(\n    a,\n    provide_context=True,\n)\n", "f(\n    a,\n    )\n"),
        ("x = 'no {{ params.execution_date }} {{ \"execution_date\" }} execution_date'\n", None),
        ("x = '{{ tomorrow_ds_nodash }}'\n", 'x = \'{{ macros.ds_add(ds, 1) | replace("-", "") }}\'\n'),
        ('x = """{{ tomorrow_ds_nodash }}"""\n', 'x = """{{ macros.ds_add(ds, 1) | replace(\'-\', \'\') }}"""\n'),
        ("x = '{% if execution_date %}é{% endif %}'\n", "x = '{% if logical_date %}é{% endif %}'\n"),
    ],
)
def test_edits(old: str, new: str | None, port: Any) -> None:
    assert port(old).text == (old if new is None else new)


def test_defaults_that_changed_are_left_to_the_author(port: Any) -> None:
    left = port("from airflow.sdk import DAG\n\nwith DAG('d'):\n    pass\n").left
    assert [line for line, _ in left] == [3, 3, 3][: len(left)]
    assert any("say catchup" in what for _, what in left)
    assert any("say schedule" in what for _, what in left)


def test_no_python_is_an_error_with_its_line(port: Any) -> None:
    with pytest.raises(InputError, match=r"dag\.py:2.*Python can't read it"):
        port("x = 1\ny = (\n")

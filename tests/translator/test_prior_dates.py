"""Pulls that reach for values of earlier runs are refused by AA242, wherever they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment

HEADER = """
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, BaseOperator, task

class Own(BaseOperator):
    def execute(self, context):
        return context["ti"].xcom_pull(task_ids="first", include_prior_dates=True)

class Derived(Own):
    pass

@task
def first():
    return 1

def pulling(ti):
    return ti.xcom_pull('first', include_prior_dates=True)

"""
PULLS = {
    "function": "    @task\n    def f(ti=None):\n        ti.xcom_pull('first', include_prior_dates=True)\n    f()",
    "variable": "    @task\n    def f(ti=None, x=True):\n        return ti.xcom_pull('first', include_prior_dates=x)\n    f()",
    "position": "    @task\n    def f(ti=None):\n        ti.xcom_pull('first', None, 'k', True)\n    f()",
    "in Airflow": "    @task\n    def f(ti=None, conn=None):\n        ti.xcom_pull('first', include_prior_dates=True)\n    f()",
    "lambda": "    PythonOperator(task_id='f', on_failure_callback=print,\n"
    "        python_callable=lambda ti: ti.xcom_pull('first', include_prior_dates=True))",
    "text at the margin": "    @task\n    def f(ti=None, conn=None):\n        '''\nA\n'''\n"
    "        ti.xcom_pull('first', include_prior_dates=True)\n    f()",
    "classic": "    PythonOperator(task_id='f', python_callable=pulling)",
    "template": "    BashOperator(task_id='f', bash_command='{{ ti.xcom_pull(\"f\", include_prior_dates=True) }}')",
    "operator": "    Own(task_id='f')",
    "derived": "    Derived(task_id='f')",
}


def codes_of(text: str, folder: Path) -> list[tuple[str, str, int]]:
    prepare_environment()
    file = folder / "dag.py"
    file.write_text(f"{HEADER}with DAG('prior', schedule=None):\n    one = first()\n{text}\n")
    (dag,) = load_dags(file)
    found = [one for one in translate(dag).diagnostics if one.severity.value == "error"]
    return [(one.code, one.path, one.origin.line) for one in found]


@pytest.mark.parametrize("text", PULLS.values(), ids=PULLS)
def test_it_is_refused_where_it_is_written(text: str, tmp_path: Path) -> None:
    found = codes_of(text, tmp_path)
    assert {(code, path) for code, path, _ in found} == {("AA242", "dag 'prior' task 'f'")}
    assert all(line > HEADER.count("\n") for *_, line in found)


def test_false_is_no_reason(tmp_path: Path) -> None:
    text = "    one >> BashOperator(task_id='f', bash_command='{{ ti.xcom_pull(\"first\", include_prior_dates=False) }}')"
    assert codes_of(text, tmp_path) == []

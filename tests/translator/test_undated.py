"""DAGs that are translated for a run without a logical date: what asks for one ends as in Airflow."""

from __future__ import annotations

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task

from airflow_argo.comparison.on_argo import ended_of
from airflow_argo.runners.local import LocalRunner
from airflow_argo.translator.dags import translate


@task
def given(ds=None, ts=None):
    return [ds, ts]


@task
def required(ts):
    return ts


def test_functions_get_no_dates(tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW_ARGO_IMAGE", "x")
    with DAG("undated", default_args={"retries": 0}) as dag:
        given(), required()
        BashOperator(task_id="told", bash_command="echo [$AIRFLOW_CTX_LOGICAL_DATE]")
    moment = "2026-01-01T00:00:00+00:00"
    run = LocalRunner(folder=tmp_path).run(translate(dag, is_dated=False).required(), parameters={"logical_date": moment})
    found = ended_of("", run.tree)
    assert {name: state for (name, _), state in found.tasks.items()} == {
        **dict.fromkeys(("given", "told"), "success"),
        "required": "failed",
    }
    values = {name: value for (name, _, key), value in found.xcoms.items() if key == "return_value"}
    assert values == {"given": [None, None], "told": "[]"}


def test_templates_with_dates_are_left_to_airflow_which_fails_them():
    with DAG("undated") as dag:
        for name, text in (("day", "{{ ds }}"), ("interval", "{{ data_interval_end | ts }}"), ("run", "{{ run_id }}")):
            BashOperator(task_id=name, bash_command=f"echo {text}")
    found = translate(dag, is_dated=False).diagnostics
    in_airflow = [one for one in found if one.code == "AA231"]
    assert [one.path for one in in_airflow] == ["dag 'undated' task 'day'", "dag 'undated' task 'interval'"]
    assert "a date of a run that has no ds" in in_airflow[0].message


def test_an_airflow_tells_when_its_run_may_start():
    with DAG("dated") as dag:
        given()
    inputs = [[spec.name for spec in translate(dag, is_dated=one).required().inputs][5:] for one in (None, True, False)]
    assert inputs == [[], ["run_after"], ["run_after", "is_dated"]]

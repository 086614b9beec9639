"""What a translated DAG is told of the Airflow run that submits it."""

from datetime import datetime, timezone
from types import SimpleNamespace

from airflow_argo.model.values import Type
from airflow_argo.model.workflow import InputSpec
from airflow_argo.operators.sources import run_facts

DATE = datetime(2024, 5, 6, tzinfo=timezone.utc)


def test_params_are_told_as_their_inputs_hold_them():
    run = SimpleNamespace(run_id="manual__1", conf={"b": "5"}, logical_date=DATE, run_after=DATE)
    inputs = [InputSpec("a", Type.TEXT), InputSpec("b", Type.JSON), InputSpec("c", Type.JSON)]
    told = run_facts({"dag_run": run, "params": {"a": "5", "b": "5", "c": [1], "d e": "of no input"}}, inputs)
    assert {name: told[name] for name in "abc"} == {"a": "5", "b": '"5"', "c": "[1]"}
    assert (told["run_id"], told["conf"], told["logical_date"]) == ("manual__1", '{"b": "5"}', "2024-05-06T00:00:00+00:00")

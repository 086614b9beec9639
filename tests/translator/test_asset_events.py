"""What tasks say to, and ask of, events of assets is reported by AA218, wherever they do."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment

HEADER = """
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Asset, BaseOperator, Metadata, get_current_context, task

class Own(BaseOperator):
    def execute(self, context):
        return len(context["triggering_asset_events"])

def asks(**context):
    return [one for one in context["inlet_events"][Asset("a")]]

with DAG("events", schedule=None):
"""
USES = {
    "argument": ("    @task\n    def f(triggering_asset_events=None):\n        pass\n    f()", "triggering_asset_events"),
    "context": ("    PythonOperator(task_id='f', python_callable=asks)", "inlet_events"),
    "mapped": ("    PythonOperator.partial(task_id='f', python_callable=asks).expand(op_args=[[], []])", "inlet_events"),
    "current context": (
        "    @task\n    def f():\n        return (lambda: get_current_context()['outlet_events'])()\n    f()",
        "outlet_events",
    ),
    "yielded": ("    @task\n    def f():\n        yield Metadata(Asset('a'), {'n': 1})\n    f()", "Metadata"),
    "template": (
        "    BashOperator(task_id='f', bash_command='echo {{ triggering_asset_events | length }}')",
        "triggering_asset_events",
    ),
    "operator": ("    Own(task_id='f')", "triggering_asset_events"),
    "outlets say it": (
        "    @task(outlets=[Asset('a')])\n    def f(outlet_events=None):\n        outlet_events.clear()\n    f()",
        "outlets",
    ),
    "another's name": ("    @task\n    def f(Metadata=None, events=1):\n        return 'asset events'\n    f()", None),
}


@pytest.mark.parametrize(("text", "name"), USES.values(), ids=USES)
def test_it_is_reported(text: str, name: str | None, tmp_path: Path) -> None:
    prepare_environment()
    file = tmp_path / "dag.py"
    file.write_text(f"{HEADER}{text}\n")
    (dag,) = load_dags(file)
    found = [one.message for one in translate(dag).diagnostics if one.code == "AA218"]
    assert found == ([] if name is None else [f"{name} is not carried over"])

"""Findings tell the lines of the DAG and the task that they are about, also where several have one id, or are made in loops."""

from __future__ import annotations

import re
from pathlib import Path

from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment

DAGS = """
import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, BaseOperator, dag, task

LATE = {"start_date": pendulum.datetime(2024, 1, 1), "schedule": "@daily", "catchup": True}

class Own(BaseOperator):
    def __init__(self, **arguments):
        super().__init__(**arguments)

@task(pool="shared")
def shared():  # shared
    return 1

with DAG("first", **LATE):  # first
    BashOperator(  # pool 1
        task_id="load",
        bash_command="true",
        pool="pool 1",
    )
    shared()

with DAG("second", **LATE):  # second
    BashOperator(task_id="load", bash_command="true", pool="pool 2")  # pool 2
    BashOperator.partial(task_id="mapped", pool="mapped").expand(bash_command=["true"])  # mapped

for name in ("x", "y"):
    with DAG(f"made_{name}", **LATE):  # made_x made_y
        BashOperator(task_id="load", bash_command="true", pool=f"pool {name}")  # pool x pool y
        Own(task_id=f"load_{name}", pool=f"own {name}")  # own x own y

def make(dag_id):
    with DAG(dag_id, **LATE):
        BashOperator(task_id="load", bash_command="true", pool=f"pool of {dag_id}")  # pool of a pool of b

make("a")  # a
make("b")  # b

@dag(**LATE)
def decorated():  # decorated
    @task(pool="function")
    def load():  # function
        return 1
    load()

decorated()
"""


def test_findings_tell_their_lines(tmp_path: Path) -> None:
    prepare_environment()
    file = tmp_path / "dag.py"
    file.write_text(DAGS)
    found = [(dag.dag_id, finding) for dag in load_dags(file) for finding in translate(dag).diagnostics]
    lines = DAGS.splitlines()
    said = []
    for dag_id, finding in found:
        pool = re.match(r"pool '(.*)' is not", finding.message)
        if pool or finding.code == "AA214":
            about = pool[1] if pool else dag_id
            said.append((about, re.search(rf"# (.* )?{about}( |$)", lines[(finding.origin.line or 1) - 1]) is not None))
    assert said == [(about, True) for about, _ in said]
    assert len(said) == len({about for about, _ in said}) == 18

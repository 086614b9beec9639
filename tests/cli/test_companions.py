"""The DAGs that a DAG creates runs of come along when it is run."""

from __future__ import annotations

from argparse import Namespace

from airflow_argo.cli.files import one_source

DAG = """
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG

with DAG("{dag_id}", schedule=None):
    TriggerDagRunOperator(task_id="next", trigger_dag_id="{other}")
"""
LAST = """
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

for name in ("last", "unneeded"):
    with DAG(name, schedule=None):
        BashOperator(task_id="say", bash_command="echo")
"""


def test_those_that_they_need_in_turn_come_too(tmp_path):
    (tmp_path / "a.py").write_text(DAG.format(dag_id="first", other="second"))
    (tmp_path / "b.py").write_text(DAG.format(dag_id="second", other="last"))
    (tmp_path / "c.py").write_text(LAST)
    (tmp_path / "d.py").write_text("last = 1 / 0")
    options = Namespace(file=str(tmp_path / "a.py"), dag_id=None, load_timeout=60, variables=None, connections=None)
    documents = one_source(options).documents
    assert [(one["kind"], one["metadata"]["name"]) for one in documents if one["kind"] != "ConfigMap"] == [
        ("WorkflowTemplate", "second"),
        ("WorkflowTemplate", "last"),
    ]


def test_who_submits_is_told_of_them(cli, write):
    write("a.py", DAG.format(dag_id="first", other="second"))
    write("b.py", DAG.format(dag_id="second", other="last"))
    answer = cli("submit", "a.py", "--dry-run", "client", "--load-timeout", "600")
    assert answer.code == 0
    assert (
        "creates runs of other DAGs, whose WorkflowTemplates have to be there: second; airflow-argo submit FILE" in answer.err
    )

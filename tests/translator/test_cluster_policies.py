"""Cluster policies of an Airflow, judged by its own DagBag."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

POLICIES = """
from airflow.exceptions import AirflowClusterPolicySkipDag, AirflowClusterPolicyViolation

def dag_policy(dag):
    if "broken" in dag.tags:
        raise ValueError("no such tag")
    if "refused" in dag.tags:
        raise AirflowClusterPolicyViolation("it has no owner")
    if "left" in dag.tags:
        raise AirflowClusterPolicySkipDag("not here")
    dag.tags.add("seen")

def task_policy(task):
    task.retries = 2
    if task.task_type == "BashOperator":
        task.bash_command = "echo " + task.bash_command
    elif hasattr(task, "python_callable"):
        task.doc = "as the policy says"
"""
HOOK = "\ndef task_instance_mutation_hook(task_instance):\n    task_instance.queue = 'other'\n"
DAG = """
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task

with DAG("d", schedule=None, tags={tags}, default_args={{"retry_delay": 0}}) as dag:
    @task
    def doc(task=None):
        assert (task.doc, task.retries) == ("as the policy says", 2)

    BashOperator(task_id="bash", bash_command="hello") >> doc()
"""
DAG_BAG = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1], bundle_path=None)
print(json.dumps([sorted(bag.dags), list(map(str, bag.import_errors.values()))]))
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """Airflow's, with policies; not in /tmp, as each task has one of its own."""
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        (Path(folder) / "config").mkdir()
        (Path(folder) / "config" / "airflow_local_settings.py").write_text(POLICIES)
        yield Path(folder)


def said(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "AIRFLOW_HOME": str(home), "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"}
    environment.pop("_AIRFLOW__AS_LIBRARY", None)  # of another test: with it Airflow looks for no policies
    return subprocess.run([sys.executable, *words], env=environment, cwd=home, capture_output=True, text=True, check=False)


def translated(home: Path, tags: list[str]) -> subprocess.CompletedProcess[str]:
    (home / "dag.py").write_text(DAG.format(tags=tags))
    return said(home, "-m", "airflow_argo", "translate", "dag.py", "-o", "json")


def test_tasks_are_as_policies_make_them(home: Path) -> None:
    made = translated(home, [])
    assert "AA245" not in made.stderr
    assert "echo hello" in made.stdout
    both = said(home, "-m", "airflow_argo", "compare", "dag.py", "-o", "json")
    assert both.returncode == 0, both.stdout
    assert json.loads(both.stdout)["dags"][0]["run"] == {"airflow": "success", "argo": "success"}


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("refused", "error AA113: a cluster policy refuses DAG 'd': it has no owner; "),
        ("broken", "error AA113: a cluster policy fails on DAG 'd': ValueError: no such tag; correct airflow_local_settings"),
        ("left", "error AA103: there is no DAG in it"),
    ],
)
def test_dags_are_refused_and_left_out_as_in_a_dag_bag(home: Path, tag: str, message: str) -> None:
    made = translated(home, [tag])
    assert message in made.stdout
    ids, errors = json.loads(said(home, "-c", DAG_BAG, "dag.py").stdout.splitlines()[-1])
    assert (ids, len(errors)) == ([], tag != "left")


def test_a_policy_for_instances_is_told(home: Path) -> None:
    with (home / "config" / "airflow_local_settings.py").open("a") as file:
        file.write(HOOK)
    assert "warning AA245: task_instance_mutation_hook is not carried over" in translated(home, []).stderr

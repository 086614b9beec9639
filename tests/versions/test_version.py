"""With the Airflow that is installed: its example DAGs are translated, and a DAG ends as `airflow dags test` ends it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.comparison.on_argo import ended_of
from airflow_argo.runners.local import LocalRunner
from airflow_argo.settings import load_settings
from airflow_argo.translator.dag_file_errors import DagFileError
from airflow_argo.translator.isolated import IsolatedTranslator, translated

DAG_FILE = Path(__file__).parent / "dags" / "any_version.py"
DATE = "2024-05-06T00:00:00+00:00"
VERSION = version("apache-airflow")

NOT_FOR_THIS_VERSION = {"airflow.sdk", "Human in the loop", "AirflowSkipException", "ObjectStoragePath", "priority strategy"}
"""Words of errors with which this Airflow itself refuses examples of a provider that is newer."""


@pytest.fixture(scope="module")
def translator() -> Any:
    with IsolatedTranslator(120) as running:
        yield running


def test_examples_of_this_version_are_translated_or_refused_by_code(translator: IsolatedTranslator) -> None:
    command = [sys.executable, "-c", "import importlib.util as u; print(u.find_spec('airflow').submodule_search_locations[0])"]
    airflow = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    folders = [airflow / "example_dags", *airflow.glob("providers/standard/example_dags")]
    counts, faults = Counter[str](), []
    for file in [file for folder in folders for file in translator.files_in(folder)]:
        result = translated(translator, file, load_settings(file))
        if isinstance(result, DagFileError):
            known = result.code == "AA103" or any(word in result.message for word in NOT_FOR_THIS_VERSION)
            counts["not for this version"] += result.code != "AA103"
            faults += [] if known else [str(result)]
        elif isinstance(result, Exception):
            faults.append(str(result))
        else:
            counts.update("refused" if one.workflow is None else "translated" for one in result)
    sys.stdout.write(f"Airflow {VERSION}: {dict(counts)}\n")
    assert faults == []
    assert counts["translated"] > 60


def test_ends_as_airflow_of_this_version_ends_it(translator: IsolatedTranslator, tmp_path: Path) -> None:
    there = _by_airflow(tmp_path)
    (made,) = translator.translate(DAG_FILE, load_settings(DAG_FILE))
    run = LocalRunner(folder=tmp_path / "run").run(made.required(), parameters={"logical_date": DATE})
    ended = ended_of("failed", run.tree)
    assert run.status == "Failed"
    assert {task: state for task, state in ended.tasks.items() if task[1] < 0 or task[0] == "longer"} == there
    values = {(task, index): value for (task, index, key), value in ended.xcoms.items() if key == "return_value"}
    assert values["native", -1] == f"2024-05-06 1 {DATE.replace('T', ' ')} 1"
    assert (values["longer", 0], values["longer", 1], values["total", -1]) == (11, 12, 23)


def test_compare_says_the_same_of_it() -> None:
    command = [sys.executable, "-m", "airflow_argo", "compare", str(DAG_FILE), "-p", f"logical_date={DATE}", "-o", "json"]
    done = subprocess.run([*command, "--short-delays", "--load-timeout", "300"], capture_output=True, text=True, check=False)
    (found,) = json.loads(done.stdout)["dags"]
    assert (found["result"], found["run"]) == ("equal", {"airflow": "failed", "argo": "failed"}), found
    assert done.returncode == 0


def test_pods_and_jobs_are_their_operators_own(translator: IsolatedTranslator, tmp_path: Path) -> None:
    operators = "airflow.providers.cncf.kubernetes.operators"
    file = tmp_path / "pods.py"
    file.write_text(
        "from datetime import datetime\nfrom airflow import DAG\n"
        f"from {operators}.job import KubernetesJobOperator\nfrom {operators}.pod import KubernetesPodOperator\n"
        "with DAG('pods', schedule=None, start_date=datetime(2024, 1, 1)):\n"
        "    KubernetesPodOperator(task_id='pod', image='i', cmds=['x', '{{ ds }}'], env_vars={'A': '{{ ds }}'})\n"
        "    KubernetesJobOperator(task_id='job', image='i', cmds=['x', '{{ ds }}'], wait_until_job_complete=True)\n"
        "    KubernetesPodOperator.partial(task_id='each', image='i', cmds=['x']).expand(arguments=[['a'], ['b']])\n"
    )
    (made,) = translator.translate(file, load_settings(file))
    assert made.required().name == "pods"
    assert [one.message for one in made.diagnostics if one.code == "AA231"] == []


def _by_airflow(folder: Path) -> dict[tuple[str, int], str]:
    """Task → end state, by Airflow's own command in a home of its own."""
    dags = folder / "dags"
    dags.mkdir()
    (dags / DAG_FILE.name).write_text(DAG_FILE.read_text())
    database = folder / "airflow.db"
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{database}",
        "PYTHONWARNINGS": "ignore",
    }
    environment.pop("_AIRFLOW__AS_LIBRARY", None)
    airflow = [sys.executable, "-m", "airflow"]
    subprocess.run([*airflow, "db", "migrate"], env=environment, check=True, capture_output=True, timeout=400)
    if not VERSION.startswith(("2.", "3.0.")):
        subprocess.run([*airflow, "dags", "reserialize"], env=environment, capture_output=True, timeout=400)
    done = subprocess.run(
        [*airflow, "dags", "test", "any_version", DATE], env=environment, capture_output=True, text=True, timeout=400
    )
    with sqlite3.connect(database) as connection:
        rows = connection.execute("select task_id, map_index, state from task_instance").fetchall()
    assert rows, json.dumps(done.stderr[-2000:])
    return {(task, index): state for task, index, state in rows}

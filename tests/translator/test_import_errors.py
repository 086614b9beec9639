"""What is said of a DAG file whose import ends in an error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from airflow_argo.settings import load_settings
from airflow_argo.translator.dag_file_errors import DagFileError
from airflow_argo.translator.dag_files import dags_of_file
from airflow_argo.translator.import_errors import cure_of
from airflow_argo.translator.loading import load_dags, prepare_environment

prepare_environment()

PORTING = load_settings(flags={"port": "yes"})


def test_a_variable_that_the_environment_lacks_is_named() -> None:
    with pytest.raises(KeyError) as caught:
        os.environ["NOBODY_SET_IT"]
    assert cure_of(caught.value, Path("dag.py")).startswith("the environment has no NOBODY_SET_IT")
    with pytest.raises(KeyError) as caught:
        {}["NOBODY_SET_IT"]
    assert cure_of(caught.value, Path("dag.py")) == "it has to import without errors"


READS = "from airflow.sdk import DAG, Param, Variable\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "DAG('d', schedule='@daily', params={'n': Param(Variable.get('when'), type='integer')})",
            "placeholders stand for what it reads, and may be why; Variable 'when': give it",
        ),
        (
            "int(Variable.get('a'), 16)",
            "placeholders stand for what it reads, and may be why; Variable 'a': give it by --variables FILE",
        ),
        (
            "[Variable.get(f'v{one}', '') for one in range(7)]\nassert False",
            "they may be why; Variable 'v0': give it by --variables FILE, or by AIRFLOW_VAR_V0; Variable 'v1'",
        ),
    ],
)
def test_what_stands_for_unknown_variables_may_be_why(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "dag.py"
    file.write_text(f"{READS}{text}\n")
    with pytest.raises(DagFileError) as caught:
        load_dags(file, placeholders=True)
    assert said in caught.value.cure
    assert caught.value.cure.count("Variable '") <= 5
    assert ("and 2 more" in caught.value.cure) == ("range(7)" in text)


def test_what_is_left_of_a_module_is_said_where_its_import_stops_a_dag_file(tmp_path: Path) -> None:
    (tmp_path / "parts.py").write_text(
        "from airflow.operators.subdag import SubDagOperator\nprint(SubDagOperator(task_id='s'))\n"
    )
    (tmp_path / "dag.py").write_text("from airflow import DAG\nimport parts\nDAG('d')\n")
    with pytest.raises(DagFileError) as caught, dags_of_file(str(tmp_path / "dag.py"), PORTING) as (dags, _):
        list(dags)
    assert caught.value.cure.startswith("Airflow 3 has no SubDagOperator: make its tasks a TaskGroup of the DAG")


def test_a_module_above_is_found_also_where_a_folder_of_its_name_hides_it(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text("x = 1\n")
    error = ImportError("cannot import name 'x' from 'tools' (unknown location)", name="tools")
    assert cure_of(error, tmp_path / "team" / "dag.py").startswith(f"there is one in {tmp_path}: put that folder on PYTHONPATH")

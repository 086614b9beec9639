"""Files that a DAG file reads as it is imported travel as they are, or there is a finding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.diagnostics import Diagnostic
from airflow_argo.model.jobs import PythonCall
from airflow_argo.translator.dags import translate
from airflow_argo.translator.data_files import contents, data_files
from airflow_argo.translator.loading import load_dags, prepare_environment

DAG_FILE = """
from pathlib import Path
from airflow.sdk import DAG, task

DATA = Path(__file__).parent.joinpath("{place}").read_bytes()

with DAG("reads", schedule=None):
    @task
    def f(conn=None):
        return len(DATA)
    f()
"""


def loaded(folder: Path, place: str, data: bytes, text: str = DAG_FILE) -> Any:
    prepare_environment()
    dags = folder / "dags"
    dags.mkdir()
    (dags / place).resolve().write_bytes(data)
    (dags / "reads.py").write_text(text.format(place=place))
    (dag,) = load_dags(dags / "reads.py")
    return dag


def findings(dag: Any) -> list[Diagnostic]:
    return [one for one in translate(dag).diagnostics if one.code == "AA243"]


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"a\nb\n", "a\nb\n"),
        ("é".encode(), "é"),
        (b"a\r\nb", {"base64": "YQ0KYg=="}),
        (b"\xff\x00", {"base64": "/wA="}),
    ],
)
def test_a_file_beside_travels_byte_for_byte(data: bytes, content: Any, tmp_path: Path) -> None:
    dag = loaded(tmp_path, "data", data)
    assert contents(data_files(dag, tmp_path / "dags")) == {"data": content}
    assert findings(dag) == []


def test_a_file_elsewhere_is_said(tmp_path: Path) -> None:
    (found,) = findings(loaded(tmp_path, "../include.sql", b"select 1"))
    assert str(tmp_path / "include.sql") in found.message
    assert found.origin is not None
    assert found.origin.file.endswith("reads.py")


def test_a_file_of_a_package_elsewhere_travels_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    package = tmp_path / "data_files_pack" / "inner"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from pathlib import Path\nTEXT = (Path(__file__).parent / 'a.yaml').read_text()\n")
    (package / "a.yaml").write_text("a: 1")
    dag = loaded(tmp_path, "data", b"", "from data_files_pack.inner import TEXT\n" + DAG_FILE)
    translation = translate(dag)
    (job,) = (step.body for step in translation.required().graph.steps)
    assert isinstance(job, PythonCall)
    assert json.loads(dict(job.beside)["dag_files"])["data_files_pack/inner/a.yaml"] == "a: 1"
    assert findings(dag) == []


def test_files_that_tasks_may_read_travel_while_they_are_small(tmp_path: Path) -> None:
    prepare_environment()
    for name, size in (("small.csv", 10), ("large.csv", 190_000), ("larger.csv", 195_000)):
        (tmp_path / name).write_bytes(b"a" * size)
    read = 'Path(__file__).parent.joinpath("{place}").read_bytes()'
    text = DAG_FILE.replace(read, "[*Path(__file__).parent.glob('*.csv')]")
    (tmp_path / "reads.py").write_text(text)
    (dag,) = load_dags(tmp_path / "reads.py", dags_folder=str(tmp_path))
    translation = translate(dag)
    (found,) = (one for one in translation.diagnostics if one.code == "AA243")
    assert "larger.csv, and that doesn't travel" in found.message
    (job,) = (step.body for step in translation.required().graph.steps)
    assert isinstance(job, PythonCall)
    travelling = json.loads(dict(job.beside)["dag_files"])
    assert {name: len(text) for name, text in travelling.items()} == {"small.csv": 10, "large.csv": 190_000}


def test_a_task_that_is_given_the_path_of_a_file_runs_where_that_lies(tmp_path: Path) -> None:
    prepare_environment()
    (tmp_path / "go.sh").write_text("echo")
    text = (
        "from pathlib import Path\nfrom airflow.sdk import DAG\n"
        "from airflow.providers.standard.operators.bash import BashOperator\n"
        "with DAG('runs', schedule=None):\n"
        "    BashOperator(task_id='a', bash_command=f'bash {Path(__file__).parent}/go.sh ')\n"
    )
    (tmp_path / "runs.py").write_text(text)
    (dag,) = load_dags(tmp_path / "runs.py", dags_folder=str(tmp_path))
    translation = translate(dag)
    assert [one.message for one in translation.diagnostics] == [
        "it runs in an Airflow image: it is given the path of a file in the DAGs folder"
    ]
    (job,) = (step.body for step in translation.required().graph.steps)
    assert isinstance(job, PythonCall)
    assert json.loads(dict(job.beside)["dag_files"]) == {"go.sh": "echo"}


@pytest.mark.parametrize(
    "task",
    [
        "BashOperator(task_id='a', bash_command='cd /opt/airflow/dags/repo && ls')",
        "BashOperator(task_id='a', bash_command='ls $X', env={'X': '/usr/local/airflow'})",
        "PythonOperator(task_id='a', python_callable=lambda: open('/opt/airflow/data/x.csv').read())",
        "PythonOperator.partial(task_id='a', python_callable=print).expand(op_args=[['/opt/airflow/x']])",
    ],
)
def test_a_task_that_names_a_place_of_airflows_image_runs_there(task: str, tmp_path: Path) -> None:
    prepare_environment()
    operators = "airflow.providers.standard.operators"
    (tmp_path / "named.py").write_text(
        f"from airflow.sdk import DAG\nfrom {operators}.bash import BashOperator\n"
        f"from {operators}.python import PythonOperator\n"
        f"with DAG('named', schedule=None):\n    {task}\n"
    )
    (dag,) = load_dags(tmp_path / "named.py")
    (found,) = translate(dag).diagnostics
    assert found.code == "AA231"
    assert "which is in images with Airflow" in found.message


IN_TASK = DAG_FILE.replace("return len(DATA)", "return (DATA / '{place}').read_text()").replace(
    '.joinpath("{place}").read_bytes()', ""
)
SECRETS = [("a.pem", "x"), ("my_token.txt", "x"), ("conf.json", '{"private_key": "x"}')]
AT_IMPORT = [(DAG_FILE, *one) for one in (*SECRETS, (".env", "A=x"))]


@pytest.mark.parametrize(("text", "name", "content"), [*AT_IMPORT, *((IN_TASK, *one) for one in SECRETS)])
def test_what_looks_like_a_secret_stays(text: str, name: str, content: str, tmp_path: Path) -> None:
    prepare_environment()
    (tmp_path / name).write_text(content)
    (tmp_path / "reads.py").write_text(text.format(place=name))
    (dag,) = load_dags(tmp_path / "reads.py", dags_folder=str(tmp_path))
    translation = translate(dag)
    (found,) = (one for one in translation.diagnostics if one.code == "AA243")
    assert f"{name}, and that doesn't travel: it looks like a secret" in found.message
    (job,) = (step.body for step in translation.required().graph.steps)
    assert isinstance(job, PythonCall)
    assert "dag_files" not in dict(job.beside)

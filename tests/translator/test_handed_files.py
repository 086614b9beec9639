"""Files that one task writes and another reads are said, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment

HEADER = """
import json, os
from pathlib import Path
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, task

FOLDER = "/tmp/work"
FILE = f"{FOLDER}/out.json"

def saves():
    os.makedirs(FOLDER, exist_ok=True)
    with open(FILE, "w") as file:
        json.dump({}, file)

def uses():
    with open(FILE) as file:
        return json.load(file)

def own():
    Path("/tmp/own.txt").write_text("x")
    return Path("/tmp/own.txt").read_text()

def gives():
    path = "/tmp/data.csv"
    with open(path, "w") as file:
        file.write("a")
    return path

def bash(name, command, **kwargs):
    return BashOperator(task_id=name, bash_command=command, **kwargs)

def python(name, function):
    return PythonOperator(task_id=name, python_callable=function)

with DAG("handed", schedule=None):
"""


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        ("bash('a', 'echo hi > /tmp/x') >> bash('b', 'cat /tmp/x')", ["b: it reads /tmp/x"]),
        ("bash('a', 'wget -O /tmp/{{ ds }}.csv u') >> bash('b', 'wc \"/tmp/{{ds}}.csv\"')", ["b: it reads /tmp/{{ds}}.csv"]),
        ("bash('a', 'mkdir -p /tmp/d && cp a /tmp/d/a') >> bash('b', 'ls /tmp/d')", ["b: it reads /tmp/d, which"]),
        ("python('a', saves) >> bash('b', 'jq . /tmp/work/out.json')", ["b: it reads /tmp/work/out.json, which"]),
        ("python('a', saves) >> python('m', own) >> python('b', uses)", ["b: it reads /tmp/work/out.json, which task 'a'"]),
        ("python('a', gives)", ["a: it writes /tmp/data.csv, and returns its path"]),
        ("bash('a', 'echo hi > /tmp/x'); bash('b', 'cat /tmp/x')", []),
        ("bash('a', 'echo hi > /tmp/x && cat /tmp/x') >> bash('b', 'date > /tmp/x; cat /tmp/x')", []),
        ("bash('a', 'date > /tmp/x') >> bash('b', 'rm -f /tmp/x; test -e /tmp/x')", []),
        ("python('a', own) >> python('b', own)", []),
        ("bash('a', 'cat /tmp/x') >> bash('b', 'cat /tmp/x')", []),
    ],
)
def test_what_tasks_hand_one_another_in_files_is_said(tasks: str, said: list[str], tmp_path: Path) -> None:
    prepare_environment()
    (tmp_path / "handed.py").write_text(f"{HEADER}    {tasks}\n")
    (dag,) = load_dags(tmp_path / "handed.py")
    found = [one for one in translate(dag).diagnostics if one.code == "AA248"]
    texts = [f"{one.path.split()[-1][1:-1]}: {one.message}" for one in found]
    assert len(texts) == len(said)
    assert all(text.startswith(start) for text, start in zip(texts, said, strict=True))

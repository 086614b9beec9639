"""The command line as its users call it, with a state folder of its own."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.cli import main

TWO_TASKS = """
from datetime import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator

with DAG("two_tasks", start_date=datetime(2026, 1, 1), schedule=None, params={"code": 0}):
    hello = BashOperator(task_id="hello", bash_command="echo hello")
    bye = BashOperator(task_id="bye", bash_command="echo bye {{ params.code }}; exit {{ params.code }}")
    hello >> bye
"""

MANIFEST = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata:
  generateName: hi-
spec:
  entrypoint: main
  arguments:
    parameters:
    - {name: who, value: you}
  templates:
  - name: main
    script:
      image: debian:12-slim
      command: [sh]
      source: echo hi {{workflow.parameters.who}}
"""


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def cli(tmp_path, monkeypatch, capsys):
    """Calls a command in a folder of its own; returns its exit code and what it wrote."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Answer:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as exit_:  # argparse
            code = int(exit_.code or 0)
        out, err = capsys.readouterr()
        return Answer(code, out, err)

    return call


@pytest.fixture
def write(tmp_path):
    """Writes a file into the folder in which commands are called."""

    def write_file(name: str, text: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write_file


@pytest.fixture
def two_tasks(write):
    return write("two_tasks.py", TWO_TASKS)


@pytest.fixture
def manifest(write):
    return write("hi.yaml", MANIFEST)

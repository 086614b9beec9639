"""The commands of docs/migrating.md, one after the other, on a folder with a file for Airflow 1.10."""

import re
import shutil
from pathlib import Path

import pytest

from airflow_argo.diagnostics import ExitCode
from tests.cluster.conftest import admin, cluster, kubeconfig, namespace  # noqa: F401 - fixtures

ROOT = Path(__file__).parents[2]
COMMANDS = re.findall(r"^ +airflow-argo (.*)$", (ROOT / "docs" / "migrating.md").read_text(), re.MULTILINE)
OLD = ROOT / "tests" / "translator" / "people" / "old" / "daily_report.py"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the reader of the page is."""
    (tmp_path / "dags").mkdir()
    shutil.copy(OLD, tmp_path / "dags" / "daily.py")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_has_commands():
    assert [command.split()[0] for command in COMMANDS] == [
        "assess",
        "assess",
        "translate",
        "lint",
        "compare",
        "run",
        "list",
        "submit",
    ]


def test_each_command_does_what_the_page_says(cli, folder):
    for command in COMMANDS:
        if command.startswith("submit"):
            continue
        patience = ["--load-timeout", "600"] if "dags/" in command else []  # where the machine has much else to do
        answer = cli(*command.split(), *patience)
        if command == "assess dags/":
            assert "daily.py" in answer.out, answer.err  # whether Airflow can read it is what the page goes on with
        else:
            assert answer.code == ExitCode.OK, (command, answer.out, answer.err)
    assert [file.name for file in (folder / "argo").iterdir()] != []
    assert "daily-report" in answer.out


@pytest.mark.cluster
def test_a_dag_is_cut_over(cli, folder, kubeconfig, namespace):  # noqa: F811
    (command,) = (command.replace("team-a", namespace) for command in COMMANDS if command.startswith("submit"))
    answer = cli(*command.split(), "--kubeconfig", kubeconfig)
    assert answer.code == ExitCode.OK, answer.err
    assert "daily-report" in answer.out

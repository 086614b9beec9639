"""Files that a DAG file reads as it is imported travel as they are, or there is a finding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_argo.diagnostics import Diagnostic
from airflow_argo.translator.dags import translate
from airflow_argo.translator.data_files import data_files
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


def loaded(folder: Path, place: str, data: bytes) -> Any:
    prepare_environment()
    dags = folder / "dags"
    dags.mkdir()
    (dags / place).resolve().write_bytes(data)
    (dags / "reads.py").write_text(DAG_FILE.format(place=place))
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
    assert data_files(dag, tmp_path / "dags") == {"data": content}
    assert findings(dag) == []


def test_a_file_elsewhere_is_said(tmp_path: Path) -> None:
    (found,) = findings(loaded(tmp_path, "../include.sql", b"select 1"))
    assert str(tmp_path / "include.sql") in found.message
    assert found.origin is not None
    assert found.origin.file.endswith("reads.py")

"""The DAG file in the pod: unpacked, imported, and its task found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airflow_argo.pod import runner
from airflow_argo.pod.airflow_task.dag_file import DagFileChanged, task_of, unpacked
from airflow_argo.translator.loading import prepare_environment

prepare_environment()

TEXT = """
from pod_dag_file_own.part import NAME

try:
    from airflow.sdk import DAG, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task

with DAG("d", schedule=None):
    @task(task_id=NAME)
    def f():
        return 1
    f()
"""


@pytest.fixture
def shipped() -> dict[str, str]:
    others = {
        "pod_dag_file_own/__init__.py": "",
        "pod_dag_file_own/part.py": "NAME = 'called'",
        "team/query.sql": "select {{ ds }}",
    }
    return {"dag_file": TEXT, "dag_files": json.dumps(others)}


def test_files_lie_as_beside_the_author(shipped: dict[str, str]) -> None:
    path = Path(unpacked(shipped, "team/dag.py"))
    assert path.read_text() == TEXT
    assert (path.parent / "query.sql").read_text() == "select {{ ds }}"
    assert (path.parent.parent / "pod_dag_file_own" / "part.py").exists()


def test_task_is_found(shipped: dict[str, str]) -> None:
    path = unpacked(shipped, "team/dag.py")
    task = task_of(path, "d", "called", str(Path(path).parent.parent))
    assert task.python_callable() == 1
    assert task.dag.fileloc == path


def test_only_the_authors_warnings_are_shown(shipped: dict[str, str]) -> None:
    texts = "('`airflow.x.y` attribute is deprecated.', 'own')"
    warn = f"import warnings\nfor text in {texts}:\n    warnings.warn(text, FutureWarning)\n"
    quiet = unpacked(shipped, "team/quiet.py")
    task_of(quiet, "d", "called", quiet[: -len("team/quiet.py")])  # Airflow, when it is imported, sets how warnings are shown
    path = unpacked({**shipped, "dag_file": warn + TEXT}, "team/loud.py")
    with pytest.warns(FutureWarning) as caught:
        task_of(path, "d", "called", path[: -len("team/loud.py")])
    assert [str(one.message) for one in caught if str(one.message) == "own" or "x.y" in str(one.message)] == ["own"]


def test_another_dag_file_in_the_image_is_said(shipped: dict[str, str]) -> None:
    path = unpacked(shipped, "team/dag.py")
    root = str(Path(path).parent.parent)
    with pytest.raises(DagFileChanged, match="makes no DAG 'other' in this image, only: d"):
        task_of(path, "other", "called", root)
    with pytest.raises(DagFileChanged, match="has no task 'other' in this image"):
        task_of(path, "d", "other", root)


@pytest.mark.parametrize("text", ["plain", "é {{ x }}", ""])
def test_packed_texts_come_back(text: str) -> None:
    import base64

    packed = "base64:" + base64.b64encode(text.encode()).decode()
    assert runner.unpacked(packed) == text
    assert runner.unpacked("as it is") == "as it is"

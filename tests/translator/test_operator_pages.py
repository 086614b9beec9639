"""The manifests in the pages about operators are those that the Python before them gives.

In a page `…` stands for anything, and fields that a page leaves out may be there. Spaces in texts don't count: long ones may be
broken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.lint import lint
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from tests.accepted import accept

prepare_environment()

PAGES = Path(__file__).parents[2] / "docs" / "operators"
ELSEWHERE = frozenset({"schedules.md", "pods.md"})
"""Pages that test_schedule_pages holds."""

HEAD = """
from datetime import datetime, timedelta
from airflow.sdk import DAG, TriggerRule, task, task_group
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.sensors.date_time import DateTimeSensor
from airflow.providers.standard.sensors.filesystem import FileSensor
from airflow.providers.cncf.kubernetes.operators.job import KubernetesJobOperator
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.operators.resource import KubernetesCreateResourceOperator
from kubernetes.client import models as k8s
try:
    from airflow.providers.docker.operators.docker import DockerOperator
except ImportError:
    pass

with DAG("daily", schedule=None):
"""


def examples() -> Iterator[tuple[str, str, str]]:
    """(page, Python, YAML) of each YAML, and the Python before it."""
    for page in sorted(PAGES.glob("*.md")):
        python = ""
        for language, text in re.findall(r"```(\w+)\n(.*?)```", page.read_text(), re.DOTALL):
            if language == "python":
                python = text
            elif language == "yaml" and page.name not in ELSEWHERE:
                yield page.name, python, text


def candidates(manifest: dict[str, Any]) -> list[Any]:
    """What an item of a list in a page may be: a template, or a task of one."""
    templates = manifest["spec"]["templates"]
    return [*templates, *(task for one in templates for task in (one.get("dag") or {}).get("tasks", []))]


def shows(shown: Any, there: Any) -> bool:
    """Whether a part of a page is true of a part of a manifest."""
    if shown == "…":
        return True
    if isinstance(shown, dict):
        return isinstance(there, dict) and all(key in there and shows(value, there[key]) for key, value in shown.items())
    if isinstance(shown, list):
        return isinstance(there, list) and _shows_list(shown, there)
    if isinstance(shown, str) and isinstance(there, str):
        pieces = (re.escape(re.sub(r"\s", "", piece)) for piece in shown.split("…"))
        return re.fullmatch(".*".join(pieces), re.sub(r"\s", "", there), re.DOTALL) is not None
    return bool(shown == there)


def _shows_list(shown: list[Any], there: list[Any]) -> bool:
    if not shown:
        return not there
    if shown[0] == "…":
        return any(_shows_list(shown[1:], there[skipped:]) for skipped in range(len(there) + 1))
    return bool(there) and shows(shown[0], there[0]) and _shows_list(shown[1:], there[1:])


@pytest.mark.parametrize(("page", "python", "text"), list(examples()), ids=lambda value: value if value.endswith(".md") else "")
def test_a_page_shows_what_its_python_gives(page: str, python: str, text: str, tmp_path: Path) -> None:
    assert python, "the page shows a manifest, and not of what it is"
    if "DockerOperator" in python:
        pytest.importorskip("airflow.providers.docker")
    file = tmp_path / "daily.py"
    file.write_text(HEAD + "".join(f"    {line}\n" for line in python.splitlines()))
    manifest = compile_workflow(translate(load_dags(file)[0]).required()).manifest()
    assert lint(accept(manifest)) == []
    for item in yaml.safe_load(text):
        assert any(shows(item, one) for one in candidates(manifest)), yaml.safe_dump(item, allow_unicode=True)

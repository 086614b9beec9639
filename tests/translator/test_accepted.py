"""What DAGs become is taken by a real API server with Argo's full CRDs: as Workflow, WorkflowTemplate and CronWorkflow."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from airflow_argo.cli.files import is_ours
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.diagnostics import AirflowArgoError
from airflow_argo.settings import load_settings
from airflow_argo.translator.isolated import translate_files
from tests.accepted import accept
from tests.cluster.conftest import kubeconfig  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.cluster


def package(name):
    spec = importlib.util.find_spec(name)
    return Path(next(iter(spec.submodule_search_locations)))


FOLDERS = {
    "ours": lambda: ROOT / "dags",
    "parity": lambda: ROOT / "tests" / "parity" / "dags",
    "airflow": lambda: package("airflow.example_dags"),
    "standard": lambda: package("airflow.providers.standard.example_dags"),
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_translated_dags_are_accepted(kubeconfig, folder):  # noqa: F811
    files = [path for path in sorted(FOLDERS[folder]().glob("*.py")) if path.name != "__init__.py" and not is_ours(path)]
    accepted = 0
    for _, result in translate_files(files, load_settings, timeout=300):
        for translation in () if isinstance(result, AirflowArgoError) else result:
            if translation.workflow is None:
                continue
            compiled = compile_workflow(translation.workflow)
            accept(compiled.manifest())
            accept(compiled.template())
            if compiled.workflow.schedule is not None:
                accept(compiled.cron())
            accepted += 1
    assert accepted >= 3

"""Folders of DAG files, and what becomes of the DAGs in them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from airflow_argo.cli.files import is_ours
from airflow_argo.compiler.objects import Compiled, compile_workflow
from airflow_argo.diagnostics import AirflowArgoError
from airflow_argo.settings import load_settings
from airflow_argo.translator.isolated import IsolatedTranslator, translated

ROOT = Path(__file__).parent.parent


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    return Path(next(iter((spec and spec.submodule_search_locations) or ["nowhere"])))


FOLDERS: Mapping[str, Callable[[], Path]] = {
    "ours": lambda: ROOT / "dags",
    "parity": lambda: ROOT / "tests" / "parity" / "dags",
    "airflow": lambda: _package("airflow.example_dags"),
    "standard": lambda: _package("airflow.providers.standard.example_dags"),
}


def compiled_of(folder: str) -> Iterator[Compiled]:
    """The workflows of all DAGs of a folder that can be translated."""
    files = [path for path in sorted(FOLDERS[folder]().glob("*.py")) if path.name != "__init__.py" and not is_ours(path)]
    with IsolatedTranslator(timeout=300) as translator:
        for file in files:
            found = translated(translator, file, load_settings(file))
            if not isinstance(found, AirflowArgoError):
                yield from (compile_workflow(one.workflow) for one in found if one.workflow is not None)

"""What our own compiler writes has neither errors nor warnings: from the DSL, from Airflow DAGs, and cut into parts."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from airflow_argo.cli.files import dsl_sources, is_ours
from airflow_argo.compiler.objects import Compiled, compile_workflow
from airflow_argo.diagnostics import AirflowArgoError
from airflow_argo.lint import lint
from airflow_argo.model.graph import Graph, Step
from airflow_argo.model.jobs import NoOp
from airflow_argo.model.workflow import Workflow
from airflow_argo.settings import load_settings

ROOT = Path(__file__).parent.parent.parent
FILES = sorted((ROOT / "dags").glob("*.py"))


def findings(compiled: Compiled) -> list[str]:
    manifests = [compiled.manifest(), compiled.template()]
    if compiled.workflow.schedule is not None:
        manifests.append(compiled.cron())
    return [f"{manifest['kind']} {found}" for manifest in manifests for found in lint(manifest)]


def translated(files: Iterable[Path]) -> Iterator[Compiled]:
    """The workflows of all DAGs that can be translated."""
    from airflow_argo.translator.isolated import translate_files

    for _, result in translate_files(list(files), load_settings, timeout=300):
        if not isinstance(result, AirflowArgoError):
            yield from (compile_workflow(one.workflow) for one in result if one.workflow is not None)


def test_workflows_of_the_dsl_are_clean() -> None:
    compiled = [source.compiled for path in FILES if is_ours(path) for source in dsl_sources(path)]
    assert compiled
    assert [found for one in compiled for found in findings(one)] == []


def package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    return Path(next(iter((spec and spec.submodule_search_locations) or ["nowhere"])))


FOLDERS = {
    "ours": lambda: ROOT / "dags",
    "parity": lambda: ROOT / "tests" / "parity" / "dags",
    "airflow": lambda: package("airflow.example_dags"),
    "standard": lambda: package("airflow.providers.standard.example_dags"),
}


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS)
def test_translated_dags_are_clean(folder: str) -> None:
    files = [path for path in sorted(FOLDERS[folder]().glob("*.py")) if path.name != "__init__.py" and not is_ours(path)]
    compiled = list(translated(files))
    assert len(compiled) >= 3
    assert [found for one in compiled for found in findings(one)] == []


def chain(count: int) -> Compiled:
    """A graph that is cut into parts if it is long."""
    steps = (Step(f"t{number}", NoOp(), (f"t{number - 1}",) if number % 50 else ()) for number in range(count))
    return compile_workflow(Workflow(name="long", graph=Graph(tuple(steps))))


def test_workflow_in_parts_is_clean() -> None:
    assert findings(chain(700)) == []


def test_time_is_in_proportion_to_the_size() -> None:
    from time import process_time

    def seconds(manifest: dict) -> float:
        start = process_time()
        assert lint(manifest, schema=None) == []
        return process_time() - start

    small, large = chain(400).manifest(), chain(3200).manifest()
    seconds(small)  # whatever is made once
    assert seconds(large) < 8 * 3 * max(seconds(small), 0.05)

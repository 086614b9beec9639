"""What our own compiler writes has neither errors nor warnings: from the DSL, from Airflow DAGs, and cut into parts."""

from __future__ import annotations

from cProfile import Profile

import pytest

from airflow_argo.cli.files import dsl_sources, is_ours
from airflow_argo.compiler.objects import Compiled, compile_workflow
from airflow_argo.lint import lint
from airflow_argo.model.graph import Graph, Step
from airflow_argo.model.jobs import NoOp
from airflow_argo.model.workflow import Workflow
from tests.dag_folders import FOLDERS, ROOT, compiled_of

FILES = sorted((ROOT / "dags").glob("*.py"))


def findings(compiled: Compiled) -> list[str]:
    manifests = [compiled.manifest(), compiled.template()]
    if compiled.workflow.schedule is not None:
        manifests.append(compiled.cron())
    return [f"{manifest['kind']} {found}" for manifest in manifests for found in lint(manifest)]


def test_workflows_of_the_dsl_are_clean() -> None:
    compiled = [source.compiled for path in FILES if is_ours(path) for source in dsl_sources(path)]
    assert compiled
    assert [found for one in compiled for found in findings(one)] == []


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS)
def test_translated_dags_are_clean(folder: str) -> None:
    compiled = list(compiled_of(folder))
    assert len(compiled) >= 3
    assert [found for one in compiled for found in findings(one)] == []


def chain(count: int) -> Compiled:
    """A graph that is cut into parts if it is long."""
    steps = (Step(f"t{number}", NoOp(), (f"t{number - 1}",) if number % 50 else ()) for number in range(count))
    return compile_workflow(Workflow(name="long", graph=Graph(tuple(steps))))


def test_workflow_in_parts_is_clean() -> None:
    assert findings(chain(700)) == []


def test_work_is_in_proportion_to_the_size() -> None:
    def calls(manifest: dict) -> int:
        profile = Profile()
        assert profile.runcall(lint, manifest, schema=None) == []
        return sum(one.callcount for one in profile.getstats())

    small, large = chain(800).manifest(), chain(3200).manifest()  # both are cut into parts
    assert calls(large) < 4 * 2 * calls(small)  # other tests may have had the small one's texts read, which are remembered

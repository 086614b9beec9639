"""Random DAGs on a real controller: each leaves the nodes there that it leaves in the engine, and ends as in Airflow.

Another few each day. RANDOM_DAGS is how many, RANDOM_SEED which; IMAGES are those that the cluster's nodes have: a DAG that
needs another is left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from airflow_argo.comparison.ends import Ended, differences
from airflow_argo.comparison.on_argo import ended_of
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.model.workflow import Workflow
from airflow_argo.runners.argo import ArgoRunner
from airflow_argo.runners.local import LocalRunner
from airflow_argo.runners.run import Run
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from tests.golden.trace import trace
from tests.parity.airflow_side import LOGICAL_DATE, Airflow
from tests.parity.specs import DagSpec
from tests.parity.strategies import dag_specs

pytestmark = [pytest.mark.cluster, pytest.mark.controller]

COUNT = int(os.environ.get("RANDOM_DAGS", "6"))
SEED = int(os.environ.get("RANDOM_SEED", datetime.now(timezone.utc).toordinal()))
IMAGES = set(os.environ.get("IMAGES", "python:3.12-slim").split())
NAMESPACE = os.environ.get("ARGO_NAMESPACE", "argo")
AT_ONCE = 4
"""So many on the controller: their pods share its node."""

SECONDS = 600.0
PARAMETERS = {"logical_date": LOGICAL_DATE, "conf": {}}


def specs() -> list[DagSpec]:
    """The DAGs of the seed, each once."""
    found: dict[DagSpec, None] = {}

    @seed(SEED)
    @settings(
        max_examples=COUNT, deadline=None, database=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck)
    )
    @given(spec=dag_specs())
    def take(spec: DagSpec) -> None:
        found[spec] = None

    take()
    return list(found)


SPECS = specs()


@pytest.fixture(scope="module")
def workflows(controlled: object, tmp_path_factory: pytest.TempPathFactory) -> dict[DagSpec, Workflow]:
    """What is made of each, where there is a controller to run it."""
    prepare_environment()
    found = {}
    for spec in SPECS:
        file = tmp_path_factory.mktemp("random") / "fuzz.py"
        file.write_text(spec.as_dag_file())
        (dag,) = load_dags(file)
        translation = translate(dag)
        assert translation.workflow is not None, translation.diagnostics
        found[spec] = translation.workflow
    return found


@pytest.fixture(scope="module")
def on_argo(
    workflows: dict[DagSpec, Workflow], request: pytest.FixtureRequest
) -> Iterator[dict[DagSpec, Future[tuple[Ended, Any]]]]:
    """How those that a selected test asks for end on the controller, and the nodes that they leave."""
    items = (item for item in request.session.items if item.path == Path(__file__))
    asked = [item.callspec.params["spec"] for item in items]
    runner = ArgoRunner(namespace=NAMESPACE)
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        yield {spec: pool.submit(left_on_argo, runner, workflows[spec]) for spec in asked if not missing(workflows[spec])}
    finally:
        pool.shutdown(cancel_futures=True)


def left_on_argo(runner: ArgoRunner, workflow: Workflow) -> tuple[Ended, Any]:
    run = runner.run(workflow, parameters=PARAMETERS, wait=False)
    try:
        return left(run.wait(SECONDS))
    finally:
        with suppress(Exception):  # what it found, or why it found nothing, says more
            run.delete()


def left(run: Run) -> tuple[Ended, Any]:
    """How a run that is over ended, as Airflow would tell it, and its nodes."""
    return ended_of("success" if run.status == "Succeeded" else "failed", run.tree), trace(run.name, run.raw_status())


def missing(workflow: Workflow) -> set[str]:
    """The images that the cluster's nodes don't have."""
    spec = compile_workflow(workflow).spec
    return {one["container"]["image"] for one in spec["templates"] if "container" in one} - IMAGES


@pytest.mark.parametrize("spec", SPECS, ids=[f"{SEED}-{number}" for number in range(len(SPECS))])
def test_argo_the_engine_and_airflow_agree(
    spec: DagSpec,
    workflows: dict[DagSpec, Workflow],
    on_argo: dict[DagSpec, Future[tuple[Ended, Any]]],
    airflow: Airflow,
    tmp_path: Path,
) -> None:
    if needed := missing(workflows[spec]):
        pytest.skip(f"the cluster's nodes have no image {', '.join(sorted(needed))}")
    file = tmp_path / "fuzz.py"
    file.write_text(spec.as_dag_file())
    there = airflow.run(file, "fuzz", seconds=SECONDS)
    run = LocalRunner(folder=tmp_path / "runs").run(workflows[spec], parameters=PARAMETERS, wait=False)
    here, nodes = left(run.wait(SECONDS, lambda _: None))
    ended, nodes_on_argo = on_argo[spec].result(SECONDS * COUNT)
    assert nodes == nodes_on_argo, file.read_text()
    assert differences(there, ended) == [], file.read_text()
    assert differences(there, here) == [], file.read_text()

"""The same DAG through Airflow's `dag.test()` and on a real controller ends the same.

Of those DAGs whose images the cluster's nodes have, by IMAGES; by default that of tasks without Airflow. A sample in each run,
another one each day; all with PARITY=all.
"""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path

import pytest

from airflow_argo.comparison.ends import differences
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.translator.dags import translate
from tests.parity.airflow_side import LOGICAL_DATE, Airflow
from tests.parity.argo_side import Refused, run_on_argo
from tests.parity.test_parity import CASES, dags_of

pytestmark = [pytest.mark.cluster, pytest.mark.controller]

NOT_IN_THE_IMAGE = {"dates": "pendulum"}
"""DAG → what it needs of the image that tasks without Airflow have by default."""

SAMPLE = 20
"""One DAG of so many is judged in a run."""

_DAY = datetime.now(timezone.utc).toordinal()
_CHOSEN = CASES if os.environ.get("PARITY") == "all" else CASES[_DAY % SAMPLE :: SAMPLE]


@pytest.mark.parametrize(("file", "dag_id"), _CHOSEN, ids=[f"{file.stem}-{dag_id}" for file, dag_id in _CHOSEN])
def test_ends_on_argo_as_in_airflow(airflow: Airflow, file: Path, dag_id: str) -> None:
    dag = dags_of(file)[dag_id]
    if dag_id in NOT_IN_THE_IMAGE:
        pytest.skip(f"the image has no {NOT_IN_THE_IMAGE[dag_id]}")
    needs = _images(dag) - set(os.environ.get("IMAGES", "python:3.12-slim").split())
    if needs:
        pytest.skip(f"a node of the tests' cluster has no image {', '.join(sorted(needs))}")
    here = run_on_argo(dag, LOGICAL_DATE, {}, namespace=os.environ.get("ARGO_NAMESPACE", "argo"), seconds=300)
    assert not isinstance(here, Refused), here.reasons
    assert differences(airflow.run(file, dag_id), here) == []


def _images(dag: object) -> set[str]:
    workflow = translate(dag).workflow
    assert workflow is not None
    spec = compile_workflow(workflow).manifest()["spec"]
    return {one["container"]["image"] for one in spec.get("workflowSpec", spec)["templates"] if "container" in one}

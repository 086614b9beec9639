"""The same DAG through Airflow's `dag.test()` and through the embedded engine ends the same: states, tries, XComs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.translator.loading import load_dags, prepare_environment
from tests.parity.airflow_side import LOGICAL_DATE, Airflow
from tests.parity.argo_side import run_by_engine
from tests.parity.ended import Refused, differences

FOLDER = Path(__file__).parent / "dags"


@cache
def dags_of(file: Path) -> dict[str, Any]:
    prepare_environment()
    return {dag.dag_id: dag for dag in load_dags(file)}


CASES = [(file, dag_id) for file in sorted(FOLDER.glob("*.py")) for dag_id in dags_of(file)]


@pytest.mark.parametrize(("file", "dag_id"), CASES, ids=[f"{file.stem}-{dag_id}" for file, dag_id in CASES])
def test_ends_as_in_airflow(airflow: Airflow, file: Path, dag_id: str) -> None:
    there = airflow.run(file, dag_id)
    here = run_by_engine(dags_of(file)[dag_id], LOGICAL_DATE, {})
    assert not isinstance(here, Refused), here.reasons
    assert differences(there, here) == []

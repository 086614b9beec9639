"""The same DAG through Airflow's `dag.test()` and through the embedded engine ends the same: states, tries, XComs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.comparison.ends import differences
from airflow_argo.translator.dags import translate
from airflow_argo.translator.loading import load_dags, prepare_environment
from tests.parity.airflow_side import LOGICAL_DATE, Airflow
from tests.parity.argo_side import Refused, run_by_engine

FOLDER = Path(__file__).parent / "dags"


@cache
def dags_of(file: Path) -> dict[str, Any]:
    prepare_environment()
    return {dag.dag_id: dag for dag in load_dags(file)}


CASES = [(file, dag_id) for file in sorted(FOLDER.glob("*.py")) for dag_id in dags_of(file)]


def test_common_templates_need_no_airflow() -> None:
    translation = translate(dags_of(FOLDER / "templates.py")["templates"])
    in_airflow = {one.path for one in translation.diagnostics if one.code == "AA231"}
    assert in_airflow == {f"dag 'templates' task '{task_id}'" for task_id in ("airflow", "nested", "including", "natively")}


def test_bash_needs_no_airflow() -> None:
    found = {**dags_of(FOLDER / "bash_folders.py"), **dags_of(FOLDER / "bash_functions.py")}
    in_airflow = {one.path for dag in found.values() for one in translate(dag).diagnostics}
    themselves = "bash_functions_as_themselves"
    assert in_airflow == {f"dag '{themselves}' task '{task_id}'" for task_id in found[themselves].task_dict}


CONFS: dict[str, dict[str, Any]] = {"templates": {"given": "as conf", "deep": {"er": [1, "two"]}, "word": "of conf"}}
"""The configuration of the runs that have one."""
DATES = {"templates": "2024-05-06T03:00:00.120000+00:00"}
"""The dates of runs that have others than the usual: with parts of a second, as when somebody starts one in Airflow."""


@pytest.mark.parametrize(("file", "dag_id"), CASES, ids=[f"{file.stem}-{dag_id}" for file, dag_id in CASES])
def test_ends_as_in_airflow(airflow: Airflow, file: Path, dag_id: str) -> None:
    conf, date = CONFS.get(dag_id, {}), DATES.get(dag_id, LOGICAL_DATE)
    there = airflow.run(file, dag_id, conf=conf, date=date)
    here = run_by_engine(dags_of(file)[dag_id], date, conf)
    assert not isinstance(here, Refused), here.reasons
    assert differences(there, here) == []

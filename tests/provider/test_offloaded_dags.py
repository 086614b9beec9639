"""DAGs as they are, and with their tasks, or a group of them, in a workflow: Airflow itself says that they end alike."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import pytest
import yaml

from airflow_argo.comparison.ends import Ended, differences
from airflow_argo.translator.loading import load_dags, prepare_environment
from tests.parity.airflow_side import Airflow

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

PARITY = Path(__file__).parents[1] / "parity" / "dags"
GROUPS = Path(__file__).parent / "group_dags" / "groups.py"
AROUND = ("submit", "ready")


@cache
def ids_of(file: Path) -> list[str]:
    prepare_environment()
    return [dag.dag_id for dag in load_dags(file)]


def cases(files):
    if not os.environ.get("KUBECONFIG"):
        return []  # loading them takes a while
    return [pytest.param(file, dag_id, id=f"{file.stem}-{dag_id}") for file in files for dag_id in ids_of(file)]


@pytest.fixture(scope="module")
def plain():
    airflow = Airflow()
    yield airflow
    airflow.close()


@pytest.fixture(scope="module")
def environment(kubeconfig, namespace, controller, image_with_airflow):
    """What an Airflow needs to submit to the module's namespace. Functions import what is in images with Airflow."""
    extra = {"namespace": namespace, "kube_config": yaml.safe_load(Path(kubeconfig).read_text())}
    connection = json.dumps({"conn_type": "argo", "extra": extra})
    return {"AIRFLOW_CONN_ARGO_DEFAULT": connection, "AIRFLOW_ARGO_IMAGE": image_with_airflow}


@pytest.fixture(scope="module")
def offloading(environment):
    airflow = Airflow("tests.provider.offloaded_program", environment)
    yield airflow
    airflow.close()


@pytest.fixture(scope="module")
def grouping(environment):
    airflow = Airflow(environment={**environment, "OFFLOAD": "1"})
    yield airflow
    airflow.close()


def run(airflow, file, dag_id, tries):
    """How a DAG ends; what is there beside its tasks isn't counted. Tries are Argo's."""
    found = airflow.run(file, dag_id, seconds=400)
    tasks = {task: state for task, state in found.tasks.items() if not is_around(task[0])}
    xcoms = {key: value for key, value in found.xcoms.items() if not is_around(key[0]) and not key[2].startswith(OURS)}
    return Ended(found.state, tasks, tries, xcoms, found.names)


OURS = ("workflow_url", "_link_")


def is_around(task_id):
    return task_id.rpartition(".")[2] in AROUND


@pytest.mark.parametrize(("file", "dag_id"), cases(sorted(PARITY.glob("*.py"))))
def test_a_dag_ends_alike_when_all_of_it_is_offloaded(plain, offloading, file, dag_id):
    there = plain.run(file, dag_id)
    assert differences(there, run(offloading, file, dag_id, there.tries)) == []


@pytest.mark.parametrize(("file", "dag_id"), cases([GROUPS]))
def test_a_dag_ends_alike_when_a_group_of_it_is_offloaded(plain, grouping, file, dag_id):
    there = plain.run(file, dag_id)
    assert differences(there, run(grouping, file, dag_id, there.tries)) == []

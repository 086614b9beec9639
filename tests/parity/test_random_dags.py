"""Random DAGs end in the engine as in Airflow."""

from __future__ import annotations

from unittest import mock

import pytest

from airflow_argo.compiler import objects
from airflow_argo.translator.loading import prepare_environment
from tests.parity.airflow_side import Airflow
from tests.parity.found import FOUND
from tests.parity.fuzz import CHUNK, judge, judge_chunk
from tests.parity.specs import DagSpec

DAGS = 200


@pytest.mark.parametrize("chunk", range(DAGS // CHUNK))
def test_random_dags_end_as_in_airflow(airflow: Airflow, chunk: int) -> None:
    prepare_environment()
    judge_chunk(chunk, airflow)


def test_random_dags_end_the_same_where_templates_are_shared(airflow: Airflow) -> None:
    prepare_environment()
    with mock.patch.object(objects, "SHARED_ABOVE", 0):
        judge_chunk(DAGS // CHUNK, airflow)


@pytest.mark.parametrize("spec", FOUND.values(), ids=FOUND)
def test_what_once_differed_ends_as_in_airflow(airflow: Airflow, spec: DagSpec) -> None:
    prepare_environment()
    judge(spec, airflow)

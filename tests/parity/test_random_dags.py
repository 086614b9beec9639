"""Random DAGs end in the engine as in Airflow."""

from __future__ import annotations

import pytest

from airflow_argo.translator.loading import prepare_environment
from tests.parity.airflow_side import Airflow
from tests.parity.fuzz import differences_of

SEEDS_A_TEST = 10


@pytest.mark.parametrize("first", range(0, 200, SEEDS_A_TEST))
def test_random_dags_end_as_in_airflow(airflow: Airflow, first: int) -> None:
    prepare_environment()
    found = {seed: differences_of(seed, airflow) for seed in range(first, first + SEEDS_A_TEST)}
    assert {seed: different for seed, different in found.items() if different} == {}

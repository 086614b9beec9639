"""One process of Airflow for all tests of a worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.parity.airflow_side import Airflow


@pytest.fixture(scope="session")
def airflow() -> Iterator[Airflow]:
    running = Airflow()
    yield running
    running.close()

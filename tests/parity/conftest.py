"""One process of Airflow for all tests of a worker."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.parity.airflow_side import Airflow

os.environ |= {
    "AIRFLOW_VAR_PARITY_WORD": "a word",
    "AIRFLOW_VAR_PARITY_MAP": '{"k": [1, "é"]}',
    "AIRFLOW_CONN_PARITY": "postgres://me:secret@db.example:5433/base?k=v",
}
"""What the DAGs here read of Variables and Connections, in either place."""


@pytest.fixture(scope="session")
def airflow() -> Iterator[Airflow]:
    running = Airflow()
    yield running
    running.close()

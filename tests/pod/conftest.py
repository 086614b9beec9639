"""What a pod puts in place of modules that it hasn't, other tests must not find."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

import airflow_argo
import airflow_argo.offload


@pytest.fixture(autouse=True)
def own_modules() -> Iterator[None]:
    yield
    sys.modules["airflow_argo"], sys.modules["airflow_argo.offload"] = airflow_argo, OFFLOAD
    airflow_argo.offload = OFFLOAD


OFFLOAD = sys.modules["airflow_argo.offload"]

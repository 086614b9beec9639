"""What a zip gives for an element that isn't there: Airflow's NOTSET, or an error that says what to do."""

from __future__ import annotations

import base64
import sys

import pytest

from airflow_argo.compiler.loops import NOT_SET
from airflow_argo.pod.values import decoded

TEXT = base64.b64encode(NOT_SET.encode()).decode()


def test_it_is_airflows_where_there_is_airflow() -> None:
    from airflow.sdk.definitions._internal.types import NOTSET

    assert decoded(TEXT) is NOTSET


def test_it_is_an_error_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("airflow.sdk.definitions._internal.types", "airflow.utils.types"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(LookupError, match="set fillvalue"):
        decoded(TEXT)

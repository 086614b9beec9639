"""Cron as Argo reads it, against what its library answered: github.com/robfig/cron v3.0.1, ParseStandard and Next."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from airflow_argo.translator.argo_cron import ArgoCron, NotCron

RECORDED = json.loads((Path(__file__).parent / "argo_cron_runs.json").read_text())


@pytest.mark.parametrize("case", RECORDED, ids=[f"{case['cron']} {case['zone']}" for case in RECORDED])
def test_starts_when_argo_does(case: dict[str, Any]) -> None:
    runs = ArgoCron.parse(case["cron"]).runs(datetime.fromisoformat(case["after"].replace("Z", "+00:00")), case["zone"])
    assert [int(run.timestamp()) for run in islice(runs, len(case["runs"]))] == case["runs"]


@pytest.mark.parametrize(
    "text",
    [
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "0 24 * * *",
        "0 0 0 * *",
        "0 0 L * *",
        "0 0 * * 7",
        "0 0 * * 5#2",
        "0 0 * * FRI-MON",
        "*/0 * * * *",
        "a * * * *",
        "1-2-3 * * * *",
        "",
    ],
)
def test_refuses_what_argo_refuses(text: str) -> None:
    with pytest.raises(NotCron):
        ArgoCron.parse(text)


def test_a_day_that_never_comes_ends() -> None:
    assert list(ArgoCron.parse("0 0 31 2 *").runs(datetime.fromisoformat("2024-01-01T00:00:00+00:00"), "UTC")) == []

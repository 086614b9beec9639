"""Whose context the callbacks of a DAG get: by names of Argo's tasks, as the compiler gives them to ids."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_argo.argo.names import task_names
from airflow_argo.pod.airflow_task.ending import reason_of_callback, task_of_callback

CALL = {"task": {"task_id": "otherwise"}}
IDS = st.lists(st.text("aB1_.-é", min_size=1, max_size=8), min_size=1, unique=True)


@settings(deadline=None)
@given(ids=IDS, data=st.data())
def test_task_that_failed_last_is_found_by_its_name(ids: list[str], data: st.DataObject) -> None:
    names = task_names(ids, taken=("verdict",))
    failed = data.draw(st.lists(st.sampled_from(ids), min_size=1))
    nodes = [node for one in failed for node in (f"{names[one]}(0)", names[one])]
    assert task_of_callback(CALL, [*nodes, "verdict", "[0]", "main"], ids) == failed[-1]


def test_no_task_that_failed_leaves_it_at_the_one_that_the_call_names() -> None:
    assert task_of_callback(CALL, ["d-x7k2p", "verdict"], ["a", "otherwise"]) == "otherwise"


@pytest.mark.parametrize(
    ("call", "duration", "reason"),
    [
        ({"callback": "success", "timeout": 5.0}, "0", "success"),
        ({"callback": "failure"}, "900.5", "task_failure"),
        ({"callback": "failure", "timeout": 5.0}, "3.900000", "task_failure"),
        ({"callback": "failure", "timeout": 5.0}, "4.100000", "timed_out"),
    ],
)
def test_why_callbacks_are_called(call: dict[str, Any], duration: str, reason: str) -> None:
    assert reason_of_callback(call, duration) == reason

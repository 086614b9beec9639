"""Values of classes that Airflow stores and doesn't read: steps push what the tasks themselves would have pushed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pytest
from airflow.sdk.serde import serialize

from airflow_argo.operators.stored import pushed_value
from airflow_argo.pod.values import encoded


@dataclass
class Point:
    x: int


class Nested:
    __version__ = 3

    def serialize(self):
        return {"of": [Point(1)], "text": "x"}


VALUES = {
    "dataclass": Point(1),
    "in lists and tuples": [(1, Point(2)), {"a": Point(3)}],
    "nested": Nested(),
    "read": [timedelta(days=1), {1, 2}, "text"],
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_they_are_stored_alike(value):
    assert serialize(pushed_value(encoded(value))) == serialize(value)
    assert serialize(pushed_value(encoded(pushed_value(encoded(value))))) == serialize(value)  # by a trigger's event


def test_times_of_zones_without_a_name_are_stored_as_airflow_does():
    found = datetime(2024, 7, 2, 3, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert serialize(pushed_value(encoded(found))) == serialize(found)

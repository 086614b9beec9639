"""What tasks tell of the workflows that have ended: outputs as values that Airflow can store, and why they failed."""

import pytest

from airflow_argo.cluster import Snapshot
from airflow_argo.model.values import Type
from airflow_argo.operators.results import reason_of, typed_outputs


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        ('{"a": [1.5, true]}', {"a": [1.5, True]}),
        ("12345678901234567890123", 12345678901234567890123),
        ("007", "007"),
        ("1e400", "1e400"),
        ("[1, -1e400]", "[1, -1e400]"),
        ("NaN", "NaN"),
        ("[" * 100_000 + "]" * 100_000, "[" * 100_000 + "]" * 100_000),
        ("é\u2028", "é\u2028"),
    ],
    ids=range(9),
)
def test_what_is_json_that_airflow_can_store_is_decoded_and_the_rest_is_text(text, value):
    assert typed_outputs({"a-b": text}, {}, "json") == {"a-b": value}
    assert typed_outputs({"a-b": text}, {}, "text") == typed_outputs({"a-b": text}, {"a-b": Type.TEXT}, "json") == {"a-b": text}


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("child 'w-1312921024' failed", "x: main: Error (exit code 4)"),
        ("", "x: main: Error (exit code 4)"),
        ("Stopped with strategy 'Stop'", "Stopped with strategy 'Stop'"),
    ],
)
def test_why_a_workflow_failed_is_what_its_first_failed_steps_say(message, reason):
    pod = {"id": "w-2", "name": "w[0].x", "displayName": "x", "type": "Pod", "phase": "Failed"}
    nodes = {
        "w": {"id": "w", "name": "w", "displayName": "w", "type": "Steps", "phase": "Failed", "children": ["w-2"]},
        "w-2": {**pod, "message": "main: Error (exit code 4)", "templateName": "x"},
    }
    status = {"phase": "Failed", "message": message, "nodes": nodes}
    assert reason_of(Snapshot({"metadata": {"name": "w"}, "spec": {}, "status": status})) == reason

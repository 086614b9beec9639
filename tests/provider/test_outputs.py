"""Outputs of workflows as values that Airflow can store."""

import pytest

from airflow_argo.model.values import Type
from airflow_argo.operators.results import typed_outputs


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

"""Numbers in the formats of withSequence: Go's fmt.Sprintf gave the texts in the table."""

import json
from pathlib import Path

import pytest

from airflow_argo.argo.golang.sprintf import sprintf

TABLE = Path(__file__).parent.parent / "tables" / "sprintf.jsonl"
CASES = [json.loads(line) for line in TABLE.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("form", sorted({form for form, _, _ in CASES}))
def test_a_format_gives_what_go_gives(form: str) -> None:
    cases = [(number, text) for one, number, text in CASES if one == form]
    assert [(number, sprintf(form, number)) for number, _ in cases] == cases

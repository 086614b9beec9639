"""Node selectors. The table's verdicts are those of Argo's own SelectorMatchesNode."""

from __future__ import annotations

import pytest

from airflow_argo.cluster.node_selector import parse_node_selector
from airflow_argo.diagnostics import InputError

NODE = {
    "id": "i",
    "name": "w.a",
    "displayName": "a,b=c",
    "phase": "Failed",
    "templateName": "own",
    "templateRef": {"name": "wt", "template": "t"},
    "inputs": {"parameters": [{"name": "p", "value": "1"}, {"name": "q"}]},
}

VERDICTS = [
    ("", True),
    (",", True),
    ("phase=Failed", True),
    ("phase==Failed", True),
    ("phase!=Failed", False),
    ("phase=failed", False),
    ("phase=Failed,id=i", True),
    ("phase=Failed,,id=x", False),
    ("displayName=a\\,b\\=c", True),
    ("displayName=a", False),
    ("templateName=t", True),
    ("templateName=own", False),
    ("templateRef.name=wt,templateRef.template=t", True),
    ("inputs.parameters.p.value=1", True),
    ("inputs.parameters.p.value!=2", True),
    ("inputs.parameters.q.value=", True),
    ("inputs.parameters.none.value=", True),
    ("inputs.parameters.none.value!=", False),
    ("unknown=x", False),
    ("unknown!=x", True),
]


@pytest.mark.parametrize(("text", "matches"), VERDICTS)
def test_matches(text, matches):
    assert parse_node_selector(text).matches(NODE) is matches


@pytest.mark.parametrize("text", ["phase", "phase=a=b", "=", "displayName=\\x", "phase=Failed,id"])
def test_what_says_nothing(text):
    with pytest.raises(InputError, match="says nothing"):
        parse_node_selector(text)

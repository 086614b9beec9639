"""What compiled expressions become for readers."""

from __future__ import annotations

import pytest

from airflow_argo.argo.expr import parse
from airflow_argo.graph.words import said

IDS = {"get-nums": "get_nums"}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("int(trim(tasks['flip'].outputs?.parameters?.n)) > 2", "flip.n > 2"),
        ("tasks['get-nums'].outputs?.result", "get_nums.result"),
        ("fromJSON(tasks['a'].outputs?.parameters?.values ?? '{}')['score'] < 5", "a.score < 5"),
        ("fromJSON(tasks['get-nums'].outputs?.parameters?.outcome ?? '{}').items ?? []", "get_nums"),
        ("fromJSON(inputs.parameters.carried)['score']", "score"),
        ("workflow.parameters.count", "count"),
        ("!(a == 1)", "a != 1"),
        ("!(a == 1 || b)", "a != 1 and not b"),
        ("a != nil && a > 1", "a > 1"),
        ("a == 1 || (b && !(a == 1))", "a == 1 or b"),
        ("a && (b || c)", "a and (b or c)"),
        ("a ? b : c", "b if a else c"),
        ("sprig.b64dec('aGk=') == x", "'hi' == x"),
        ("x in ['a', 'b']", "x in ['a', 'b']"),
        ("len(x) > 0", "len(x) > 0"),
        ("tasks['a'].outputs.parameters.list[1]['k'] == true", "a.list[1].k == true"),
        ("-x + 1.5 > nil", "-x + 1.5 > null"),
        ("any(xs, # > 1)", "any(xs, # > 1)"),
    ],
)
def test_an_expression_in_words(code: str, words: str) -> None:
    assert said(parse(code), lambda name: IDS.get(name, name)) == words

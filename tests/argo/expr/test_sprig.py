"""sprig's functions of chance and of the present time; the others are in the tables."""

import re
import time

import pytest

from airflow_argo.argo.expr import ExprError, evaluate


@pytest.mark.parametrize(
    ("call", "pattern"),
    [
        ("sprig.randAlphaNum(12)", "[a-zA-Z0-9]{12}"),
        ("sprig.randAlpha(12)", "[a-zA-Z]{12}"),
        ("sprig.randNumeric(12)", "[0-9]{12}"),
        ("sprig.randAscii(12)", "[ -~]{12}"),
        ("sprig.randBytes(3)", "[A-Za-z0-9+/]{4}"),
        ("sprig.uuidv4()", "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ],
)
def test_random_text(call, pattern):
    first, second = evaluate(f"[{call}, {call}]", {})
    assert re.fullmatch(pattern, first)
    assert first != second


def test_random_numbers_and_order():
    assert evaluate("all(1..50, sprig.randInt(3, 6) in [3, 4, 5])", {}) is True
    assert sorted(evaluate("sprig.shuffle('abcdef')", {})) == list("abcdef")
    with pytest.raises(ExprError, match="invalid argument to Intn"):
        evaluate("sprig.randInt(3, 3)", {})


def test_now():
    assert abs(evaluate("sprig.now().Unix()", {}) - time.time()) < 5
    assert abs(evaluate("now().Unix()", {}) - time.time()) < 5
    assert evaluate("now(timezone('Asia/Kolkata')).Format('-07:00')", {}) == "+05:30"
    assert evaluate("now() - duration('1h') < now()", {}) is True
    assert evaluate("sprig.ago(now())", {}) in ("0s", "1s")
    assert evaluate("sprig.durationRound(duration('50h'))", {}) == "0s"  # sprig takes a text, and no duration
    assert evaluate("sprig.durationRound(sprig.now().Add(duration('-50h')))", {}) == "2d"
    assert evaluate("sprig.date('2006', 'x') == string(now().Year())", {}) is True

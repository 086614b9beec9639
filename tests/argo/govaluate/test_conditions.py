"""`when`: what the table doesn't show."""

import pickle
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_argo.argo.govaluate import GovaluateError, evaluate, should_execute

WORDS = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,8}", fullmatch=True).filter(
    lambda word: word.lower() not in ("in", "true", "false")
)
QUOTED = st.text().filter(lambda text: not set(text) & set("'\"\\"))
PIECES = st.sampled_from(
    [
        "a", "'b'", "1", "2.5", "0x1F", "true", "(", ")", "[", "]", ",", "==", "!=", "<", ">", "&&", "||", "!", "-", "+", "**",
        "in", "=~", "?", ":", "??", "~", "\\", "'", '"', ".", "@", "é", "{",
    ]
)  # fmt: skip
BOOLEANS = st.recursive(
    st.sampled_from(["true", "false", "1 < 2", "a == b", "'x' in ('x', 'y')"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(" ".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"!({text})"),
    ),
)


@given(WORDS, WORDS)
def test_bare_words_are_texts(left, right):
    assert should_execute(f"{left} == {right}") is (left == right)
    assert should_execute(f"{left} != '{right}'") is (left != right)


@given(QUOTED, QUOTED)
def test_quoted_texts(left, right):
    if not any(
        text[:1].isdigit() or text[:3].lower() in ("mon", "tue", "wed", "thu", "fri", "sat", "sun") for text in (left, right)
    ):
        assert should_execute(f"'{left}' == '{right}'") is (left == right)
    assert should_execute(f'"{left}" == "{left}"') is True


@given(BOOLEANS)
def test_logic_is_pythons(text):
    python = (
        text.replace("&&", " and ")
        .replace("||", " or ")
        .replace("!", " not ")
        .replace("true", "True")
        .replace("false", "False")
    )
    assert should_execute(text) is eval(python, {"a": "a", "b": "b"})


@given(st.one_of(st.text(), st.lists(PIECES).map(" ".join), st.lists(PIECES).map("".join)))
def test_any_text_has_a_value_or_an_error_of_ours(text):
    with suppress(GovaluateError):
        evaluate(text)
    with suppress(GovaluateError):
        assert should_execute(text) in (True, False)


def test_a_long_condition_needs_no_stack():
    assert should_execute(" || ".join(["a == b"] * 3000)) is False
    assert should_execute(" && ".join(["'Succeeded' in ('Failed', 'Succeeded')"] * 1000)) is True
    assert evaluate(" + ".join(["1"] * 3000)) == 3000.0


def test_deep_nesting_is_an_error_of_ours():
    with pytest.raises(GovaluateError, match="nested too deeply"):
        should_execute("(" * 2000 + "true" + ")" * 2000)


def test_no_condition_is_true():
    assert should_execute("") is True


def test_without_bare_words():
    assert evaluate("'a' == 'a'", bare_words=False) is True
    with pytest.raises(GovaluateError, match="No parameter 'a' found"):
        evaluate("a == 'a'", bare_words=False)


def test_a_backslash_at_the_end_is_what_panics_there():
    with pytest.raises(GovaluateError, match="index out of range"):
        evaluate("a\\")


def test_errors_can_be_pickled():
    with pytest.raises(GovaluateError) as caught:
        should_execute("a-b == a-b")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.text) == (str(caught.value), "a-b == a-b")

"""Go's regular expressions."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_argo.argo.golang.regexp import RegexpError, compile_regexp, find_all, quote_meta, replace_all, split
from airflow_argo.argo.golang.values import Unsupported


def found(pattern: str, text: str) -> list[str]:
    return [match.group() for match in find_all(pattern, text)]


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a*", "baaac", ["", "aaa", ""]),
        ("a+?", "aaa", ["a", "a", "a"]),
        ("a{2}", "aaaaa", ["aa", "aa"]),
        ("a{,2}", "a{,2}", ["a{,2}"]),
        ("(?i)ab(?-i)C", "AbC abc", ["AbC"]),
        ("a(?i)b|c", "aB C", ["aB", "C"]),
        ("(?s)a.b", "a\nb", ["a\nb"]),
        ("a.b", "a\nb", []),
        ("(?m)^x$", "x\nx\n", ["x", "x"]),
        ("x$", "x\n", []),
        (r"\bfoo\b", "foo éfooé", ["foo", "foo"]),
        (r"\w+", "aé1", ["a", "1"]),
        (r"\d", "1٣", ["1"]),
        ("[[:alpha:]]+", "ab1é", ["ab"]),
        ("[[:^digit:]]+", "a1", ["a"]),
        (r"[\d\s]+", "1 2a", ["1 2"]),
        (r"\pL+", "aé1", ["aé"]),
        (r"\PL+", "a1 b", ["1 "]),
        (r"\p{Lu}", "aÉ", ["É"]),
        (r"\Qa.b\E+", "a.bb", ["a.bb"]),
        (r"\x41\x{42}\103", "ABC", ["ABC"]),
        ("[]a]+", "]a", ["]a"]),
        ("[a-c-e]+", "b-e", ["b-e"]),
        ("(?U)a+", "aa", ["a", "a"]),
        ("(?P<n>a)(?<m>b)", "ab", ["ab"]),
        ("", "ab", ["", "", ""]),
        ("(a|ab)(c|bcd)", "abcd", ["abcd"]),
    ],
)
def test_finding(pattern, text, matches):
    assert found(pattern, text) == matches


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(a", "missing closing ): `(a`"),
        ("a)", "unexpected ): `a)`"),
        ("[a", "missing closing ]: `[a`"),
        ("[z-a]", "invalid character class range: `z-a`"),
        ("*a", "missing argument to repetition operator: `*`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("a++", "invalid nested repetition operator: `++`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        ("a{2,1}", "invalid repeat count: `{2,1}`"),
        (r"\1", r"invalid escape sequence: `\1`"),
        (r"\Z", r"invalid escape sequence: `\Z`"),
        ("\\", "trailing backslash at end of expression: ``"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?<=a)", "invalid named capture: `(?<=a)`"),
        ("(?P<n", "invalid named capture: `(?P<n`"),
        ("[[:foo:]]", "invalid character class range: `[:foo:]`"),
    ],
)
def test_what_go_refuses(pattern, message):
    with pytest.raises(RegexpError) as caught:
        compile_regexp(pattern)
    assert str(caught.value) == f"error parsing regexp: {message}"


def test_scripts_are_not_supported():
    with pytest.raises(Unsupported, match="Greek"):
        compile_regexp(r"\p{Greek}")


def test_replacing():
    assert replace_all("a(x*)b", "-ab-axxb-", "${1}W") == "-W-xxW-"
    assert replace_all("a(x*)b", "-ab-axxb-", "$1W") == "---"
    assert replace_all("(?P<n>a)", "a", "<$n$$>") == "<a$>"
    assert replace_all("a", "a", "$0", literal=True) == "$0"
    assert replace_all("x*", "abc", "-") == "-a-b-c-"


def test_splitting():
    assert split("a", "banana") == ["b", "n", "n", ""]
    assert split("a", "banana", 2) == ["b", "nana"]
    assert split("a", "banana", 0) == []
    assert split("z+", "pizza") == ["pi", "a"]
    assert split("", "abc") == ["a", "b", "c"]


@given(st.text())
def test_a_quoted_text_matches_itself(text):
    assert compile_regexp(quote_meta(text)).fullmatch(text)


@given(st.text(st.sampled_from("ab()[]{}*+?|^$.\\-pdQEx1,:=<>P#")))
def test_a_pattern_compiles_or_is_refused(pattern):
    with suppress(RegexpError, Unsupported):
        assert isinstance(compile_regexp(pattern), re.Pattern)

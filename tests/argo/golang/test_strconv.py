"""Text of numbers and strings as Go writes it."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_argo.argo.golang.strconv import (
    NumberSyntaxError,
    format_float,
    parse_float,
    parse_int,
    parse_prefixed_int,
    quote,
    truncate_to_int64,
    wrap_int64,
)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", '""'),
        ('a"b\\', r'"a\"b\\"'),
        ("\a\b\f\n\r\t\v", r'"\a\b\f\n\r\t\v"'),
        ("\x00\x1f\x7f", r'"\x00\x1f\x7f"'),
        ("é ☺ \U0001f600", '"é ☺ \U0001f600"'),
        ("\xa0\xad\u200b\u2028\ufeff", r'"\u00a0\u00ad\u200b\u2028\ufeff"'),
        ("\U000e0001", r'"\U000e0001"'),
        (b"\xff\xc3".decode("utf-8", "surrogateescape"), r'"\xff\xc3"'),
    ],
)
def test_quote(text, quoted):
    assert quote(text) == quoted


@given(st.text(st.characters(exclude_categories=("C", "Z", "M"))))
def test_what_is_printable_is_quoted_as_in_json(text):
    assert json.loads(quote(text)) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (2.5, "2.5"),
        (100000.0, "100000"),
        (1e6, "1e+06"),
        (12345678.0, "1.2345678e+07"),
        (123456.75, "123456.75"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1e21, "1e+21"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (5e-324, "5e-324"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_format_float(number, text):
    assert format_float(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from("gfe"))
def test_the_text_of_a_float_reads_back(number, style):
    assert float(format_float(number, style)) == number
    assert ("e" in format_float(number, style)) is (style == "e") or style == "g"


@pytest.mark.parametrize("text", ["0", "-5", "+7", "007", "9223372036854775807", "-9223372036854775808"])
def test_parse_int(text):
    assert parse_int(text) == int(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "invalid syntax"),
        ("1.0", "invalid syntax"),
        (" 1", "invalid syntax"),
        ("1_000", "invalid syntax"),
        ("\u0661", "invalid syntax"),
        ("9223372036854775808", "value out of range"),
        ("-" + "9" * 5000, "value out of range"),
    ],
)
def test_what_is_no_int(text, fault):
    with pytest.raises(NumberSyntaxError) as caught:
        parse_int(text)
    assert str(caught.value) == f"strconv.ParseInt: parsing {quote(text)}: {fault}"


@pytest.mark.parametrize(
    ("text", "number"),
    [("0x1F", 31), ("0o17", 15), ("017", 15), ("0b11", 3), ("1_000", 1000), ("0x_1", 1), ("-0x10", -16), ("0", 0)],
)
def test_parse_prefixed_int(text, number):
    assert parse_prefixed_int(text) == number


@pytest.mark.parametrize("text", ["0x", "08", "1__0", "1_", "0b2", "", "0o8", "abc"])
def test_what_is_no_prefixed_int(text):
    with pytest.raises(NumberSyntaxError):
        parse_prefixed_int(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-2.5E-1", -0.25),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("0x1p4", 16.0),
    ],
)
def test_parse_float(text, number):
    assert parse_float(text) == number


@pytest.mark.parametrize("text", ["", ".", "e5", "1e", "1_0", " 1", "1e400", "0x10", "nan1"])
def test_what_is_no_float(text):
    with pytest.raises(NumberSyntaxError):
        parse_float(text)


@given(st.integers(-(2**70), 2**70))
def test_wrapping(number):
    assert -(2**63) <= wrap_int64(number) < 2**63
    assert (wrap_int64(number) - number) % 2**64 == 0


def test_floats_that_do_not_fit_are_the_smallest_integer():
    for number in (math.inf, -math.inf, math.nan, 1e19, 2.0**63):
        assert truncate_to_int64(number) == -(2**63)
    assert truncate_to_int64(-1.9) == -1

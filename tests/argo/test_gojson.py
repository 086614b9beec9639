"""JSON as Go writes and reads it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_argo.argo import gojson
from airflow_argo.argo.golang.duration import Duration
from airflow_argo.argo.golang.moment import Time
from airflow_argo.argo.golang.values import AnyMap

REALS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), REALS, st.text())
VALUES = st.recursive(SCALARS, lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)), max_leaves=12)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None]}, '{"a":[true,null],"b":1}'),
        ("<a&b>", r'"\u003ca\u0026b\u003e"'),
        ('\u2028\x00\x1f\x7f\b\f\n\r\t"\\/é', '"\\u2028\\u0000\\u001f\x7f\\b\\f\\n\\r\\t\\"\\\\/é"'),
        (b"\x00\xff".decode("utf-8", "surrogateescape"), r'"\u0000\ufffd"'),
        (1.0, "1"),
        (0.1, "0.1"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (-0.0, "-0"),
        (5e-324, "5e-324"),
        (2**63, "9223372036854775808"),
        (b"ab", '"YWI="'),
        ([], "[]"),
        ({}, "{}"),
        (Time(0), '"1970-01-01T00:00:00Z"'),
        (Duration(1500), "1500"),
    ],
)
def test_marshal(value, text):
    assert gojson.marshal(value) == text


def test_without_html_escapes():
    assert gojson.marshal(["<a&b>", "\u2028"], html=False) == r'["<a&b>","\u2028"]'


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), "json: unsupported value: NaN"),
        (float("-inf"), "json: unsupported value: -Inf"),
        (AnyMap(), "json: unsupported type: map[interface {}]interface {}"),
    ],
)
def test_values_without_json(value, message):
    with pytest.raises(gojson.UnsupportedJsonValue) as caught:
        gojson.marshal([value])
    assert str(caught.value) == message


def test_indented():
    assert gojson.marshal_indent({"a": [1, {}], "b": [], "c": "x: {[,"}) == (
        '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": [],\n  "c": "x: {[,"\n}'
    )


@given(VALUES)
def test_python_reads_what_is_written(value):
    assert json.loads(gojson.marshal(value), parse_int=float) == value
    assert json.loads(gojson.marshal_indent(value), parse_int=float) == value
    assert gojson.is_valid(gojson.marshal(value))


@given(st.dictionaries(st.text(), st.integers()))
def test_keys_are_in_the_order_of_their_bytes(value):
    keys = list(json.loads(gojson.marshal(value)))
    assert keys == sorted(keys, key=lambda key: key.encode())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unexpected end of JSON input"),
        ("{", "unexpected end of JSON input"),
        ('{"a"', "unexpected end of JSON input"),
        ("[1,]", "invalid character ']' looking for beginning of value"),
        ("[1 2]", "invalid character '2' after array element"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ('{"a":1 "b"}', "invalid character '\"' after object key:value pair"),
        ("{a:1}", "invalid character 'a' looking for beginning of object key string"),
        ("1 2", "invalid character '2' after top-level value"),
        ("nul", "invalid character ' ' in literal null (expecting 'l')"),
        ("trux", "invalid character 'x' in literal true (expecting 'e')"),
        ("1.", "invalid character ' ' after decimal point in numeric literal"),
        ("-", "invalid character ' ' in numeric literal"),
        ("1ex", "invalid character 'x' in exponent of numeric literal"),
        ("01", "invalid character '1' after top-level value"),
        ('"\n"', "invalid character '\\n' in string literal"),
        (r'"\x"', "invalid character 'x' in string escape code"),
        (r'"\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"),
        ("NaN", "invalid character 'N' looking for beginning of value"),
        ("é", "invalid character 'Ã' looking for beginning of value"),
        ("1e999", "json: cannot unmarshal number 1e999 into Go value of type float64"),
    ],
)
def test_what_is_no_json(text, message):
    with pytest.raises(gojson.InvalidJson) as caught:
        gojson.unmarshal(text)
    assert str(caught.value) == message
    assert gojson.is_valid(text) is (text == "1e999")


def test_numbers_are_floats():
    assert gojson.unmarshal("[1, 2.5]") == [1.0, 2.5]
    assert all(type(number) is float for number in gojson.unmarshal("[1, 2.5]"))
    assert gojson.is_valid("1" * 10_000)

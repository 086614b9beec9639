"""What the tables don't show: depth, environments, errors as data, arithmetic in general."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_argo.argo.expr import (
    ConditionError,
    ExprError,
    ExprSyntaxError,
    UnsupportedExpression,
    argo_environment,
    evaluate,
    evaluate_bool,
    evaluate_plain,
)
from airflow_argo.argo.golang.values import Struct

INT64 = st.integers(-(2**63), 2**63 - 1)
SMALL = st.integers(-50, 50)


def wrapped(number: int) -> int:
    return (number + 2**63) % 2**64 - 2**63


@given(INT64, INT64)
def test_integers_wrap_around(left, right):
    environment = {"a": left, "b": right}
    assert evaluate_plain("a + b", environment) == wrapped(left + right)
    assert evaluate_plain("a - b", environment) == wrapped(left - right)
    assert evaluate_plain("a * b", environment) == wrapped(left * right)
    assert evaluate_plain("bitxor(a, b)", environment) == left ^ right


@given(SMALL, SMALL.filter(bool))
def test_division_is_of_floats_and_the_rest_has_the_sign_of_the_left(left, right):
    assert evaluate_plain("a / b", {"a": left, "b": right}) == left / right
    rest = evaluate_plain("a % b", {"a": left, "b": right})
    assert abs(rest) < abs(right)
    assert rest * left >= 0
    assert (left - rest) % right == 0


@given(st.one_of(SMALL, st.floats(allow_nan=False)), st.one_of(SMALL, st.floats(allow_nan=False)))
def test_comparisons_of_numbers_are_pythons(left, right):
    environment = {"a": left, "b": right}
    for operator, expected in (("<", left < right), ("<=", left <= right), ("==", left == right), ("!=", left != right)):
        assert evaluate_plain(f"a {operator} b", environment) is expected


@given(st.lists(SMALL), SMALL)
def test_closures_are_pythons_comprehensions(numbers, limit):
    environment = {"l": numbers, "n": limit}
    assert evaluate_plain("filter(l, # > n)", environment) == [number for number in numbers if number > limit]
    assert evaluate_plain("map(l, # * 2)", environment) == [number * 2 for number in numbers]
    assert evaluate_plain("any(l, # == n)", environment) is (limit in numbers)
    assert evaluate_plain("all(l, # == n)", environment) is all(number == limit for number in numbers)
    assert evaluate_plain("count(l, # >= n)", environment) == sum(number >= limit for number in numbers)
    assert evaluate_plain("sum(l)", environment) == sum(numbers)
    assert evaluate_plain("sort(l)", environment) == sorted(numbers)
    assert evaluate_plain("sortBy(l, -#)", environment) == sorted(numbers, reverse=True)
    assert evaluate_plain("reduce(l, #acc + #, n)", environment) == limit + sum(numbers)


@given(st.text())
def test_json_round_trip(text):
    assert evaluate_plain("fromJSON(toJSON(s))", {"s": text}) == text.encode("utf-8", "replace").decode()
    assert evaluate("sprig.b64dec(sprig.b64enc(s))", {"s": text}) == text


def test_long_chains_of_operators_need_no_stack():
    assert evaluate_plain(" + ".join(["1"] * 4000), {}) == 4000
    assert evaluate_plain(" || ".join(["a == 1"] * 2000), {"a": 2}) is False


def test_deep_nesting_is_an_error_of_ours():
    with pytest.raises(ExprError, match="nested too deeply"):
        evaluate_plain("[" * 300 + "]" * 300, {})


def test_only_what_is_reached_is_evaluated():
    assert evaluate_plain("true || [1][9] == 1", {}) is True
    assert evaluate_plain("a ? 1 : [1][9]", {"a": True}) == 1
    assert evaluate_plain("a ?? [1][9]", {"a": 5}) == 5


def test_memory_is_limited():
    with pytest.raises(ExprError, match="memory budget exceeded"):
        evaluate_plain("1..1000000", {})
    with pytest.raises(ExprError, match="memory budget exceeded"):
        evaluate_plain("map(1..600000, #)", {})


def test_names_of_the_environment_override_functions():
    assert evaluate_plain("split == 1", {"split": 1}) is True
    with pytest.raises(ExprError, match="int is not callable"):
        evaluate_plain("split('a', 'b')", {"split": 1})


def test_types_of_the_environment_are_checked_each_time():
    assert evaluate_plain("a + 1", {"a": 1}) == 2
    with pytest.raises(ExprError, match="mismatched types string and int"):
        evaluate_plain("a + 1", {"a": "x"})
    assert evaluate_plain("a + 1", {"a": 2}) == 3


def test_arguments_of_a_function_of_unknown_type_are_not_checked():
    assert evaluate("sprig.default('d', nope)", {}) == "d"
    with pytest.raises(ExprError, match="unknown name nope"):
        evaluate("toJson(nope)", {})


def test_structs_have_fields():
    artifact = Struct("v1alpha1.Artifact", {"Name": "a", "Path": "/a"})
    assert evaluate_plain("x.Path", {"x": artifact}) == "/a"
    assert evaluate_plain("b ? x : nil", {"x": artifact, "b": True}) is artifact
    with pytest.raises(ExprError, match=r"type v1alpha1\.Artifact has no field Size"):
        evaluate_plain("x.Size", {"x": artifact})


def test_what_go_has_and_we_have_not_is_said():
    for source in (
        "sprig.genCA('a', 1)",
        "sprig.semverCompare('^1', '1.2')",
        "jsonpath('[]', '$[?(@.a+1 > 2)]')",
        "'a' matches '\\\\p{Greek}'",
    ):
        with pytest.raises(UnsupportedExpression, match="not supported here"):
            evaluate(source, {})


def test_conditions():
    environment = argo_environment({"lastRetry.exitCode": "3"})
    assert evaluate_bool("asInt(lastRetry.exitCode) > 1", environment) is True
    with pytest.raises(ConditionError) as caught:
        evaluate_bool("1 + 1", environment)
    assert str(caught.value) == "unable to cast expression result '%!s(int=2)' to bool"
    with pytest.raises(ConditionError) as caught:
        evaluate_bool("int('x') > 1", environment)
    assert str(caught.value) == (
        "unable to evaluate expression 'int('x') > 1': invalid operation: int(x) (1:1)\n | int('x') > 1\n | ^"
    )
    with pytest.raises(ExprError) as caught:
        evaluate_bool("nope", environment)
    assert str(caught.value) == "unknown name nope (1:1)\n | nope\n | ^"


def test_errors_can_be_pickled():
    for source in ("1 +", "nope", "[1][2]"):
        with pytest.raises(ExprError) as caught:
            evaluate(source, {})
        copy = pickle.loads(pickle.dumps(caught.value))
        assert (type(copy), str(copy)) == (type(caught.value), str(caught.value))
    assert issubclass(ExprSyntaxError, ExprError)

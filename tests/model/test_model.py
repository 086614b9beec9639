"""The model: frozen data, checked where it is made, that knows neither Airflow nor Argo."""

from __future__ import annotations

import ast
import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import airflow_argo.model
from airflow_argo.diagnostics import Origin
from airflow_argo.model import conditions, graph, jobs, values, workflow
from airflow_argo.model.conditions import FALSE, TRUE, AllOf, AnyOf, Compare, Every, Not, Some, State, all_of, any_of
from airflow_argo.model.values import Constant, FirstOf, Input, Listing, Member, Output, Record, Text, Type
from airflow_argo.model.walk import found_in

FOLDER = Path(airflow_argo.model.__file__).parent
MODULES = (conditions, graph, jobs, values, workflow)
THINGS = {name: thing for module in MODULES for name, thing in vars(module).items()}
CLASSES = [thing for thing in THINGS.values() if isinstance(thing, type) and dataclasses.is_dataclass(thing)]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(value=json_values)
def test_a_constant_gives_back_the_value_with_its_type(value):
    constant = Constant.of(value)
    assert constant.value == value
    assert json.loads(constant.json) == value
    assert constant.value is not value or not isinstance(value, list | dict)
    assert hash(constant) == hash(Constant.of(value))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object(), {(1,): 2}, b"x"])
def test_what_is_no_json_is_no_constant(value):
    with pytest.raises((TypeError, ValueError)):
        Constant.of(value)


def test_what_contains_itself_is_no_constant():
    circle: list = []
    circle.append(circle)
    with pytest.raises(ValueError, match="Circular"):
        Constant.of(circle)


@pytest.mark.parametrize(
    ("value", "type"),
    [
        (True, Type.BOOL),
        (1, Type.INT),
        (1.0, Type.FLOAT),
        ("1", Type.TEXT),
        (None, Type.JSON),
        ([], Type.JSON),
        ({}, Type.JSON),
    ],
)
def test_types_of_values(value, type):
    assert values.type_of(value) is type
    assert Constant.of(value).type is type


def test_types_of_compound_values():
    number, text = Input("n", Type.INT), Input("t")
    assert FirstOf((number, number)).type is Type.INT
    assert FirstOf((number, text)).type is Type.JSON
    assert Text(("a", number)).type is Type.TEXT
    assert Listing((number,)).type is Record((("a", number),)).type is Member(text, 0).type is Type.JSON


def test_sources_are_what_a_value_is_made_of_at_the_bottom():
    a, b, c = Output("a", "x"), Input("b"), Constant.of(1)
    made = Record((("k", Listing((a, Text(("t", Member(b, "m"))), FirstOf((c, a))))),))
    assert values.sources_of(made) == (a, b, c, a)
    assert values.sources_of(a) == (a,)


def test_all_and_any_are_flat_and_say_nothing_needless():
    a, b, c = (Every(name, frozenset({State.SUCCESS})) for name in "abc")
    assert all_of([a, AllOf((b, c))]) == AllOf((a, b, c))
    assert any_of([AnyOf((a, b)), c]) == AnyOf((a, b, c))
    assert all_of([a, TRUE]) == a
    assert any_of([FALSE, a]) == a
    assert all_of([]) == TRUE
    assert any_of([]) == FALSE


def test_leaves_judged_steps_and_values_read():
    x, y = Output("x", "v"), Output("y", "w")
    test = AllOf((Not(Compare(x, "==", y)), AnyOf((Some("s", frozenset()), Every("t", frozenset())))))
    assert [type(leaf) for leaf in conditions.leaves_of(test)] == [Compare, Some, Every]
    assert list(conditions.steps_judged(test)) == ["s", "t"]
    assert list(conditions.values_read(test)) == [x, y]


def test_found_in_looks_everywhere():
    output = Output("a", "x")
    job = jobs.Container(image="i", command=("c", Text((output,))), env=(("E", Text((output,))),))
    nested = graph.Graph((graph.Step("s", graph.ForLoop(graph.Graph((graph.Step("t", job),)), (("item", output),))),))
    assert list(found_in(nested, Output)) == [output] * 3


def test_a_steps_place_in_a_file_is_no_part_of_what_it_is():
    one, other = (graph.Step("a", jobs.NoOp(), origin=Origin("f.py", line)) for line in (1, 2))
    assert one == other


def test_a_retry_below_zero_is_refused():
    with pytest.raises(ValueError, match="retry limit -1 is below 0"):
        jobs.Retry(-1)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_everything_is_frozen(cls):
    assert cls.__dataclass_params__.frozen
    assert "__dict__" not in cls.__slots__


def test_the_model_imports_nothing_that_knows_airflow_or_argo():
    imported = {
        node.module
        for path in FOLDER.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("airflow_argo")
    }
    assert all(name.startswith(("airflow_argo.model", "airflow_argo.diagnostics")) for name in imported)

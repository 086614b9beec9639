"""Template tags: what the table doesn't show."""

import json
import pickle
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_argo.argo import gojson
from airflow_argo.argo.expr import UnsupportedExpression
from airflow_argo.argo.scope import ABSENT, PLACEHOLDER_PREFIX, Scope
from airflow_argo.argo.tags import (
    MissingVariable,
    TagKind,
    TemplateError,
    is_absent_reference,
    replace,
    replace_strict,
    replace_text,
    resolve_variable,
    tags,
)

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)
PRINTABLE = st.text(st.characters(exclude_categories=("C", "Z")))


@given(JSON.map(gojson.marshal).filter(lambda text: "{{" not in text), st.dictionaries(st.text(), st.text()))
def test_text_without_tags_is_unchanged(text, variables):
    assert replace(text, variables, allow_unresolved=False) == text
    assert replace_strict(text, variables, ["tasks"]) == text


@given(PRINTABLE, PRINTABLE.filter(lambda text: "{" not in text), st.booleans())
def test_a_printable_value_arrives_as_it_is(value, around, as_expression):
    tag = "{{= item }}" if as_expression else "{{item}}"
    text = gojson.marshal({"a": f"{around} {tag} {around}"})
    assert json.loads(replace(text, {"item": value})) == {"a": f"{around} {value} {around}"}


@given(st.text())
def test_any_value_arrives_as_it_is_by_an_expression(value):
    assert json.loads(replace('"{{=item}}"', {"item": value})) == value


@given(st.text(), st.dictionaries(st.sampled_from(["item", "a.b"]), st.one_of(st.none(), st.text())), st.booleans())
def test_nothing_else_than_our_errors(text, variables, allow):
    for template in (text, f"{{{{{text}}}}}", f"{{{{={text}}}}}"):
        with suppress(TemplateError, UnsupportedExpression):
            assert gojson.is_valid(replace(gojson.marshal(template), variables, allow))


def test_tags_have_places_and_kinds():
    text = gojson.marshal("a {{ x.y }} {{= 1 < 2 && 'q\"' }} {{open")
    simple, expression = tags(text)
    assert (simple.kind, simple.key, text[simple.start : simple.end]) == (TagKind.SIMPLE, "x.y", "{{ x.y }}")
    assert expression.kind is TagKind.EXPRESSION
    assert expression.expression == " 1 < 2 && 'q\"' "
    assert text[expression.start : expression.end] == "{{= 1 \\u003c 2 \\u0026\\u0026 'q\\\"' }}"


def test_a_tag_over_the_end_of_a_string_is_no_expression():
    (tag,) = tags('["{{= 1", "2 }}"]')
    assert tag.expression is None
    with pytest.raises(TemplateError, match="failed to unmarshall JSON expression: invalid character ','"):
        replace('["{{= 1", "2 }}"]', {})


def test_all_tags_of_a_text_are_replaced_in_one_pass():
    assert replace('"{{a}}{{b}}{{= a + b }}"', {"a": "{{b}}", "b": "x"}) == '"{{b}}x{{b}}x"'


def test_the_first_error_is_the_one_that_counts():
    with pytest.raises(MissingVariable, match=r"failed to resolve \{\{tasks\.a\.x\}\}"):
        replace_strict('"{{tasks.a.x}} {{gone}}"', {"gone": ABSENT}, ["tasks"])
    with pytest.raises(TemplateError, match="absent optional") as caught:
        replace_strict('"{{gone}} {{tasks.a.x}}"', {"gone": ABSENT}, ["tasks"])
    assert not isinstance(caught.value, MissingVariable)


def test_what_is_not_supported_is_never_left_unresolved():
    with pytest.raises(UnsupportedExpression, match=r"sprig\.genCA"):
        replace("\"{{= sprig.genCA('x', 1) }}\"", {})


def test_values_that_are_no_text():
    with pytest.raises(TemplateError, match=r"failed to resolve \{\{x\}\} to string"):
        replace('"{{x}}"', {"x": 1})
    assert replace('"{{= x + 1 }}"', {"x": 1}) == '"2"'


def test_placeholders_let_expressions_fail():
    assert replace('"{{= int(item) }}"', {"item": f"{PLACEHOLDER_PREFIX}1"}, allow_unresolved=False) == '"{{= int(item) }}"'
    with pytest.raises(TemplateError):
        replace('"{{= int(item) }}"', {"item": "x"}, allow_unresolved=False)


def test_text_that_is_no_json():
    assert replace_text("{{item}} == {{= item + '!' }}", {"item": 'a"b'}) == 'a\\"b == a\\"b!'
    with pytest.raises(MissingVariable):
        replace_text("{{nope}}", {})
    assert replace_text("{{nope}}", {}, allow_unresolved=True) == "{{nope}}"
    with pytest.raises(TemplateError, match="invalid JSON"):
        replace("{{item}}", {"item": "1"})


def test_errors_can_be_pickled():
    with pytest.raises(TemplateError) as caught:
        replace('"{{nope}}"', {}, allow_unresolved=False)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), str(copy)) == (MissingVariable, "failed to resolve {{nope}}")


@pytest.mark.parametrize(
    ("value", "absent"),
    [
        ("{{tasks.a.outputs.parameters.x}}", True),
        ("{{ tasks.a.outputs.parameters.x }}", True),
        ("tasks.a.outputs.parameters.x", False),
        ("x {{tasks.a.outputs.parameters.x}}", False),
        ("{{tasks.a.outputs.parameters.x}}{{tasks.a.outputs.parameters.x}}", False),
        ("{{= tasks.a.outputs.parameters.x }}", False),
        ("{{tasks.a.outputs.parameters.y}}", False),
        ("{{tasks.a.outputs.parameters.z}}", False),
        ("", False),
    ],
)
def test_a_reference_to_an_absent_output(value, absent):
    scope = Scope({"tasks.a.outputs.parameters.x": ABSENT, "tasks.a.outputs.parameters.y": ""})
    assert is_absent_reference(value, scope) is absent


def test_resolving_one_variable():
    scope = Scope({"tasks.a.outputs.result": "r", "gone": ABSENT, "item": "i"})
    assert resolve_variable("{{tasks.a.outputs.result}}", scope) == ("tasks.a.outputs.result", "r")
    assert resolve_variable("{{ gone }}", scope) == ("gone", None)
    assert resolve_variable("{{= item + '!' }}", scope) == ("= item + '!'", "i!")
    with pytest.raises(TemplateError, match=r'Unable to resolve: "tasks\.b\.x"'):
        resolve_variable("{{tasks.b.x}}", scope)
    with pytest.raises(TemplateError, match=r'Unable to compile: " tasks\.a\.outputs\.result"'):
        resolve_variable("{{= tasks.a.outputs.result }}", scope)
    with pytest.raises(TemplateError, match='Unable to resolve: "=gone"'):
        resolve_variable("{{=gone}}", scope)

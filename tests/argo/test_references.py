"""Which variables a text mentions."""

import pytest

from airflow_argo.argo import gojson
from airflow_argo.argo.expr import ExprSyntaxError
from airflow_argo.argo.references import captures_result, expression_references, references


def test_of_a_template():
    text = gojson.marshal(
        {"a": "{{tasks.x.outputs.parameters.p}}", "when": "{{= tasks['y'].outputs?.result ?? 'D' }} {{item}} {{= 1 + }}"}
    )
    first, second, third = references(text)
    assert (first.node, first.output, first.expression) == ("x", "outputs.parameters.p", None)
    assert text[first.span.start : first.span.end] == "{{tasks.x.outputs.parameters.p}}"
    assert (second.node, second.output, second.guarded, second.optional_from) == ("y", "outputs.result", True, 3)
    assert (third.path, third.node, third.output) == (("item",), None, None)


@pytest.mark.parametrize(
    ("expression", "paths"),
    [
        ("tasks.a.status == 'x'", ["tasks.a.status"]),
        ("steps['a-b'].outputs.parameters.p", ["steps.a-b.outputs.parameters.p"]),
        ("tasks['a']?.outputs['b'].c", ["tasks.a.outputs.b.c"]),
        ("1 < item < 3", ["item"]),
        ("asInt(item) + len(inputs.parameters.l)", ["item", "inputs.parameters.l"]),
        ("sprig.default('x', workflow.name)", ["workflow.name"]),
        ("let d = item; d + d", ["item"]),
        ("filter(xs, .tasks == #.a)", ["xs"]),
        ("1 + 1", []),
    ],
)
def test_of_an_expression(expression, paths):
    assert [".".join(reference.path) for reference in expression_references(expression)] == paths


def test_names_that_are_not_written_out():
    whole, index = expression_references("tasks[item].status")
    assert (whole.path, whole.dynamic) == (("tasks",), True)
    assert index.path == ("item",)


@pytest.mark.parametrize(
    ("expression", "guarded"),
    [
        ("tasks.a.outputs.result", False),
        ("tasks.a.outputs.result ?? ''", True),
        ("tasks.a.outputs?.result", True),
        ("'' ?? tasks.a.outputs.result", False),
    ],
)
def test_guards(expression, guarded):
    (reference,) = expression_references(expression)
    assert reference.guarded is guarded


def test_spans_in_an_expression():
    source = "1 + tasks['a'].outputs.result"
    (reference,) = expression_references(source)
    assert source[reference.span.start : reference.span.end] == "tasks['a'].outputs.result"


def test_no_expression():
    with pytest.raises(ExprSyntaxError):
        expression_references("1 +")


@pytest.mark.parametrize(
    ("text", "captured"),
    [
        ("{{tasks.a-b.outputs.result}}", True),
        ("{{= tasks['a-b'].outputs.result }}", True),
        ("{{= /* tasks.a-b.outputs.result */ tasks['a-b'].outputs?.result }}", True),
        ("{{= tasks['a-b'].outputs?.result }}", False),
        ('{{= tasks["a-b"].outputs.result }}', False),
        ("{{steps.a-b.outputs.result}}", False),
        ("{{tasks.a.outputs.result}}", False),
    ],
)
def test_what_makes_argo_capture_a_result(text, captured):
    assert captures_result(gojson.marshal({"value": text}), "tasks", "a-b") is captured

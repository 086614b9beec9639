"""Which variables an expression needs: what decides between waiting and evaluating."""

import pytest

from airflow_argo.argo.expr import ExprSyntaxError, argo_environment, has_variable, identifiers


@pytest.mark.parametrize(
    ("expression", "needed"),
    [
        ("item", ("item",)),
        ("tasks.a.status", ("tasks", "tasks.a", "tasks.a.status")),
        ("tasks['a'].outputs.result", ("tasks", "tasks.a", "tasks.a.outputs", "tasks.a.outputs.result")),
        ("tasks['a'].outputs?.result", ("tasks", "tasks.a")),
        ("tasks['a'].outputs?.parameters?.x ?? 'D'", ("tasks",)),
        ("tasks.a.outputs.result ?? tasks.b.status", ("tasks", "tasks.b", "tasks.b.status")),
        ("item ?? 'x'", ("item",)),
        ("tasks?.a", ("tasks",)),
        ("tasks.a?.b.c", ("tasks",)),
        ("x[i].y", ("x", "i")),
        ("a.b + a.b", ("a", "a.b")),
        ("asInt(a)", ("asInt", "a")),
        ("sprig.trim(a)", ("sprig", "sprig.trim", "a")),
        ("let d = item; d", ("item", "d")),
        ("filter(xs, .a == #)", ("xs",)),
        ("true ? a : b.c", ("a", "b", "b.c")),
        ("1 + 1", ()),
    ],
)
def test_needed(expression, needed):
    assert identifiers(expression) == needed


def test_no_expression():
    with pytest.raises(ExprSyntaxError):
        identifiers("a +")


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("tasks", True),
        ("tasks.a", True),
        ("tasks.a.outputs.parameters.x", True),
        ("tasks.a.outputs.parameters.absent", True),
        ("tasks.a.outputs.parameters.absent.x", False),
        ("tasks.a.outputs.parameters.y", False),
        ("item", True),
        ("item.x", False),
        ("sprig.trim", True),
        ("sprig.nope", False),
        ("toJson", True),
        ("nope", False),
    ],
)
def test_has_variable(path, there):
    environment = argo_environment(
        {"tasks.a.outputs.parameters.x": "v", "tasks.a.outputs.parameters.absent": None, "item": "i"}
    )
    assert has_variable(environment, path) is there

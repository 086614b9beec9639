"""Layers of variables, and what reading them costs."""

import sys
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_argo.argo.expr import ExprError, evaluate
from airflow_argo.argo.scope import ABSENT, NestedView, Scope
from airflow_argo.argo.tags import replace_strict

KEYS = st.lists(st.sampled_from(["a", "b", "c", "a-b"]), min_size=1, max_size=4).map(".".join)
VARIABLES = st.dictionaries(KEYS, st.one_of(st.text(max_size=3), st.none()))


def plain(view: object) -> object:
    return {key: plain(value) for key, value in view.items()} if isinstance(view, NestedView) else view


def expanded(variables: dict[str, object]) -> dict[str, object]:
    """Nested maps, made in the plainest way; a key that others continue has no value."""
    result: dict[str, object] = {}
    for key, value in variables.items():
        if any(other.startswith(f"{key}.") for other in variables):
            continue
        *path, last = key.split(".")
        node = result
        for segment in path:
            node = node.setdefault(segment, {})  # type: ignore[assignment]
        node[last] = value
    return result


@given(VARIABLES)
def test_expansion(variables):
    assert plain(Scope(variables).expanded()) == expanded(variables)


@given(VARIABLES, VARIABLES, VARIABLES)
def test_layers_are_one_mapping(lowest, middle, highest):
    scope = Scope(lowest).child(middle).child(highest)
    merged = lowest | middle | highest
    assert dict(scope) == merged
    assert len(scope) == len(merged)
    assert all(key in scope for key in merged)
    assert plain(scope.expanded()) == expanded(merged)


@given(VARIABLES, st.lists(st.tuples(KEYS, st.text(max_size=3))))
def test_what_is_set_later_is_seen(variables, changes):
    scope = Scope(variables)
    child = scope.child()
    plain(child.expanded())
    for key, value in changes:
        scope.set(key, value)
    merged = variables | dict(changes)
    assert dict(child) == merged
    assert plain(child.expanded()) == expanded(merged)


def test_a_limited_view_has_only_the_names():
    outputs = Scope({"tasks.a.status": "A", "tasks.b.status": "B", "tasks.c.status": "C", "workflow.name": "w"})
    scope = outputs.limited("tasks", {"a", "b"}).child({"item": "1", "tasks.c.own": "x"})
    assert set(scope) == {"tasks.a.status", "tasks.b.status", "workflow.name", "item", "tasks.c.own"}
    assert "tasks.c.status" not in scope
    with pytest.raises(KeyError):
        scope["tasks.c.status"]
    assert plain(scope.expanded()) == expanded(dict(scope))
    both = outputs.limited("tasks", {"a", "b"}).limited("tasks", {"b", "c"})
    assert [key for key in both if key.startswith("tasks")] == ["tasks.b.status"]
    assert "tasks" not in outputs.limited("tasks", ()).expanded()
    with pytest.raises(ExprError, match="unknown name tasks"):
        evaluate("tasks.a.status", outputs.limited("tasks", frozenset()))


def test_absent_is_there_and_nil():
    scope = Scope({"tasks.a.outputs.parameters.x": ABSENT})
    assert "tasks.a.outputs.parameters.x" in scope
    assert evaluate("tasks.a.outputs.parameters.x ?? 'D'", scope) == "D"


def scope_of(tasks: int) -> Scope:
    globals_ = Scope({"workflow.name": "w", "workflow.parameters.p": "v"})
    layer = globals_.child({"inputs.parameters.i": "x"})
    for number in range(tasks):
        layer.set(f"tasks.t{number}.status", "Succeeded")
        layer.set(f"tasks.t{number}.outputs.parameters.x", str(number))
    return layer.limited("tasks", {f"t{number}" for number in range(tasks)}).child({"item": "i"})


def calls_of(action: Callable[[], object]) -> int:
    """How many of our functions an action calls."""
    count = 0

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call" and "airflow_argo" in frame.f_code.co_filename

    sys.setprofile(profile)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


READS = [
    lambda scope: evaluate("tasks.t3.status == 'Succeeded' && item == workflow.name", scope),
    lambda scope: replace_strict('"{{tasks.t3.status}} {{= tasks.t5.outputs.parameters.x }} {{nope}}"', scope, ["tasks"]),
]


@pytest.mark.parametrize("read", READS)
def test_reading_costs_the_same_in_a_scope_of_any_size(read):
    small, large = scope_of(10), scope_of(10_000)
    for scope in (small, large):
        read(scope)  # parsed and expanded once
    assert calls_of(lambda: read(large)) == calls_of(lambda: read(small))

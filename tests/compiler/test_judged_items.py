"""Loops whose items are judged one by one, and loops over lists side by side: compiled, and run by the embedded engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.diagnostics import DefinitionError
from airflow_argo.model.conditions import NOT_RUN_TO_SUCCESS, SUCCESS_OR_SKIPPED, Every, Rule, Same, State
from airflow_argo.model.graph import ForLoop, Graph, Step
from airflow_argo.model.jobs import NoOp, PythonCall
from airflow_argo.model.values import Concatenated, Constant, Item, Output, SameItem, Type, Value, Zipped
from airflow_argo.model.workflow import Workflow
from airflow_argo.runners.local import LocalRunner
from airflow_argo.runners.tree import StepRun

NULL = Constant("null")
SUCCESS = frozenset({State.SUCCESS})
NUMBERS = Constant.of([1, 2, 3])


def call(source: str, **kwargs: Value) -> PythonCall:
    return PythonCall(image="python:3.12", source=source, function="f", kwargs=tuple(kwargs.items()), may_skip=False)


def loop(id: str, body: PythonCall | NoOp, over: Value, rule: Rule | None = None, after: tuple[str, ...] = ()) -> Step:
    made = ForLoop(Graph((Step(id, body),)), (("x", over),), reports=True, rule=rule)
    return Step(id, made, after, Rule())


def run(folder: Path, *steps: Step) -> dict[str, StepRun]:
    run = LocalRunner(folder=folder).run(Workflow(name="w", graph=Graph(steps)), on_progress=lambda _: None)
    return run.steps


def states(step: StepRun) -> list[str]:
    return [item.state for item in step.children]


ODD = "def f(x):\n    if x == 2: raise ValueError(x)\n    return x * 10"


def test_an_item_is_judged_by_the_item_of_its_index(tmp_path: Path) -> None:
    first = loop("first", call(ODD, x=Item("first", "x")), NUMBERS)
    strict = Rule(Same("first", SUCCESS_OR_SKIPPED), Same("first", SUCCESS))
    own = SameItem("strict", Output("first", "return_value", Type.JSON, NULL))
    ended = run(
        tmp_path,
        first,
        loop("strict", call("def f(x): return [x]", x=own), NUMBERS, strict, ("first",)),
        loop("caught", NoOp(), NUMBERS, Rule(wants=Same("first", NOT_RUN_TO_SUCCESS)), ("first",)),
    )
    assert states(ended["first"]) == ["success", "failed", "success"]
    assert states(ended["strict"]) == ["success", "upstream_failed", "success"]
    assert [item.value for item in ended["strict"].children] == [[10], None, [30]]
    assert states(ended["caught"]) == ["skipped", "success", "skipped"]


def test_an_item_is_judged_by_steps_outside_too(tmp_path: Path) -> None:
    before = Step("before", call("def f(): raise ValueError()"))
    rule = Rule(Every("before", SUCCESS_OR_SKIPPED))
    ended = run(tmp_path, before, loop("each", NoOp(), NUMBERS, rule, ("before",)))
    assert states(ended["each"]) == ["upstream_failed"] * 3


def test_no_items_are_no_instances(tmp_path: Path) -> None:
    source = Step("source", call("def f(): return []"))
    over = Output("source", "return_value", Type.JSON, NULL)
    ended = run(tmp_path, source, loop("each", NoOp(), over, Rule(), ("source",)))
    assert (ended["each"].state, ended["each"].children) == ("skipped", [])


def lists() -> tuple[Step, Step, Output, Output]:
    numbers, letters = Step("n", call("def f(): return [1, 2.0, 3]")), Step("l", call("def f(): return ['a', 'b']"))
    return numbers, letters, *(Output(id, "return_value", Type.JSON, NULL) for id in ("n", "l"))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("fill", "expected"),
    [(None, [(1, "a"), (2.0, "b")]), (Constant.of("?"), [(1, "a"), (2.0, "b"), (3, "?")])],
    ids=["shortest", "filled"],
)
def test_lists_side_by_side_are_tuples(tmp_path: Path, fill: Constant | None, expected: list[object]) -> None:
    one, other, n, letters = lists()
    body = call("def f(x): return [type(x).__name__, repr(x)]", x=Item("each", "x"))
    ended = run(tmp_path, one, other, loop("each", body, Zipped((n, letters), fill), after=("n", "l")))
    assert [item.value for item in ended["each"].children] == [["tuple", repr(pair)] for pair in expected]


def test_lists_one_behind_the_other(tmp_path: Path) -> None:
    one, other, n, letters = lists()
    body = call("def f(x): return x", x=Item("each", "x"))
    ended = run(tmp_path, one, other, loop("each", body, Concatenated((n, letters)), after=("n", "l")))
    assert [item.value for item in ended["each"].children] == [1, 2.0, 3, "a", "b"]


def test_such_lists_are_for_loops_only() -> None:
    one, other, n, letters = lists()
    reader = Step("reader", call("def f(x): return x", x=Zipped((n, letters))), ("n", "l"))
    with pytest.raises(DefinitionError, match="only be looped over"):
        compile_workflow(Workflow(name="w", graph=Graph((one, other, reader))))


def test_what_items_judge_must_be_before_the_loop() -> None:
    first = loop("first", NoOp(), NUMBERS)
    second = loop("second", NoOp(), NUMBERS, Rule(wants=Same("first", SUCCESS)))
    with pytest.raises(DefinitionError, match="isn't before it"):
        compile_workflow(Workflow(name="w", graph=Graph((first, second))))

"""Conditions: steps that run only if values or end states are so."""

from __future__ import annotations

import operator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_argo import DefinitionError, Workflow, WorkflowInput, WorkflowParam, else_, first_of, for_loop, when
from airflow_argo.dsl.params import Condition

from .jobs import gives, py, says, sh

COMPARISONS = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
VALUES = {int: [-1, 0, 9, 10], float: [-1.5, 0.0, 9.0, 10.25], str: ["", "9", "10", "ä b", "'"], bool: [True, False]}


def branches(conditions):
    """A step for each condition, which ends success or skipped."""
    made = []
    for number, condition in enumerate(conditions):

        def branch(number=number):
            return says(f"b{number}")

        branch.__name__ = f"b{number}"
        made.append(when(condition)(branch))
    return made


@pytest.mark.parametrize("type", [int, float, str])
def test_values_compare_as_what_they_are(go, type):
    values = VALUES[type]
    inputs = [WorkflowInput(f"v{n}", value, type=type) for n, value in enumerate(values)]
    cases = [(op, one, other) for op in COMPARISONS for one in range(len(values)) for other in range(len(values))]
    conditions = [COMPARISONS[op](inputs[one], values[other]) for op, one, other in cases]
    expected = ["success" if COMPARISONS[op](values[one], values[other]) else "skipped" for op, one, other in cases]
    states = go(*branches(conditions)).states
    assert [states[f"b{n}"] for n in range(len(cases))] == expected


def test_values_made_by_steps_compare_with_one_another(go):
    texts = {"i": "10", "f": "9.5", "t": "10", "b": "false", "j": '[1, {"a": 2.0}]'}
    types = {"i": int, "f": float, "t": str, "b": bool, "j": "json"}
    source = f"for name, text in {texts}.items(): open('/tmp/' + name, 'w').write(text)"
    make = py("make", source, outputs=[WorkflowParam(name, type=type) for name, type in types.items()])
    o = make.output
    truths = {
        "i>f": (o.i > o.f, True),
        "i==10.0": (o.i == 10.0, True),
        "t<9": (o.t < "9", True),
        "t==j": (o.j[0] == 1, True),
        "b": (o.b.is_true(), False),
        "~b": (~o.b, True),
        "b==False": (o.b == False, True),  # noqa: E712
        "j==": (o.j == [1, {"a": 2}], True),
        "j!=": (o.j != [1, {"a": 3}], True),
        "part": (o.j[1]["a"] >= 2, True),
        "none": (o.j[1]["zz"] == None, True),  # noqa: E711
        "not none": (o.j[1]["a"] != None, True),  # noqa: E711
        "in list": (o.t.in_(["9", "10"]), True),
        "in value": (o.i.in_(o.j), False),
        "and": ((o.i > 1) & (o.f < 1), False),
        "or": ((o.i < 1) | (o.f > 1) | o.b, True),
        "not": (~((o.i > 1) & o.b), True),
        "reflected": (o.i > 9, True),
    }
    states = go(make, *branches(condition for condition, _ in truths.values())).states
    found = {name: states[f"b{n}"] == "success" for n, name in enumerate(truths)}
    assert found == {name: truth for name, (_, truth) in truths.items()}


def conditions_over(leaves):
    """Trees of and, or and not over conditions, each with the function that judges it."""
    return st.recursive(
        st.sampled_from(leaves),
        lambda inner: st.one_of(
            st.tuples(st.just("and"), inner, inner), st.tuples(st.just("or"), inner, inner), st.tuples(st.just("not"), inner)
        ),
        max_leaves=6,
    )


@settings(max_examples=10, deadline=None)
@given(
    trees=st.lists(conditions_over(["p", "q", "r"]), min_size=8, max_size=8), p=st.booleans(), q=st.booleans(), r=st.booleans()
)
def test_and_or_and_not_mean_what_they_do_in_logic(tmp_path_factory, trees, p, q, r):
    from airflow_argo import LocalRunner

    truth = {"p": p, "q": q, "r": r}
    inputs = {name: WorkflowInput(name, value) for name, value in truth.items()}

    def condition(tree):
        match tree:
            case "and", a, b:
                return condition(a) & condition(b)
            case "or", a, b:
                return condition(a) | condition(b)
            case "not", a:
                return ~condition(a)
        return inputs[tree]

    def value(tree):
        match tree:
            case "and", a, b:
                return value(a) and value(b)
            case "or", a, b:
                return value(a) or value(b)
            case "not", a:
                return not value(a)
        return truth[tree]

    run = LocalRunner(folder=tmp_path_factory.mktemp("run")).run(
        Workflow("logic", branches(map(condition, trees))), on_progress=lambda _: None
    )
    assert [run.steps[f"b{n}"].state for n in range(len(trees))] == ["success" if value(tree) else "skipped" for tree in trees]


def test_else_is_the_other_branch(go):
    side = gives("side", "left")

    @when(side.output.out == "left")
    def left():
        return says("left")

    @else_(left)
    def right():
        return says("right")

    assert go(side, left, right).states == {"side": "success", "left": "success", "right": "skipped"}


@pytest.mark.parametrize(("text", "ran"), [("a", "one"), ("b", "two"), ("c", "three"), ("d", "rest")])
def test_several_cases_of_which_exactly_one_runs_and_a_join(go, text, ran):
    which = gives("which", text)
    names = ("one", "two", "three", "rest")

    @when(which.output.out == "a")
    def one():
        return gives("one", "1", "x")

    @one.else_when(which.output.out.in_(["a", "b"]))
    def two():
        return gives("two", "2", "x")

    @else_(two, when=which.output.out == "c")
    def three():
        return gives("three", "3", "x")

    @three.else_
    def rest():
        return gives("rest", "4", "x")

    join = says("join", first_of(one.output.x, two.output.x, three.output.x, rest.output.x))
    found = go(which, one, two, three, rest, join)
    assert [name for name in names if found.states[name] == "success"] == [ran]
    assert found.said("join") == [str(names.index(ran) + 1)]


def test_else_of_two_conditions_runs_if_either_is_false(go):
    a, b = WorkflowInput("a", True), WorkflowInput("b", False)

    @when(a)
    @when(b)
    def both():
        return says("both")

    @both.else_
    def other():
        return says("other")

    assert go(both, other).states == {"both": "skipped", "other": "success"}
    assert go(both, other, parameters={"b": "true"}).states == {"both": "success", "other": "skipped"}


@pytest.mark.parametrize(
    ("fails", "states"),
    [
        (True, {"cure": "success", "ok": "skipped", "either": "success"}),
        (False, {"cure": "skipped", "ok": "success", "either": "success"}),
    ],
)
def test_conditions_on_how_a_step_ended(go, fails, states):
    work = sh("work", f"exit {int(fails)}")

    @when(work.failed)
    def cure():
        return says("cure")

    @when(work.status == "succeeded")
    def ok():
        return says("ok")

    @when(work.status.in_(["failed", "success"]))
    def either():
        return says("either")

    assert go(work, cure, ok, either).states == {"work": "failed" if fails else "success"} | states


def test_a_step_after_several_can_ask_how_one_of_them_ended(go):
    bad, good = sh("bad", "exit 1"), gives("good", "x")

    @when(bad.failed & (good.output.out == "x"))
    def both():
        return says("both", good.output.out)

    @when(~bad.failed | good.skipped)
    def never():
        return says("never")

    assert go(bad, good, both, never).states == {"bad": "failed", "good": "success", "both": "success", "never": "skipped"}


def test_a_step_that_could_not_run_counts_as_failed(go):
    bad, blocked = sh("bad", "exit 1"), says("blocked")
    bad >> blocked

    @when(blocked.failed)
    def cure():
        return says("cure")

    @when(blocked.status == "omitted")
    def omitted():
        return says("omitted")

    states = go(bad, blocked, cure, omitted).states
    assert states == {"bad": "failed", "blocked": "upstream_failed", "cure": "success", "omitted": "success"}


def test_a_failure_that_was_taken_care_of_by_the_last_step_does_not_fail_the_run(go):
    bad = sh("bad", "exit 1")

    @when(bad.failed)
    def cure():
        return says("cure")

    assert go(bad, cure).phase == "Succeeded"


def test_a_condition_on_a_value_that_does_not_exist_skips_both_branches(go):
    no = WorkflowInput("no", False)

    @when(no)
    def maybe():
        return gives("maybe", "x", "y")

    @when(maybe.output.y == "x")
    def then():
        return says("then")

    @then.else_
    def otherwise():
        return says("otherwise")

    assert set(go(maybe, then, otherwise).states.values()) == {"skipped"}


def test_a_condition_of_the_items_of_a_loop(go):
    @for_loop([1, 2, 3])
    @when(lambda item: item >= 2)
    def each(item):
        return py("each", "open('/tmp/n', 'w').write(args[0])", item, outputs=[WorkflowParam("n", type=int)])

    ran = go(each, says("say", each.output.n))
    assert ran.said("say") == ["[2,3]"]


def test_a_condition_of_a_group(go):
    flag = gives("flag", "false", type=bool)

    @when(flag.output.out)
    def group():
        a = gives("a", "1", "x")
        return a, says("b", a.output.x)

    ran = go(flag, group, says("reader", group.output.x))
    assert ran.states == {"flag": "success", "group": "skipped", "reader": "skipped"}


@pytest.mark.parametrize("condition", [True, "x" == "x", 1, None, "a == b"])
def test_a_condition_that_python_knows_already_is_an_error(condition):
    with pytest.raises(DefinitionError, match=r"a condition can't be .* which Python knows already; compare an output"):
        when(condition)


def test_else_without_a_condition_is_an_error():
    with pytest.raises(DefinitionError, match="'a' has no condition that else_ could be the other branch of"):
        else_(says("a"))(lambda: says("b"))


def test_else_of_a_condition_inside_of_a_loop_is_an_error():
    @for_loop(3)
    @when(WorkflowInput("x", True).is_true())
    def inner(i):
        return says("inner")

    with pytest.raises(DefinitionError, match="above its loops"):
        inner.else_(lambda: says("b"))


def test_a_function_as_a_condition_needs_a_loop_around_it():
    @when(lambda item: item == 1)
    def alone():
        return says("alone")

    with pytest.raises(DefinitionError, match="the condition of 'alone' is a function, and there is no loop around it"):
        Workflow("w", [alone])


def test_the_status_of_a_step_inside_a_group_is_not_seen_from_outside():
    from airflow_argo import step

    inside = says("inside")

    @step
    def group():
        return inside, says("other")

    @when(inside.failed)
    def cure():
        return says("cure")

    with pytest.raises(
        DefinitionError, match="the status of 'inside' can be seen only inside of 'group'; test the status of 'group'"
    ):
        Workflow("w", [group, cure])


@given(op=st.sampled_from(list(COMPARISONS)), value=st.one_of(st.integers(), st.floats(allow_nan=False), st.text()))
def test_every_comparison_is_a_condition(op, value):
    made = COMPARISONS[op](WorkflowParam("x", type=type(value)), value)
    assert isinstance(made, Condition)
    assert isinstance(COMPARISONS[op](value, WorkflowParam("x", type=type(value))), Condition)

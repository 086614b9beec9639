"""Intermediate values: how they make dependencies, and what they are when they are read."""

from __future__ import annotations

import json

import pytest

from airflow_argo import DefinitionError, WorkflowInput, WorkflowParam, first_of, for_loop, step, when

from .jobs import gives, py, says

TYPED = {
    "int": (int, " 41\n", "41"),
    "float": (float, "2.50", "2.50"),
    "bool": (bool, "True", "true"),
    "text": (str, " a ", " a "),
}


def test_giving_an_output_as_an_input_makes_the_dependency(go):
    make = gives("make", "x")
    users = [
        says("in-args", make.output.out),
        says("in-text", f"<{make.output.out}>"),
        py("in-env", "print(os.environ['V'])", env={"V": make.output.out}),
        py("in-inputs", "print(os.environ['INPUT_OUT'])", inputs=[make.output.out]),
    ]
    ran = go(*users, make)
    assert ran.order()[0] == "make"
    assert (ran.said("in-args"), ran.said("in-text"), ran.lines("in-env"), ran.lines("in-inputs")) == (
        ["x"],
        ["<x>"],
        ["x"],
        ["x"],
    )


def test_a_condition_makes_the_dependency(go):
    make = gives("make", "x")

    @when(make.output.out == "x")
    def then():
        return says("then")

    assert go(then, make).order() == ["make", "then"]


def test_workflow_param_with_its_owner_is_the_reference(go):
    make = gives("make", "x")
    assert go(make, says("say", WorkflowParam("out", make))).said("say") == ["x"]


def test_outputs_may_be_read_by_index_where_their_name_is_no_identifier(go):
    make = py("make", "open('/tmp/a-b', 'w').write('x')", outputs=["a-b"])
    assert go(make, says("say", make.output["a-b"])).said("say") == ["x"]


@pytest.mark.parametrize("name", TYPED)
def test_a_value_is_what_its_type_says(go, name):
    type, text, read = TYPED[name]
    make = gives("make", text, type=type)
    assert go(make, says("say", make.output.out)).said("say") == [read]


def test_json_values_have_parts(go):
    make = gives("make", json.dumps({"a": [1, {"b": "c d"}], "n": None}), type="json")
    out = make.output.out
    assert go(make, says("say", out["a"][1]["b"], out["a"], out["n"], out["absent"])).said("say") == [
        "c d",
        '[1,{"b":"c d"}]',
        "null",
        "null",
    ]


def test_numbers_keep_their_text_on_the_way(go):
    make = gives("make", "12345678901234567890.10", type=float)
    assert go(make, says("say", make.output.out)).said("say") == ["12345678901234567890.10"]


def test_text_that_is_no_number_where_one_is_declared_is_an_error(go):
    make = gives("make", "many", type=int)
    ran = go(make, says("say", make.output.out))
    assert ran.phase in ("Failed", "Error")
    assert ran.states["say"] == "failed"


def test_edges_without_data(go):
    a, b, c, d, e = (says(name) for name in "abcde")
    a >> [b, c] >> d
    e.after(d, a)
    ran = go(e, d, c, b, a)
    assert ran.order()[0] == "a"
    assert ran.order()[-2:] == ["d", "e"]


@pytest.mark.parametrize(
    "edge",
    [
        lambda a, b: a >> b,
        lambda a, b: b << a,
        lambda a, b: [a] >> b,
        lambda a, b: b.after(a),
        lambda a, b: a >> [b],
        lambda a, b: [b] << a,
    ],
)
def test_every_way_to_say_an_edge(go, edge):
    a, b = says("a"), says("b")
    edge(a, b)
    assert go(b, a).order() == ["a", "b"]


def test_what_follows_a_failed_step_does_not_run(go):
    bad, after = py("bad", "sys.exit(1)"), says("after")
    bad >> after
    assert go(bad, after).states == {"bad": "failed", "after": "upstream_failed"}


def test_what_follows_a_skipped_step_runs_unless_it_reads_a_value_of_it(go):
    flag = gives("flag", "no")

    @when(flag.output.out == "yes")
    def maybe():
        return gives("maybe", "x", "y")

    after, reader = says("after"), says("reader", maybe.output.y)
    maybe >> after
    ran = go(flag, maybe, after, reader)
    assert ran.states == {"flag": "success", "maybe": "skipped", "after": "success", "reader": "skipped"}
    assert ran.phase == "Succeeded"


def test_a_default_stands_for_what_a_skipped_step_did_not_make(go):
    flag = gives("flag", "no")

    @when(flag.output.out == "yes")
    def maybe():
        return py("maybe", "", outputs=[WorkflowParam("y", default="instead")])

    assert go(flag, maybe, says("reader", maybe.output.y)).said("reader") == ["instead"]


def test_the_first_of_some_values_is_that_of_the_branch_that_ran(go):
    side = gives("side", "right")

    @when(side.output.out == "left")
    def left():
        return gives("left", "L", "x")

    @left.else_
    def right():
        return gives("right", "R", "x")

    ran = go(side, left, right, says("join", first_of(left.output.x, right.output.x)))
    assert ran.said("join") == ["R"]
    assert ran.states["left"] == "skipped"


def test_inputs_are_typed_by_their_defaults(go):
    n, flag, items = WorkflowInput("n", 3), WorkflowInput("flag", True), WorkflowInput("items", ["a"])

    @when((n > 2) & flag & (items[0] == "a"))
    def yes():
        return says("yes", n, flag, items)

    assert go(yes).said("yes") == ["3", "true", '["a"]']
    assert go(yes, parameters={"n": "2"}).states == {"yes": "skipped"}


def test_a_value_passes_through_groups_and_out_of_them(go):
    make = gives("make", "x")

    @step
    def group():
        a = py("a", "open('/tmp/p', 'w').write(args[0] + '1')", make.output.out, outputs=["p"])
        b = py("b", "open('/tmp/q', 'w').write(args[0] + '2')", a.output.p, outputs=["q"])
        return a, b

    ran = go(make, group, says("say", group.output.p, group.output.q))
    assert ran.said("say") == ["x1", "x12"]
    assert ran.states["group/b"] == "success"


def test_jobs_in_different_groups_may_have_one_name_and_one_output_name(go):
    def group(name):
        def made():
            return gives("same", name, "x"), says(f"{name}-other")

        made.__name__ = name
        return step(made)

    one, two = group("one"), group("two")
    assert go(one, two, says("say", one.output.x, two.output.x)).said("say") == ["one", "two"]


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda v: "if" if v else "else", "tested by Python; use @when(…) for a condition"),
        (lambda v: "if" if v == "x" else "else", "a condition is known only when the workflow runs"),
        (lambda v: not v, "tested by Python"),
        (lambda v: v == "x" and v == "y", "use @when(…), &, | and ~ for and, or and not"),
        (lambda v: "a" < v < "c", "and (0 < x) & (x < 5) for 0 < x < 5"),
        (lambda v: v in ["x"], "can't be tested by Python"),
        (lambda v: v in {"x"}, "looked up in a set or a dict by Python; use value.in_([…])"),
        (lambda v: "x" in v, "searched by Python"),
        (lambda v: {v: 1}, "looked up in a set or a dict"),
        (lambda v: (v == "x") == True, "a condition is no value, and can't be compared"),  # noqa: E712
        (lambda v: (v == "x") != (v == "y"), "a condition is no value"),
        (list, "looped over by Python; use @for_loop(…)"),
        (len, "measured by Python; let a step count it"),
        (int, "turned into an int; declare type=int where the output is declared"),
        (float, "turned into a float"),
        (range, "used as a number by Python; use @for_loop(…)"),
        (lambda v: v + "x", "calculated with; let a step calculate, or join text by an f-string"),
        (lambda v: "x" + v, "calculated with"),
        (lambda v: f"{v:>10}", "can't be formatted by '>10'"),
        (lambda v: v[0], "is text, which has no parts"),
        (lambda v: sorted([v, v]), "can't be tested by Python"),
        (lambda v: v == 1, "is text, and never equals the int 1; declare type=int"),
        (lambda v: v == object(), "can't be compared with <object"),
        (lambda v: ~v, "is text, not bool; compare it, or declare type=bool"),
    ],
)
def test_what_python_would_decide_now_is_an_error_that_says_what_to_write(use, message):
    with pytest.raises(DefinitionError) as error:
        use(gives("make", "x").output.out)
    assert message in str(error.value)
    assert f"{__file__}:" in str(error.value)


@pytest.mark.parametrize(
    ("compare", "message"),
    [
        (lambda s: s.output == "x", "the outputs of step 'make' can't be compared; name one of them"),
        (lambda s: s == "x", "step 'make' is no value, and can't be compared"),
        (lambda s: s != "x", "step 'make' is no value"),
        (lambda s: s.status == "succeded", "'succeded' is no state of a step; use one of: success, succeeded"),
        (lambda s: bool(s.status), "a status is known only when the workflow runs"),
    ],
)
def test_a_comparison_is_never_silently_pythons_own(compare, message):
    with pytest.raises(DefinitionError) as error:
        compare(gives("make", "x"))
    assert message in str(error.value)


def test_a_value_of_a_loop_is_a_list_for_those_outside(go):
    @for_loop(3)
    def each(i):
        return py("each", "open('/tmp/n', 'w').write(str(int(args[0]) * 10))", i, outputs=[WorkflowParam("n", type=int)])

    assert go(each, says("say", each.output.n, each.output.n[1])).said("say") == ["[0,10,20]", "10"]

"""For-loops: over what, with what inside, and what others see of them."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from airflow_argo import DefinitionError, Workflow, WorkflowInput, WorkflowParam, for_loop, step, when

from .jobs import gives, py, says, sh

HOSTILE = ["{{workflow.name}}", "{{=1+1}}", "$(HOME)", "$$", "'\"\\", "é\nx"]
ECHO = "print(json.dumps(args)); open('/tmp/out', 'w').write(args[0])"


def echo(*values, name="echo"):
    return py(name, ECHO, *values, outputs=["out"])


@pytest.mark.parametrize(
    ("items", "seen"),
    [
        (3, ["0", "1", "2"]),
        (1, ["0"]),
        (0, []),
        ([], []),
        (["a", "b c"], ["a", "b c"]),
        (["one"], ["one"]),
        ([1, 2.5, True, None, "x", [1], {"a": 1}], ["1", "2.5", "true", "null", "x", "[1]", '{"a":1}']),
        ([1.0, 2], ["1.0", "2"]),
        ([True, False], ["true", "false"]),
        (("a", "b"), ["a", "b"]),
        (range(5, 8), ["5", "6", "7"]),
        ({"a": 1, "b": 2}, ['["a",1]', '["b",2]']),
        (
            ["{{workflow.name}}", "{{=1+1}}", "$(HOME)", "$$", "'\"\\", "é\nx"],
            ["{{workflow.name}}", "{{=1+1}}", "$(HOME)", "$$", "'\"\\", "é\nx"],
        ),
        (["", " "], ["", " "]),
    ],
    ids=repr,
)
def test_a_loop_over_what_is_known_now(go, items, seen):
    @for_loop(items)
    def each(item):
        return echo(item)

    ran = go(each, says("say", each.output.out))
    assert json.loads(ran.said("say")[0]) == seen
    assert ran.phase == "Succeeded"


@pytest.mark.parametrize(
    ("items", "seen"),
    [
        ("3", ["0", "1", "2"]),
        ('["a", 1, {"b": [true]}]', ["a", "1", '{"b":[true]}']),
        ("[]", []),
        ("0", []),
        (r'["{{=1+1}}", "\"quoted\"", "3", "é\nx", ""]', ["{{=1+1}}", '"quoted"', "3", "é\nx", ""]),
    ],
)
def test_a_loop_over_a_list_or_number_that_a_step_made(go, items, seen):
    make = gives("make", items, type=int if items.isdigit() else "json")

    @for_loop(make.output.out)
    def each(item):
        return echo(item)

    ran = go(each, make, says("say", each.output.out))
    assert json.loads(ran.said("say")[0]) == seen
    assert ran.order()[0] == "make"


def test_a_loop_over_a_workflow_input(go):
    names = WorkflowInput("names", ["a", "b"])

    @for_loop(names)
    def each(name):
        return echo(name)

    work = Workflow("w", [each, says("say", each.output.out)])
    assert go(work).said("say") == ['["a","b"]']
    assert go(work, parameters={"names": '["c"]'}).said("say") == ['["c"]']


def test_a_loop_over_the_outputs_of_another_loop(go):
    @for_loop(["a", "b"])
    def first(item):
        return py("first", "open('/tmp/n', 'w').write(args[0] * 2)", item, outputs=["n"])

    @for_loop(first.output.n)
    def second(item):
        return says("second", item)

    ran = go(second, first)
    assert sorted(line.text for line in ran.run.logs()) == ['["aa"]', '["bb"]']


def test_an_item_has_parts_and_compares_as_what_it_is(go):
    @for_loop([{"n": 1, "to": ["x"]}, {"n": 2, "to": ["y", "z"]}])
    def each(item):
        return says("each", item["n"], item["to"][0], f"{item['n']}!")

    assert sorted(line.text for line in go(each).run.logs()) == ['["1", "x", "1!"]', '["2", "y", "2!"]']


def test_outputs_are_in_the_order_of_the_items_whoever_ends_first(go):
    @for_loop(4)
    def each(i):
        return py(
            "each",
            "import time; time.sleep(0.4 - 0.1 * int(args[0])); open('/tmp/out', 'w').write(args[0])",
            i,
            outputs=["out"],
        )

    assert go(each, says("say", each.output.out)).said("say") == ['["0","1","2","3"]']


def test_outputs_keep_their_types(go):
    @for_loop(2)
    def each(i):
        return py(
            "each",
            "for name, text in zip('nfbj', ['7', '1.50', 'True', '{\"a\": [1]}']): open('/tmp/' + name, 'w').write(text)",
            outputs=[WorkflowParam(n, type=t) for n, t in (("n", int), ("f", float), ("b", bool), ("j", "json"))],
        )

    o = each.output
    said = go(each, says("say", o.n, o.f, o.b, o.j)).said("say")
    assert said[:3] == ["[7,7]", "[1.50,1.50]", "[true,true]"]
    assert json.loads(said[3]) == [{"a": [1]}, {"a": [1]}]


def test_a_list_without_edges_is_a_sequence(go):
    @for_loop(2)
    def each(i):
        return [says("first", i), says("second", i), says("third", i)]

    ran = go(each)
    for item in ("each/[0]", "each/[1]"):
        assert [name for name in ran.states if name.startswith(f"{item}/")] == [
            f"{item}/{n}" for n in ("first", "second", "third")
        ]
    order = ran.order()
    assert order.index("third") > order.index("second") > order.index("first")


def test_the_steps_of_a_sequence_stop_at_the_first_that_fails(go):
    @for_loop(1)
    def each(i):
        return [sh("first", "exit 1"), says("second")]

    assert go(each).states == {
        "each": "failed",
        "each/[0]": "failed",
        "each/[0]/first": "failed",
        "each/[0]/second": "upstream_failed",
    }


def test_a_group_with_edges_of_its_own(go):
    @for_loop(["x"])
    def each(item):
        top, left, right, bottom = (says(name, item) for name in ("top", "left", "right", "bottom"))
        top >> [left, right] >> bottom
        return [bottom, left, right, top]

    order = go(each).order()
    assert (order[0], set(order[1:3]), order[3]) == ("top", {"left", "right"}, "bottom")


def test_values_from_outside_and_between_the_steps_inside(go):
    make = gives("make", "m")

    @for_loop(["a", "b"])
    def each(item):
        one = py("one", "open('/tmp/p', 'w').write('+'.join(args))", item, make.output.out, outputs=["p"])
        two = py("two", "open('/tmp/q', 'w').write(os.environ['INPUT_P'] + '!')", inputs=[one.output.p], outputs=["q"])
        return [one, two]

    assert go(make, each, says("say", each.output.q)).said("say") == ['["a+m!","b+m!"]']


def test_nested_loops_by_two_decorators_give_every_combination(go):
    @for_loop(["a", "b"])
    @for_loop(2)
    def cell(row, column):
        return py("cell", "open('/tmp/c', 'w').write(''.join(args))", row, column, outputs=["c"])

    assert go(cell, says("say", cell.output.c)).said("say") == ['[["a0","a1"],["b0","b1"]]']


def test_nested_loops_by_a_function_in_a_function_may_read_the_outer_item(go):
    @for_loop([["a", "b"], ["c"]])
    def outer(group):
        head = py("head", "open('/tmp/h', 'w').write('h')", outputs=["h"])

        @for_loop(group)
        def inner(item):
            return py("leaf", "open('/tmp/c', 'w').write(' '.join(args))", item, group[0], head.output.h, outputs=["c"])

        return head, inner

    made = '[["a a h","b a h"],["c c h"]]'
    assert go(outer, says("say", outer.output.c)).said("say") == [made]


def test_three_levels_of_loops(go):
    @for_loop(2)
    @for_loop(2)
    @for_loop(2)
    def cell(i, j, k):
        return py("cell", "open('/tmp/c', 'w').write(''.join(args))", i, j, k, outputs=["c"])

    made = [[["000", "001"], ["010", "011"]], [["100", "101"], ["110", "111"]]]
    assert json.loads(go(cell, says("say", cell.output.c)).said("say")[0]) == made


def test_parallelism_of_a_loop(go):
    @for_loop(3, parallelism=1)
    def each(i):
        source = "import time; begin = time.time(); time.sleep(0.2); print(json.dumps([begin, time.time()]))"
        return py("each", source)

    ran = go(each)
    times = sorted(json.loads(line.text) for line in ran.run.logs())
    assert len(times) == 3
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(times))


def test_a_loop_fails_if_an_item_does_and_the_others_still_run(go):
    @for_loop(3)
    def each(i):
        return sh("each", 'test "$1" != 1', i)

    after = says("after")
    after.after(each)
    assert go(each, after).states == {
        "each": "failed",
        "each/[0]": "success",
        "each/[1]": "failed",
        "each/[2]": "success",
        "after": "upstream_failed",
    }


def test_what_follows_a_loop_over_nothing_runs_and_sees_no_outputs(go):
    make = gives("make", "[]", type="json")

    @for_loop(make.output.out)
    def each(item):
        return echo(item)

    after = says("after", each.output.out)
    assert go(make, each, after).said("after") == ["[]"]


def test_a_value_that_is_no_list_at_run_time_fails_the_loop_with_the_reason(go):
    make = gives("make", '{"a": 1}', type="json")

    @for_loop(make.output.out)
    def each(item):
        return echo(item)

    ran = go(make, each)
    assert ran.phase in ("Failed", "Error")
    assert ran.states["each"] == "failed"


def test_a_condition_around_a_loop_skips_it_as_a_whole(go):
    make = gives("make", "no")

    @when(make.output.out == "yes")
    @for_loop(2)
    def each(i):
        return echo(i)

    ran = go(make, each, says("reader", each.output.out))
    assert ran.states["each"] == "skipped"
    assert ran.phase == "Succeeded"


def test_retry_and_timeout_belong_to_each_item(go):
    @for_loop(2)
    def each(i):
        return sh("each", 'test "$1" = 0', i, retry=1)

    states = go(each).states
    assert states["each/[1]"] == "failed"
    assert [name for name in states if "try" in name]


def test_a_function_need_not_take_the_item(go):
    @for_loop(2)
    def each():
        return says("each")

    assert go(each).phase == "Succeeded"


def test_steps_in_loops_may_have_the_name_of_their_loop(go):
    @for_loop(2)
    def work(i):
        @step
        def work():
            return [says("work-a", i), says("work-b", i)]

        return work

    assert go(work).phase == "Succeeded"


def test_a_loop_over_a_list_of_values_of_the_run(go):
    make = gives("make", "m")

    @for_loop([make.output.out, "known"])
    def each(item):
        return echo(item)

    assert go(make, each, says("say", each.output.out)).said("say") == ['["m","known"]']


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ("abc", "a loop over 'abc'; use a number, a list, or a value of the run"),
        (2.5, "a loop over 2.5"),
        (True, "a loop over True"),
        (None, "a loop over None"),
        (-1, "a loop over -1; use 0 or more"),
        ([object()], "is no JSON value"),
    ],
)
def test_a_loop_over_no_list_is_an_error(items, message):
    with pytest.raises(DefinitionError) as error:
        Workflow("w", [for_loop(items)(lambda item: says("each", item))])
    assert message in str(error.value)
    assert f"{__file__}:" in str(error.value)


def test_a_loop_over_a_text_output_says_how_to_declare_it():
    with pytest.raises(
        DefinitionError,
        match="output 'out' of step 'make' is text, and a loop needs a list or a number; declare it with type=\"json\"",
    ):
        for_loop(gives("make", "[]").output.out)


def test_an_item_is_not_known_outside_of_its_loop():
    leaked = []

    @for_loop(2)
    def each(item):
        leaked.append(item)
        return says("each", item)

    assert each.body
    with pytest.raises(DefinitionError, match="the item of loop 'each' exists only inside of the loop; pass on an output"):
        Workflow("w", [each, says("thief", leaked[0])])

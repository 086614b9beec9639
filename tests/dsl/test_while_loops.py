"""While-loops: what is carried, when they end, and what others see of them."""

from __future__ import annotations

import pytest

from airflow_argo import DefinitionError, Workflow, WorkflowInput, WorkflowParam, first_of, for_loop, when, while_loop
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.model import conditions, graph, jobs, values, workflow

from .jobs import gives, py, says, sh

N = WorkflowParam("n", type=int)


def count(name, *args, **more):
    """Writes its first argument plus one."""
    return py(name, "open('/tmp/n', 'w').write(str(int(args[0]) + 1))", *args, outputs=[N], **more)


def iterations(ran, loop):
    return [name for name in ran.states if name.startswith(f"{loop}/iteration-") and name.count("/") == 1]


def test_state_is_carried_and_others_see_the_last_iteration_only(go):
    @while_loop(lambda last: last.n < 3)
    def climb(n=0):
        return count("climb", n)

    ran = go(climb, says("after", climb.output.n))
    assert ran.said("after") == ["3"]
    assert len(iterations(ran, "climb")) == 3


@pytest.mark.parametrize(
    "condition",
    [
        lambda job: N < 2,
        lambda job: job.output.n < 2,
        lambda job: lambda last: last.n < 2,
        lambda job: ~(N >= 2),
        lambda job: (N < 2) & (N != 7),
    ],
)
def test_the_condition_reads_outputs_of_the_last_iteration(go, condition):
    job = sh("work", "echo $(( $1 + 1 )) > /tmp/n", WorkflowInput("begin", 0), outputs=[N])

    @while_loop(condition(job), max_iterations=2)
    def loop():
        return job

    ran = go(loop)
    assert ran.states["loop"] == "failed"  # its output is 1 each time, so that the maximum ends it
    assert len(iterations(ran, "loop")) == 2


def test_several_values_of_several_types_are_carried(go):
    source = """
n, word, flag, seen = int(args[0]), args[1], args[2], json.loads(args[3])
for name, text in {'n': n + 1, 'word': word + '{{=1}}$$', 'flag': flag == 'false', 'seen': json.dumps(seen + [word])}.items():
    open('/tmp/' + name, 'w').write(str(text))
"""

    @while_loop(lambda last: (last.n < 3) | last.flag, initial={"word": "w"})
    def loop(word, n=0, flag=False, seen=[]):  # noqa: B006 - nobody changes it
        outputs = [N, WorkflowParam("word"), WorkflowParam("flag", type=bool), WorkflowParam("seen", type="json")]
        return py("loop", source, n, word, flag, seen, outputs=outputs)

    o = loop.output
    ran = go(loop, says("after", o.n, o.word, o.flag, o.seen))
    tail = "{{=1}}$$"
    assert ran.said("after")[:3] == ["4", "w" + tail * 4, "false"]
    import json

    assert json.loads(ran.said("after")[3]) == ["w" + tail * n for n in range(4)]


def test_a_value_that_no_iteration_makes_stays_as_it_was(go):
    @while_loop(lambda last: last.n < 2)
    def loop(n=0, step="s"):
        return py("loop", "print(args[1]); open('/tmp/n', 'w').write(str(int(args[0]) + 1))", n, step, outputs=[N])

    assert [line.text for line in go(loop).run.logs()] == ["s", "s"]


def test_the_first_iteration_gets_values_of_the_run(go):
    make = gives("make", "5", "begin", type=int)

    @while_loop(lambda last: last.n < 7, initial={"n": make.output.begin})
    def loop(n):
        return count("loop", n)

    assert go(make, loop, says("after", loop.output.n)).said("after") == ["7"]


def test_the_condition_is_tested_before_the_first_iteration_if_it_can_be(go):
    @while_loop(N < 0, initial={"n": 3})
    def never(n):
        return count("never", n)

    ran = go(never, says("after", never.output.n))
    assert ran.said("after") == ["3"]
    assert iterations(ran, "never") == []


def test_without_a_value_to_test_the_first_iteration_runs(go):
    @while_loop(N < 0)
    def once():
        return count("once", 4)

    ran = go(once, says("after", once.output.n))
    assert ran.said("after") == ["5"]
    assert len(iterations(ran, "once")) == 1


def test_the_condition_may_read_values_from_outside(go):
    limit, make = WorkflowInput("limit", 3), gives("make", "5", type=int)

    @while_loop(lambda last: (last.n < limit) & (last.n < make.output.out))
    def loop(n=0):
        return count("loop", n)

    work = Workflow("w", [loop, make, says("after", loop.output.n)])
    assert go(work).said("after") == ["3"]
    assert go(work, parameters={"limit": "9"}).said("after") == ["5"]


def test_a_sequence_inside(go):
    @while_loop(lambda last: last.total < 6)
    def loop(total=0):
        add_two, sums = "open('/tmp/sum', 'w').write(str(int(args[0]) + 2))", WorkflowParam("sum", type=int)
        add = py("add", add_two, total, outputs=[sums])
        copy, totals = "open('/tmp/total', 'w').write(args[0])", WorkflowParam("total", type=int)
        note = py("note", copy, add.output.sum, outputs=[totals])
        return [add, note, says("last", note.output.total)]

    ran = go(loop, says("after", loop.output.total, loop.output.sum))
    assert ran.said("after") == ["6", "6"]
    assert len(iterations(ran, "loop")) == 3


def test_a_for_loop_inside_a_while_loop_and_the_other_way_round(go):
    @while_loop(lambda last: last.n < 2)
    def outer(n=0):
        @for_loop(["a", "b"])
        def inner(item):
            return py("leaf", "open('/tmp/x', 'w').write(args[0] + args[1])", item, n, outputs=["x"])

        return [inner, count("next", n)]

    ran = go(outer, says("after", outer.output.x))
    assert ran.said("after") == ['["a1","b1"]']

    @for_loop([1, 2])
    @while_loop(lambda last: last.n < 3)
    def loop(i, n=0):
        return py("leaf", "open('/tmp/n', 'w').write(str(int(args[0]) + int(args[1])))", n, i, outputs=[N])

    assert go(loop, says("after", loop.output.n)).said("after") == ["[3,4]"]


def test_a_while_loop_inside_a_while_loop(go):
    @while_loop(lambda last: last.n < 2)
    def outer(n=0):
        @while_loop(lambda last: last.m < 2)
        def inner(m=0):
            return py(
                "leaf",
                "print(args); open('/tmp/m', 'w').write(str(int(args[0]) + 1))",
                m,
                n,
                outputs=[WorkflowParam("m", type=int)],
            )

        return [inner, count("next", n)]

    assert sorted(line.text for line in go(outer).run.logs()) == ["['0', '0']", "['0', '1']", "['1', '0']", "['1', '1']"]


def test_a_condition_around_a_while_loop_and_inside(go):
    flag = WorkflowInput("flag", False)

    @when(flag)
    @while_loop(lambda last: last.n < 2)
    def loop(n=0):
        return count("loop", n)

    assert go(loop).states == {"loop": "skipped"}
    assert go(loop, says("after", loop.output.n), parameters={"flag": "true"}).said("after") == ["2"]

    @while_loop(lambda last: last.n < 3)
    def choosing(n=0):
        @when(n == 1)
        def special():
            return gives("special", "10", "n", type=int)

        @special.else_
        def plain():
            return count("plain", n)

        return (
            special,
            plain,
            py("join", "open('/tmp/n', 'w').write(args[0])", first_of(special.output.n, plain.output.n), outputs=[N]),
        )

    assert go(choosing, says("after", choosing.output.n)).said("after") == ["10"]


def test_dependents_wait_for_the_loop_as_a_whole(go):
    @while_loop(lambda last: last.n < 3)
    def loop(n=0):
        return count("loop", n)

    after = says("after")
    loop >> after
    assert go(loop, after).order() == ["loop", "loop", "loop", "after"]


def test_at_the_maximum_the_loop_fails_and_says_so(go):
    @while_loop(N > 0, max_iterations=3)
    def forever():
        return count("forever", 5)

    @when(forever.failed)
    def cure():
        return says("cure")

    ran = go(forever, cure)
    assert ran.states["forever"] == "failed"
    assert ran.states["cure"] == "success"
    assert any(
        "forever has not ended after 3 iterations" in (node.get("message") or "")
        for node in ran.run.raw_status()["nodes"].values()
    )


def test_a_loop_that_ends_at_its_maximum_exactly_is_fine(go):
    @while_loop(lambda last: last.n < 3, max_iterations=3)
    def loop(n=0):
        return count("loop", n)

    assert go(loop).phase == "Succeeded"


def test_a_failing_iteration_fails_the_loop(go):
    @while_loop(lambda last: last.n < 9)
    def loop(n=0):
        return py("loop", "sys.exit(1) if args[0] == '1' else open('/tmp/n', 'w').write('1')", n, outputs=[N])

    ran = go(loop, says("after", loop.output.n))
    assert ran.states["loop"] == "failed"
    assert ran.states["after"] == "upstream_failed"
    assert len(iterations(ran, "loop")) == 2


def test_more_iterations_than_fit_one_level(go):
    @while_loop(lambda last: last.n < 45)
    def loop(n=0):
        return sh("loop", "echo $(( $1 + 1 )) > /tmp/n", n, outputs=[N])

    ran = go(loop, says("after", loop.output.n))
    assert ran.said("after") == ["45"]
    assert len(iterations(ran, "loop")) == 45


def endless(limit):
    """A loop without pods that only its maximum ends."""
    body = graph.Graph((graph.Step("nothing", jobs.NoOp()),), (("n", values.Carried("loop", "n", values.Type.INT)),))
    test = conditions.Compare(values.Carried("loop", "n", values.Type.INT), "==", values.Constant.of(3))
    loop = graph.WhileLoop(body, test, (("n", values.Constant.of(3)),), limit)
    return compile_workflow(workflow.Workflow(name="endless", graph=graph.Graph((graph.Step("loop", loop),)))).manifest()


@pytest.mark.slow
def test_more_than_a_thousand_iterations(tmp_path):
    from airflow_argo import LocalRunner

    run = LocalRunner(folder=tmp_path).run(endless(1100), on_progress=lambda _: None)
    nodes = run.raw_status()["nodes"].values()
    assert sum(node["displayName"] == "nothing" for node in nodes) == 1100
    assert any("loop has not ended after 1100 iterations" in node.get("message", "") for node in nodes)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: while_loop(True), "a while-loop's condition can't be True, which Python knows already"),
        (lambda: while_loop(None), "a while-loop's condition can't be None"),
        (lambda: while_loop(N < 1, max_iterations=0), "max_iterations is 0; use 1 or more"),
        (lambda: while_loop(N < 1, max_iterations=True), "max_iterations is True"),
    ],
)
def test_mistakes_in_the_decorator(make, message):
    with pytest.raises(DefinitionError) as error:
        make()
    assert message in str(error.value)
    assert f"{__file__}:" in str(error.value)


def test_a_condition_on_what_no_iteration_makes():
    @while_loop(lambda last: last.missing < 3)
    def loop():
        return count("loop", 1)

    with pytest.raises(DefinitionError, match="step 'loop' has no output 'missing'; use one of: n"):
        Workflow("w", [loop])


def test_a_condition_on_a_status():
    job = count("inner", 1)

    @while_loop(job.failed)
    def loop():
        return job

    with pytest.raises(
        DefinitionError, match="the condition of loop 'loop' tests a status; test an output of the last iteration"
    ):
        Workflow("w", [loop])


def test_too_many_iterations_for_argo():
    @while_loop(N < 1, max_iterations=1_000_000)
    def loop():
        return count("loop", 1)

    with pytest.raises(DefinitionError, match="loop 'loop' allows 1000000 iterations; allow 1 to"):
        compile_workflow(Workflow("w", [loop]).to_model())

"""Decorators: scripts, plain steps, and in which orders they combine."""

from __future__ import annotations

import itertools

import pytest

from airflow_argo import (
    ContainerJob,
    DefinitionError,
    Run_with,
    Workflow,
    WorkflowInput,
    WorkflowParam,
    for_loop,
    run_with,
    step,
    when,
    while_loop,
)
from airflow_argo.compiler.objects import compile_workflow

from .jobs import IMAGE, gives, says


def test_run_with_runs_the_script_that_the_function_returns(go):
    @run_with(image=IMAGE)
    def hello():
        return """
        set -eu
        words=(a b)  # bash
        echo "${words[1]} $((1 + 1)) {{workflow.name}} $$" | sed "s/$$/pid/"
        """

    assert go(hello).lines("hello") == ["b 2 {{workflow.name}} pid"]


def test_run_with_as_the_first_design_wrote_it(go):
    @Run_with(image=IMAGE)
    def hello():
        return "echo hello"

    assert go(hello).lines("hello") == ["hello"]


def test_a_value_in_a_script_is_data_and_never_code(go):
    text = "'; echo hacked; \" $(echo hacked) `echo hacked` {{=1+1}} $HOME \\"
    make = gives("make", text)

    @run_with(image=IMAGE)
    def show():
        return f'printf "%s\\n" "{make.output.out}"'

    assert go(make, show).lines("show") == [text]


def test_run_with_takes_what_a_script_job_takes(go):
    make = gives("make", "v")

    @run_with(
        image=IMAGE, shell="sh -e", env={"A": "1"}, inputs=[make.output.out], outputs=[WorkflowParam("n", type=int)], retry=1
    )
    def work():
        return 'test "$A" = 1; test "$INPUT_OUT" = v; echo 5 > /tmp/n'

    assert go(make, work, says("say", work.output.n)).said("say") == ["5"]


def test_the_standard_output_of_a_script_is_its_result(go):
    @run_with(image=IMAGE)
    def date():
        return "echo today"

    assert go(date, says("say", date.output.result)).said("say") == ["today"]


def nothing():
    return []


ALL = {
    "for": lambda: for_loop([1, 2]),
    "when": lambda: when(WorkflowInput("go", True).is_true()),
    "run": lambda: run_with(image=IMAGE),
    "step": lambda: step,
}


@pytest.mark.parametrize("order", list(itertools.permutations(ALL)), ids="-".join)
def test_decorators_combine_in_any_order_that_means_something(go, order):
    def work(item):
        return f"echo item {item}"

    for name in reversed(order):
        work = ALL[name]()(work)
    ran = go(work)
    assert sorted(line.text for line in ran.run.logs()) == ["item 1", "item 2"]
    skipped = go(work, parameters={"go": "false"})
    assert skipped.phase == "Succeeded"
    assert list(skipped.run.logs()) == []


def test_a_condition_above_a_loop_is_judged_once_and_below_for_each_item(go):
    @when(WorkflowInput("go", False))
    @for_loop(2)
    def above(i):
        return says("above", i)

    @for_loop(2)
    @when(WorkflowInput("go", False))
    def below(i):
        return says("below", i)

    ran = go(above, below)
    assert ran.states["above"] == "skipped"
    nodes = [node for node in ran.run.raw_status()["nodes"].values() if node["type"] == "Skipped"]
    assert [node["displayName"] for node in nodes if node["name"].count("each")] == ["below", "below"]
    assert list(ran.run.logs()) == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: run_with()(lambda: "x"), "run_with has no image; say @run_with(image=…)"),
        (lambda: run_with(lambda: "x"), "run_with has no image"),
        (lambda: run_with(IMAGE)(run_with(IMAGE)(lambda: "x")), "has run_with twice; leave one away"),
        (
            lambda: step(says("a")),
            "@step stands above job 'a', which is no function; put it above a function that returns a job",
        ),
        (lambda: for_loop(3)(says("a")), "@for_loop stands above job 'a'"),
        (lambda: when(WorkflowInput("x", True))(5), "@when stands above 5, which is no function"),
        (lambda: for_loop(3, parallelism=0), "parallelism is 0; use 1 or more"),
        (lambda: Workflow("w", [run_with(IMAGE)(lambda: says("a"))]), "is run by @run_with, and returns a ContainerJob"),
        (lambda: Workflow("w", [lambda: "echo x"]), "returns a text; add @run_with(image=…)"),
        (lambda: Workflow("w", [lambda: None]), "returns nothing; return a job, or a list of jobs"),
        (lambda: Workflow("w", [nothing]), "returns no job"),
        (lambda: Workflow("w", [lambda: 5]), "5 is no step; use a job, a function that returns one, or a list of them"),
        (lambda: Workflow("w", [lambda: gives("a", "x").output.out]), "is a value, not a step; pass it to a step as an input"),
        (lambda: Workflow("w", [ContainerJob]), "is no step"),
    ],
)
def test_an_order_or_use_that_means_nothing_is_an_error(make, message):
    with pytest.raises(DefinitionError) as error:
        make()
    assert message in str(error.value).replace('"', "")
    assert f"{__file__}:" in str(error.value)


def test_a_decorator_after_the_outputs_were_used_comes_too_late():
    @step
    def work():
        return gives("work", "x")

    assert work.output.out is not None
    with pytest.raises(DefinitionError, match="@for_loop comes too late: outputs of step 'work' were used already"):
        for_loop(2)(work)


def test_a_step_is_still_callable():
    @step
    def work(name):
        return name * 2

    assert work("ab") == "abab"


def test_while_and_for_on_one_function_get_their_arguments_in_order(go):
    @for_loop(["a", "b"])
    @while_loop(lambda last: last.word != "aaa")
    def work(item, word="aaa"):
        return gives("work", "aaa", "word")

    assert go(work, says("say", work.output.word)).said("say") == ['["aaa","aaa"]']


def test_a_group_function_is_called_once():
    calls = []

    @step
    def work():
        calls.append(1)
        return gives("work", "x")

    assert work.output.out is not None
    compile_workflow(Workflow("w", [work, says("say", work.output.out)]).to_model())
    assert calls == [1]

"""Mistakes of authors: each is said when the workflow is defined, with the step, the place and the cure."""

from __future__ import annotations

from datetime import timedelta

import pytest

from airflow_argo import (
    ContainerJob,
    DefinitionError,
    ResourceJob,
    Retry,
    ScriptJob,
    Workflow,
    WorkflowInput,
    WorkflowParam,
    first_of,
    for_loop,
    run_with,
    step,
    when,
    while_loop,
)
from airflow_argo.compiler.objects import compile_workflow

IMAGE = "any"


def says(name, *args, **more):
    return ContainerJob(name, IMAGE, "echo", args, **more)


def gives(name, text, output="out", type=str):
    return ContainerJob(name, IMAGE, ["echo", text], outputs=[WorkflowParam(output, type=type)])


def cycle():
    a, b, c = says("a"), says("b"), says("c")
    a >> b >> c >> a
    return [a, b, c]


def cycle_through_a_group():
    a = gives("a", "x", "p")

    @step
    def group():
        return says("inside", a.output.p), says("other")

    a.after(group)
    return [a, group]


def itself():
    a = says("a")
    a.after(a)
    return [a]


def loop_over_itself():
    @step
    def make():
        return gives("make", "[1]", type="json")

    @for_loop(make.output.out)
    def each(i):
        return says("each", i)

    make.body[0].after(each)
    return [make, each]


def not_in_the_workflow():
    return [says("reader", gives("stranger", "x").output.out)]


def unknown_output_of_a_group():
    @step
    def group():
        return gives("a", "x", "p"), gives("b", "x", "q")

    return [group, says("say", group.output.r)]


def in_two_groups():
    shared = says("shared")
    return [step(lambda: [shared, says("x")]), step(lambda: [shared, says("y")])]


def shadowed():
    outer = gives("work", "x")

    @step
    def group():
        return says("work", outer.output.out), says("other")

    return [group, outer]


def same_function_name():
    def make(n):
        def work():
            return says(f"job-{n}"), says(f"other-{n}")

        return work

    return [make(1), make(2)]


STEPS = {
    "name clash": (lambda: [says("a"), says("a")], "two steps are named 'a'; give each step a name of its own"),
    "name clash of groups": (same_function_name, "two steps are named 'work'"),
    "name clash with a step around": (shadowed, "two steps are named 'work'"),
    "cycle": (cycle, "steps wait for one another: "),
    "cycle through a group": (cycle_through_a_group, "steps wait for one another: "),
    "cycle through a loop": (loop_over_itself, "steps wait for one another: "),
    "waits for itself": (itself, "step 'a' waits for itself: it needs a; leave that away"),
    "step left out": (
        not_in_the_workflow,
        "step 'stranger' is used, and isn't part of the workflow; add 'stranger' to the steps",
    ),
    "unknown output of a group": (unknown_output_of_a_group, "step 'group' has no output 'r'; use one of: p, q, result"),
    "in two groups": (in_two_groups, "step 'shared' is part of"),
    "value of no step": (
        lambda: [says("say", WorkflowParam("x"))],
        "value 'x' belongs to no step; use step.output.x, or declare an input",
    ),
    "no steps": (list, "workflow 'w' has no steps; say steps=[…]"),
    "a value as a step": (lambda: [WorkflowInput("x")], "workflow input 'x' is a value, not a step"),
    "a text as a step": (lambda: ["a"], "'a' is no step"),
    "no image": (lambda: [ContainerJob("a", command="true")], "step 'a': it has no image; say image=\"…\""),
    "no command": (
        lambda: [ContainerJob("a", IMAGE)],
        "step 'a': it has no command; say command=\"…\": Argo does not look it up",
    ),
    "no source": (lambda: [ScriptJob("a", IMAGE)], "step 'a': it has no source"),
    "value in another language": (
        lambda: [ScriptJob("a", IMAGE, f"print({WorkflowInput('x')})", "python3")],
        "step 'a': its source has a value of the run in it, which only a shell script can; pass the value by env=",
    ),
    "unclosed quote": (lambda: [ContainerJob("a", IMAGE, "echo 'x")], "command \"echo 'x\" can't be split into words"),
    "object as a word": (
        lambda: [ContainerJob("a", IMAGE, ["echo", {}])],
        "command has {} in it; use texts, numbers and values",
    ),
    "inputs without names": (lambda: [says("a", inputs=["x"])], "step 'a': input 'x' has no name; use a dict of name → value"),
    "outputs is a text": (lambda: [says("a", outputs="x")], "step 'a': outputs is 'x'; use a list"),
    "output twice": (lambda: [says("a", outputs=["x", "x"])], "step 'a': two outputs are named 'x'"),
    "output is no name": (
        lambda: [says("a", outputs=["a b"])],
        "'a b' can't be the name of a value; use letters, digits, - and _",
    ),
    "env name": (lambda: [says("a", env={"A B": "x"})], "step 'a': 'A B' can't be the name of a variable"),
    "env is a list": (lambda: [says("a", env=["A=x"])], "step 'a': env is ['A=x']; use a dict"),
    "relative file": (
        lambda: [says("a", files={"x.txt": ""})],
        "step 'a': 'x.txt' can't be the path of a file; use an absolute path",
    ),
    "unit of timeout": (
        lambda: [says("a", timeout="5m")],
        "timeout of step 'a' is '5m'; use a number of seconds or a timedelta",
    ),
    "timeout of nothing": (
        lambda: [says("a", timeout=0)],
        "timeout of step 'a' is 0 seconds; use a whole number of seconds, 1 or more",
    ),
    "timeout too fine": (lambda: [says("a", timeout=timedelta(milliseconds=500))], "timeout of step 'a' is 0.5 seconds"),
    "retry": (lambda: [says("a", retry=-1)], "retry limit -1 is no number of tries; use 0 or more"),
    "retry is a text": (lambda: [says("a", retry="3")], "step 'a': retry is '3'; use a number of tries or a Retry"),
    "retry backoff": (lambda: [says("a", retry=Retry(1, backoff="1m"))], "retry backoff is '1m'"),
    "retry factor": (lambda: [says("a", retry=Retry(1, 1, factor=1.5))], "retry factor 1.5 is no whole number of 1 or more"),
    "retry on": (
        lambda: [says("a", retry=Retry(1, on="always"))],
        'retry on \'always\' is unknown; use "failure", "error" or "any"',
    ),
    "action": (
        lambda: [ResourceJob("a", {"kind": "X"}, "make")],
        "step 'a': action 'make' is unknown; use one of: get, create",
    ),
    "no manifest": (lambda: [ResourceJob("a")], "step 'a': it has no manifest; say manifest={…}"),
    "not YAML": (lambda: [ResourceJob("a", "a: [")], "step 'a': its manifest is no YAML"),
    "no object": (lambda: [ResourceJob("a", "just text")], "step 'a': its manifest is no Kubernetes object"),
    "path of a resource output": (
        lambda: [ResourceJob("a", {"kind": "X"}, outputs=["n"])],
        "step 'a': output 'n' has no path into the object",
    ),
    "value in a name": (lambda: [says(f"a-{WorkflowInput('x')}")], "the name of a step has a value of the run in it"),
    "value in a label": (
        lambda: [says("a", labels={"x": f"{WorkflowInput('x')}"})],
        "step 'a': its labels has a value of the run in it",
    ),
    "value in a condition of a resource": (
        lambda: [ResourceJob("a", {"kind": "X"}, success_condition=f"a == {WorkflowInput('x')}")],
        "step 'a': its success_condition has a value of the run in it",
    ),
    "empty name": (lambda: [says("")], "'' can't be the name of a step"),
    "type": (lambda: [says("a", outputs=[WorkflowParam("x", type=set)])], "<class 'set'> is no type of values; use str, int"),
    "default that is no JSON": (lambda: [says("a", outputs=[WorkflowParam("x", default=object())])], "is no JSON value"),
    "default of another type": (
        lambda: [says("a", outputs=[WorkflowParam("x", type=int, default="abc")])],
        "the default of value 'x', 'abc', is no int; give an int, or another type",
    ),
    "more parameters than loops": (
        lambda: [for_loop([1])(lambda item, other: says("a", item, other))],
        "step '<lambda>' can't be called: missing a required argument: 'other'",
    ),
    "nothing to begin a while-loop with": (
        lambda: [while_loop(lambda last: last.x > 1)(lambda x: gives("a", "1", "x", int))],
        "step '<lambda>' can't be called: missing a required argument: 'x'",
    ),
    "a condition that no iteration changes": (
        lambda: [while_loop(lambda last: last.x > 1)(lambda x=5: says("a", x))],
        "the condition of loop '<lambda>' reads x, which no iteration changes; let a job of the loop have an output",
    ),
    "first of nothing": (lambda: [says("a", first_of())], "first_of() has no values"),
    "no image for a script": (lambda: [run_with()(lambda: "x")], "run_with has no image"),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_mistake_names_the_step_and_the_cure_at_the_authors_line(name):
    make, message = STEPS[name]
    with pytest.raises(DefinitionError) as error:
        Workflow("w", make())
    assert message in str(error.value)
    assert __file__ in str(error.value)
    assert error.value.cure
    assert error.value.at.line


OPTIONS = {
    "name": ({"name": ""}, "'' can't be the name of a workflow"),
    "steps": ({"steps": says("a")}, "steps is no list; say steps=[…]"),
    "parallelism": ({"parallelism": 0}, "parallelism is 0; use 1 or more"),
    "timeout": ({"timeout": "1h"}, "timeout of workflow 'w' is '1h'; use a number of seconds or a timedelta"),
    "inputs": ({"inputs": ["x"]}, "'x' is no input; use WorkflowInput(name, default)"),
    "outputs": (
        {"outputs": {"x": gives("stranger", "x").output.out}},
        "step 'stranger' is used, and isn't part of the workflow",
    ),
    "on_exit": ({"on_exit": 5}, "5 is no step"),
    "schedule": ({"schedule": ["@daily", "every day"]}, "'every day' is no schedule: it has 2 fields, not 5; write minute"),
    "timezone": ({"schedule": "0 3 * * *", "timezone": "Mars/X"}, "there is no time zone 'Mars/X'; write one such as"),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_mistake_in_the_workflow_itself(name):
    options, message = OPTIONS[name]
    with pytest.raises(DefinitionError) as error:
        Workflow(**{"name": "w", "steps": [says("a")], **options})
    assert message in str(error.value)
    assert __file__ in str(error.value)


def test_an_unknown_output_says_which_there_are():
    with pytest.raises(DefinitionError) as error:
        gives("make", "x").output.outt  # noqa: B018 - the mistake
    assert "step 'make' has no output 'outt'; use one of: out, result; or declare it in outputs=" in str(error.value)


def test_an_exit_step_cannot_read_what_steps_make():
    make = gives("make", "x")
    with pytest.raises(DefinitionError) as error:
        compile_workflow(Workflow("w", [make], on_exit=lambda: says("bye", make.output.out)).to_model())
    assert "make" in str(error.value)


def test_the_line_of_a_mistake_is_the_authors():
    with pytest.raises(DefinitionError) as error:
        ContainerJob("a", IMAGE, "true", timeout="soon")
    line = test_the_line_of_a_mistake_is_the_authors.__code__.co_firstlineno + 2
    assert str(error.value).startswith(f"{__file__}:{line}: ")


def test_a_mistake_in_a_function_is_at_its_line():
    @for_loop(2)
    @when(lambda i: i == "x")
    def each(i):
        return says("each", i)

    with pytest.raises(
        DefinitionError, match="the item of loop 'each' is int, and never equals the text 'x'; compare it with a int"
    ):
        Workflow("w", [each])


def test_a_while_loop_without_a_condition():
    with pytest.raises(DefinitionError, match=r"a while-loop's condition can't be None"):
        while_loop()

"""A graph that is over Argo's limits is cut into parts, and every step ends as it would in one piece."""

from __future__ import annotations

from dataclasses import replace
from unittest import mock

import pytest
from accepted import accept
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_argo.argo.limits import MAX_DAG_TASKS
from airflow_argo.compiler import graphs, joins, parts
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.local import Engine, JumpingClock, load
from airflow_argo.model.conditions import (
    FALSE,
    NOT_RUN_TO_SUCCESS,
    SUCCESS_OR_SKIPPED,
    TRUE,
    AllOf,
    AnyOf,
    Compare,
    Every,
    Rule,
    Some,
    State,
    all_of,
    any_of,
)
from airflow_argo.model.graph import Graph, Step
from airflow_argo.model.jobs import Container, NoOp
from airflow_argo.model.values import Constant, Input, Type
from airflow_argo.model.workflow import InputSpec, Workflow
from airflow_argo.runners.tree import steps_of

BROKEN = Compare(Input("many", Type.INT), "==", Constant.of(1))
INPUTS = (InputSpec("many", Type.INT, Constant.of("very many")),)
SUCCESS, SKIPPED = frozenset({State.SUCCESS}), frozenset({State.SKIPPED})

RULES = {
    "none": lambda before: None,
    "all_done": lambda before: Rule(),
    "all_success": lambda before: Rule(
        all_of(Every(x, SUCCESS_OR_SKIPPED) for x in before), all_of(Every(x, SUCCESS) for x in before)
    ),
    "one_failed": lambda before: Rule(TRUE, any_of([Some(x, NOT_RUN_TO_SUCCESS) for x in before])),
    "one_success": lambda before: Rule(
        any_of([any_of([Some(x, SUCCESS) for x in before]), all_of(Every(x, SKIPPED) for x in before)]),
        any_of([Some(x, SUCCESS) for x in before]),
    ),
}


def expected(steps):
    """The end states by the model's own words: no Argo in it."""
    ends = {}
    for step in steps:
        before = {one: ends[one] for one in step.after}
        rule = step.rule
        if rule is None:
            needs, wants = all(end in SUCCESS_OR_SKIPPED for end in before.values()), True
        else:
            needs, wants = holds(rule.needs, before), holds(rule.wants, before)
        if not needs:
            ends[step.id] = State.UPSTREAM_FAILED
        elif not wants or step.when == FALSE:
            ends[step.id] = State.SKIPPED
        else:
            ends[step.id] = State.FAILED if step.when == BROKEN else State.SUCCESS
    return {step: end.value for step, end in ends.items()}


def holds(condition, ends):
    match condition:
        case Every(step=step, states=states) | Some(step=step, states=states):
            return ends[step] in states
        case AllOf(of=inner):
            return all(holds(part, ends) for part in inner)
        case AnyOf(of=inner):
            return any(holds(part, ends) for part in inner)


def broken(step):
    """A step that fails without a pod: its condition can't be evaluated."""
    return replace(step, when=BROKEN)


@st.composite
def cases(draw, most, reach):
    """Steps with rules over earlier ones, some of which fail or are skipped, and steps that judge all of them."""
    count = draw(st.integers(most // 2, most))
    kinds = st.sampled_from([None, None, None, None, FALSE, BROKEN])
    steps = []
    for number in range(count):
        first = max(0, number - reach)
        before = tuple(sorted(draw(st.sets(st.integers(first, number - 1), max_size=3)))) if number else ()
        after = tuple(f"t{one}" for one in before)
        rule = RULES[draw(st.sampled_from(list(RULES)))](after) if after else None
        steps.append(Step(f"t{number}", NoOp(), after, rule, draw(kinds)))
    everything = tuple(step.id for step in steps)
    steps += [Step(f"big-{name}", NoOp(), everything, rule(everything)) for name, rule in RULES.items() if name != "none"]
    return tuple(steps)


def ends_of(steps):
    manifest = accept(compile_workflow(Workflow(name="parts", graph=Graph(steps), inputs=INPUTS)).manifest())
    status = Engine(load([manifest]), clock=JumpingClock()).run()
    return {step.id: step.state for step in steps_of(manifest, status)}, status["phase"], manifest


def test_the_kinds_of_steps_end_as_the_oracle_says():
    steps = (broken(Step("fails", NoOp())), Step("works", NoOp()), Step("skipped", NoOp(), when=FALSE))
    assert ends_of(steps)[0] == expected(steps) == {"fails": "failed", "works": "success", "skipped": "skipped"}


@settings(max_examples=8, deadline=None)
@given(steps=cases(most=30, reach=8))
def test_every_step_ends_the_same_cut_or_not(steps):
    """With a small limit, so that few tasks make many parts."""
    whole, phase, _ = ends_of(steps)
    assert whole == expected(steps)
    with (
        mock.patch.object(parts, "MAX_DAG_TASKS", 30),
        mock.patch.object(joins, "MAX_JUDGED", 6),
        mock.patch.object(graphs, "MAX_DAG_TASKS", 15),
    ):
        cut, phase_when_cut, manifest = ends_of(steps)
    assert len(steps) < 30 or any("-part-" in one["name"] for one in manifest["spec"]["templates"])
    assert cut == whole
    assert phase_when_cut == phase


@settings(max_examples=2, deadline=None)
@given(steps=cases(most=450, reach=30))
def test_every_step_of_a_large_graph_ends_as_it_should(steps):
    ends, _, manifest = ends_of(steps)
    assert ends == expected(steps)
    assert all(len(one.get("dag", {}).get("tasks", ())) <= MAX_DAG_TASKS for one in manifest["spec"]["templates"])


def test_values_pass_from_part_to_part(tmp_path):
    from airflow_argo import ContainerJob, LocalRunner, WorkflowParam, when
    from airflow_argo import Workflow as Flow

    hostile = "{{=1+1}} $$ '\" \\"
    write = ["sh", "-c", 'printf %s "$1" > /tmp/text; echo 5 > /tmp/n', "sh"]
    first = ContainerJob("first", "image", write, [hostile], outputs=["text", WorkflowParam("n", type=int)])
    fillers = [first]
    for number in range(30):
        last = fillers[-1]

        @when(first.output.n == 5)
        def filler():
            return ContainerJob(f"f{number}", "image", "true")  # noqa: B023 - called at once

        filler.name = f"f{number}"
        assert filler.body
        fillers.append(filler.after(last))
    same = ["sh", "-c", 'test "$1" = "$2"', "sh"]
    check = ContainerJob("check", "image", same, [first.output.text, hostile]).after(fillers[-1])
    with mock.patch.object(parts, "MAX_DAG_TASKS", 12):
        manifest = compile_workflow(Flow("w", [*fillers, check], outputs=[first.output.text]).to_model()).manifest()
    run = LocalRunner(folder=tmp_path).run(manifest, on_progress=lambda _: None)
    assert {step.state for step in run.tree} == {"success"}
    assert run.outputs == {"text": hostile}


@pytest.mark.parametrize("count", [MAX_DAG_TASKS - 1, MAX_DAG_TASKS, MAX_DAG_TASKS + 1])
def test_parts_are_made_only_where_they_are_needed(count):
    steps = tuple(Step(f"t{number}", NoOp(), (f"t{number - 1}",) if number else ()) for number in range(count))
    ends, phase, manifest = ends_of(steps)
    assert phase == "Succeeded"
    assert set(ends.values()) == {"success"}
    is_cut = any("-part-" in one["name"] for one in manifest["spec"]["templates"])
    assert is_cut == (count + 1 > MAX_DAG_TASKS)  # with the verdict


def test_more_kinds_of_jobs_than_argo_has_templates():
    steps = tuple(Step(f"t{n}", Container(image=f"image:{n}", command=("run", str(n)))) for n in range(500))
    manifest = accept(compile_workflow(Workflow(name="kinds", graph=Graph(steps))).manifest())
    assert len(manifest["spec"]["templates"]) <= 200


def test_a_chain_of_ten_thousand_is_within_the_limits():
    steps = tuple(Step(f"t{number}", NoOp(), (f"t{number - 1}",) if number else ()) for number in range(10_000))
    manifest = compile_workflow(Workflow(name="chain", graph=Graph(steps))).manifest()
    templates = manifest["spec"]["templates"]
    assert len(templates) <= 200
    assert all(len(one.get("dag", {}).get("tasks", ())) <= MAX_DAG_TASKS for one in templates)
    assert sum(task["template"] == "noop" for one in templates for task in one.get("dag", {}).get("tasks", ())) >= 10_000

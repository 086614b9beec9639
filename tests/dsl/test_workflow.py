"""A workflow: its steps, and what makes one run differ from another."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from airflow_argo import (
    Workflow,
    WorkflowInput,
    WorkflowParam,
    run,
    step,
)
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.diagnostics import InputError

from .jobs import gives, py, says, sh


def manifest_of(workflow):
    return compile_workflow(workflow.to_model()).manifest()


def test_steps_are_functions_decorated_or_not_and_jobs_and_lists_of_them(go):
    @step
    def decorated():
        return says("decorated", 1)

    def bare():
        return says("bare", 2)

    ran = go([decorated, [bare]], says("job", 3), (says("in-a-tuple", 4),))
    assert ran.phase == "Succeeded"
    assert ran.states == {"decorated": "success", "bare": "success", "job": "success", "in-a-tuple": "success"}
    assert ran.said("bare") == ["2"]


def test_the_order_of_steps_means_nothing(go):
    first = gives("first", "x")
    assert go(says("second", first.output.out), first).said("second") == ["x"]


def test_a_step_may_use_a_bare_function_as_a_step(go):
    def late():
        return says("late")

    early = says("early")
    early >> late
    assert go(late, early).order() == ["early", "late"]


def test_inputs_have_defaults_and_are_given_when_the_workflow_is_submitted(go):
    day, count = WorkflowInput("day", "monday"), WorkflowInput("count", 2)
    work = Workflow("inputs", [says("say", day, count, f"{day}-{count}")], inputs=[day, count])
    assert go(work).said("say") == ["monday", "2", "monday-2"]
    assert go(work, parameters={"day": "friday"}).said("say") == ["friday", "2", "friday-2"]


def test_inputs_may_be_a_dict_and_are_found_by_their_name(go):
    ran = go(says("say", WorkflowParam("day")), inputs={"day": "monday", "unused": [1]})
    assert ran.said("say") == ["monday"]


def test_an_input_without_default_must_be_given(go):
    needs = Workflow("needs", [says("say", WorkflowInput("day"))])
    with pytest.raises(Exception, match="day"):
        go(needs)
    assert go(needs, parameters={"day": "sunday"}).said("say") == ["sunday"]


@pytest.mark.parametrize(("default", "given"), [(3, "many"), (2.5, "1,5"), ([1], "[1"), (3, "2.5")])
def test_what_is_given_has_the_type_of_the_input(go, default, given):
    with pytest.raises(InputError, match="input 'n' is n"):
        go(says("say", WorkflowInput("n", default)), parameters={"n": given})


def test_inputs_that_steps_use_need_no_mention():
    spec = manifest_of(Workflow("w", [says("say", WorkflowInput("n", 3))]))["spec"]
    assert spec["arguments"]["parameters"] == [{"name": "n", "value": "3"}]


def test_outputs_are_the_values_of_the_run(go):
    make = py(
        "make",
        "open('/tmp/text','w').write('{{workflow.name}}'); open('/tmp/list','w').write('[1, 2]')",
        outputs=[WorkflowParam("text"), WorkflowParam("list", type="json")],
    )
    ran = go(make, outputs={"words": make.output.text, "numbers": make.output.list})
    assert ran.outputs == {"words": "{{workflow.name}}", "numbers": [1, 2]}
    assert go(make, outputs=[make.output.list]).outputs == {"list": [1, 2]}


def test_an_output_of_a_step_that_was_skipped_is_empty(go):
    from airflow_argo import when

    flag = gives("flag", "false", type=bool)

    @when(flag.output.out.is_true())
    def maybe():
        return gives("maybe", "x", "y")

    ran = go(flag, maybe, outputs=[maybe.output.y])
    assert ran.phase == "Succeeded"
    assert ran.outputs == {"y": ""}


def test_the_on_exit_step_runs_however_the_run_ended_and_is_told(go):
    def bye():
        return says("bye", run.status, f"{run.name}!")

    good = go(says("ok"), on_exit=bye)
    assert good.said("bye") == ["Succeeded", f"{good.run.name}!"]
    bad = go(sh("bad", "exit 3"), on_exit=bye)
    assert bad.phase == "Failed"
    assert bad.said("bye")[0] == "Failed"


def test_parallelism_limits_the_pods_of_the_run(go):
    source = "import time; begin = time.time(); time.sleep(0.2); print(json.dumps([begin, time.time()]))"
    ran = go(*(py(f"s{n}", source) for n in range(3)), parallelism=1)
    times = sorted(ran.said(f"s{n}") for n in range(3))
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(times))


def test_timeout_ends_the_run(go):
    ran = go(sh("long", "sleep 60"), timeout=timedelta(seconds=1))
    assert ran.phase == "Failed"
    assert ran.states == {"long": "failed"}


def test_what_kubernetes_is_told_of_the_workflow():
    made = manifest_of(
        Workflow(
            "My flow",
            [says("a")],
            timeout=90,
            parallelism=4,
            labels={"team": "x"},
            annotations={"note": "y z"},
            namespace="prod",
            service_account="robot",
            description="What it is for",
        )
    )
    meta, spec = made["metadata"], made["spec"]
    assert meta["generateName"] == "my-flow-"
    assert meta["labels"]["team"] == "x"
    assert meta["annotations"]["note"] == "y z"
    assert meta["annotations"]["workflows.argoproj.io/description"] == "What it is for"
    assert meta["namespace"] == "prod"
    assert (spec["serviceAccountName"], spec["activeDeadlineSeconds"], spec["parallelism"]) == ("robot", 90, 4)


def test_a_schedule_makes_a_cron_workflow():
    flow = Workflow("daily", [says("a")], schedule=["0 1 * * *", "30 2 * * 6"], timezone="Europe/Paris")
    cron = compile_workflow(flow.to_model()).cron()
    assert cron["kind"] == "CronWorkflow"
    assert cron["spec"]["schedules"] == ["0 1 * * *", "30 2 * * 6"]
    assert cron["spec"]["timezone"] == "Europe/Paris"


def test_the_same_function_can_be_in_two_workflows(go):
    @step
    def shared():
        return says("shared")

    assert go(Workflow("one", [shared])).phase == go(Workflow("two", [shared, says("more")])).phase == "Succeeded"


def test_the_sketch_of_the_first_design_works_as_it_was_written(capfd):
    import runpy
    from pathlib import Path

    from airflow_argo import LocalRunner

    game = runpy.run_path(str(Path(__file__).parents[2] / "dags" / "game_dsl.py"))
    result = LocalRunner().run(Workflow(name="game", steps=[game["flip"], game["play"], game["print_date"]]))
    assert result.status == "Succeeded"
    assert {"flip", "play", "print-date"} <= {step.replace("_", "-") for step in result.steps}

"""What manifests look like: the same each time, in linear time, with one template for jobs that are alike."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from accepted import accept

from airflow_argo import (
    ContainerJob,
    ScriptJob,
    Workflow,
    WorkflowInput,
    WorkflowParam,
    for_loop,
    step,
    to_manifest,
    to_yaml,
    when,
    while_loop,
)
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.model import graph, jobs, workflow

from .hostile import hostile_workflow


def chain(count):
    made = [ContainerJob(f"t{number}", "image", "echo", [number, "x"]) for number in range(count)]
    for earlier, later in pairwise(made):
        later.after(earlier)
    return Workflow("chain", made).to_model()


def seconds(what, times=3):
    """The best of some runs, in processor time."""
    best = float("inf")
    for _ in range(times):
        begin = time.process_time()
        what()
        best = min(best, time.process_time() - begin)
    return best


def test_compiling_takes_linear_time():
    """The figures are those of benchmarks/compile.py on a machine that does nothing else: 0.02 and 0.15 ms a task."""
    small, large = chain(1000), chain(10_000)
    few, many = seconds(lambda: compile_workflow(small)), seconds(lambda: compile_workflow(large))
    assert many < 25 * few
    assert many / 10_000 < 4 * 0.00002


def test_defining_takes_linear_time():
    few, many = seconds(lambda: chain(300)), seconds(lambda: chain(3000))
    assert many < 25 * few


def test_a_step_after_thousands_takes_linear_time():
    def fan(count):
        made = [ContainerJob(f"t{number}", "image", "echo", [number]) for number in range(count)]
        last = ContainerJob("last", "image", "echo").after(*made)
        return Workflow("fan", [*made, last]).to_model()

    small, large = fan(300), fan(3000)
    assert seconds(lambda: compile_workflow(large)) < 30 * seconds(lambda: compile_workflow(small))


PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
from compiler.hostile import hostile_workflow
from airflow_argo import to_yaml
import hashlib
print(hashlib.sha256(to_yaml(hostile_workflow()).encode()).hexdigest())
"""


def test_the_same_workflow_gives_the_same_bytes_in_every_process():
    program = PROGRAM.format(tests=str(Path(__file__).parents[1]))
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("0", "1", "12345")
    }
    assert found == {hashlib.sha256(to_yaml(hostile_workflow()).encode()).hexdigest()}


def test_the_yaml_is_the_manifest():
    import yaml

    made = to_manifest(hostile_workflow())
    assert yaml.safe_load(to_yaml(hostile_workflow())) == made


def templates_of(*steps):
    return {one["name"]: one for one in accept(to_manifest(Workflow("w", list(steps))))["spec"]["templates"]}


def test_jobs_that_are_alike_share_a_template():
    templates = templates_of(*(ContainerJob(f"t{number}", "image", "echo", ["same"]) for number in range(50)))
    assert [name for name, one in templates.items() if "container" in one] == ["t0"]
    assert "inputs" not in templates["t0"]


def test_jobs_that_differ_in_arguments_only_share_a_template_with_parameters():
    templates = templates_of(*(ContainerJob(f"t{number}", "image", "echo", ["same", number]) for number in range(50)))
    (shared,) = [one for one in templates.values() if "container" in one]
    assert shared["container"]["args"] == ["same", "{{= inputs.parameters['arg-1'] }}"]
    values = [
        task["arguments"]["parameters"] for task in templates["main"]["dag"]["tasks"] if task["template"] == shared["name"]
    ]
    assert values == [[{"name": "arg-1", "value": str(number)}] for number in range(50)]


def test_jobs_that_differ_in_more_have_templates_of_their_own():
    templates = templates_of(
        ContainerJob("a", "image", "echo"),
        ContainerJob("b", "image", "echo", retry=1),
        ContainerJob("c", "other", "echo"),
        ContainerJob("d", "image", "echo", resources={"limits": {"cpu": "1"}}),
        ScriptJob("e", "image", "echo"),
    )
    assert {name for name, one in templates.items() if one.keys() & {"container", "script"}} == {"a", "b", "c", "d", "e"}


def test_a_workflow_of_every_kind_of_job_costs_one_pod_a_job_and_none_for_the_rest(tmp_path):
    from airflow_argo import LocalRunner

    flag = WorkflowInput("flag", True)
    make = ContainerJob("make", "image", ["sh", "-c", "echo 2 > /tmp/n"], outputs=[WorkflowParam("n", type=int)])

    @for_loop(make.output.n)
    def each(item):
        return [ContainerJob("a", "image", "echo", [item]), ContainerJob("b", "image", "echo", [item])]

    @when(flag)
    def yes():
        return ContainerJob("yes", "image", "true")

    @yes.else_
    def no():
        return ContainerJob("no", "image", "true")

    @while_loop(lambda last: last.i < 2)
    def loop(i=0):
        script = ["sh", "-c", "echo $(( $1 + 1 )) > /tmp/i", "sh"]
        return ContainerJob("loop", "image", script, [i], outputs=[WorkflowParam("i", type=int)])

    @step
    def group():
        return ContainerJob("c", "image", "true"), ContainerJob("d", "image", "true")

    run = LocalRunner(folder=tmp_path).run(Workflow("w", [make, each, yes, no, loop, group]), on_progress=lambda _: None)
    assert run.status == "Succeeded"
    pods = [node for node in run.raw_status()["nodes"].values() if node["type"] == "Pod"]
    assert sorted(node["displayName"] for node in pods) == ["a", "a", "b", "b", "c", "d", "loop", "loop", "make", "yes"]


def test_every_group_with_dependents_is_retried_zero_times_so_that_none_is_lost():
    """Argo attaches what follows a group to the last nodes in it, of which there may be none: golden/hangs."""

    @for_loop(2)
    def each(item):
        return ContainerJob("a", "image", "echo", [item])

    @step
    def group():
        return ContainerJob("c", "image", "true"), ContainerJob("d", "image", "true")

    @while_loop(WorkflowParam("x") == "y")
    def loop():
        return ContainerJob("loop", "image", "true", outputs=["x"])

    last = ContainerJob("last", "image", "true").after(each, group, loop)
    templates = templates_of(each, group, loop, last)
    called = {task["template"] for task in templates["main"]["dag"]["tasks"]}
    groups = [templates[name] for name in called if templates[name].keys() & {"dag", "steps"}]
    assert len(groups) == 4  # and the verdict's
    assert all(one["retryStrategy"] == {"limit": "0"} for one in groups)


def test_the_phase_of_the_run_is_decided_by_one_verdict_task():
    made = templates_of(ContainerJob("a", "image", "true"), ContainerJob("b", "image", "true"))["main"]["dag"]
    assert made["failFast"] is False
    waited = " ".join(task.get("depends", "") for task in made["tasks"])
    assert [task["name"] for task in made["tasks"] if task["name"] not in waited] == ["verdict"]


@pytest.mark.parametrize("kind", ["Workflow", "WorkflowTemplate", "CronWorkflow"])
def test_an_api_server_takes_every_kind(kind):
    flow = Workflow("kinds", [ContainerJob("a", "image", "true")], schedule="0 * * * *", parallelism=2, timeout=60)
    assert accept(to_manifest(flow, kind=kind))["kind"] == kind


def test_no_schedule_no_cron_workflow():
    from airflow_argo import DefinitionError

    with pytest.raises(DefinitionError, match="workflow 'w' has no schedule; make a Workflow or a WorkflowTemplate of it"):
        to_manifest(Workflow("w", [ContainerJob("a", "image", "true")]), kind="CronWorkflow")


@pytest.mark.cluster
@pytest.mark.parametrize("count", [199, 200, 201, 1000])
def test_an_api_server_takes_workflows_around_argos_limits(count):
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no API server with Argo's CRDs")
    kinds = (jobs.Container(image=f"image:{n}", command=("true",), timeout_seconds=n + 1) for n in range(count // 10))
    steps = tuple(graph.Step(f"t{n}", kind) for n, kind in enumerate(kinds))
    steps += tuple(graph.Step(f"n{n}", jobs.NoOp(), (f"n{n - 1}",) if n else ()) for n in range(count))
    accept(compile_workflow(workflow.Workflow(name="limits", graph=graph.Graph(steps))).manifest())

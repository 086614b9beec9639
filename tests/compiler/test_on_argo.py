"""The same workflows on a real controller: what the embedded engine says of them is true there."""

from __future__ import annotations

import os

import pytest

from airflow_argo import (
    ArgoRunner,
    ContainerJob,
    LocalRunner,
    ResourceJob,
    Workflow,
    WorkflowInput,
    WorkflowParam,
    first_of,
    for_loop,
    run,
    when,
    while_loop,
)
from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.model import conditions, graph, jobs, values, workflow

from .hostile import IMAGE, TEXTS

pytestmark = [pytest.mark.cluster, pytest.mark.controller]


@pytest.fixture
def on_argo():
    """Runs a workflow on the controller, and deletes it when the test is over."""
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("KUBECONFIG names no cluster with Argo")
    runs = []

    def go(source, timeout=300):
        made = ArgoRunner(namespace=os.environ.get("ARGO_NAMESPACE", "argo")).run(source, wait=False)
        runs.append(made)
        return made.wait(timeout=timeout)

    yield go
    for made in runs:
        made.delete()


def states(made):
    return {step.id: step.state for step in made.tree}


def everything():
    """A loop, a while-loop, branches, a failure with a cure, values, an exit step."""
    script = "echo '[1, 2]' > /tmp/list; echo left > /tmp/side"
    outputs = [WorkflowParam("list", type="json"), "side"]
    make = ContainerJob("make", IMAGE, ["sh", "-c", script], outputs=outputs)
    integer = {name: WorkflowParam(name, type=int) for name in "in"}

    @for_loop(make.output.list)
    def each(item):
        twice = ["sh", "-c", "echo $(( $1 * 2 )) > /tmp/n", "sh"]
        double = ContainerJob("double", IMAGE, twice, [item], outputs=[integer["n"]])
        return [double, ContainerJob("show", IMAGE, "echo", [double.output.n])]

    @when(make.output.side == "left")
    def left():
        return ContainerJob("left", IMAGE, ["sh", "-c", "echo L > /tmp/x"], outputs=["x"])

    @left.else_
    def right():
        return ContainerJob("right", IMAGE, ["sh", "-c", "echo R > /tmp/x"], outputs=["x"])

    @while_loop(lambda last: last.i < 2)
    def climb(i=0):
        more = ["sh", "-c", "echo $(( $1 + 1 )) > /tmp/i", "sh"]
        return ContainerJob("climb", IMAGE, more, [i], outputs=[integer["i"]])

    bad = ContainerJob("bad", IMAGE, "false")

    @when(bad.failed)
    def cure():
        return ContainerJob("cure", IMAGE, "true")

    bye = ContainerJob("bye", IMAGE, "echo", [run.status])
    side = first_of(left.output.x, right.output.x)
    outputs = {"numbers": each.output.n, "side": side, "height": climb.output.i}
    return Workflow("everything", [make, each, left, right, climb, bad, cure], outputs=outputs, on_exit=bye)


def test_a_workflow_of_every_kind_ends_there_as_here(on_argo, tmp_path):
    there, here = on_argo(everything()), LocalRunner(folder=tmp_path).run(everything(), on_progress=lambda _: None)
    assert states(there) == states(here)
    assert there.outputs == here.outputs == {"numbers": [2, 4], "side": "L", "height": 2}
    assert there.status == here.status == "Succeeded"


def test_a_resource_gets_texts_as_they_are(on_argo):
    text = TEXTS["tags"] + TEXTS["dollars"] + TEXTS["quotes"]
    given = WorkflowInput("text", text)
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"generateName": "hostile-"},
        "data": {"value": f"${given}", "literal": text},
    }
    outputs = [
        WorkflowParam("name", path="{.metadata.name}"),
        WorkflowParam("value", path="{.data.value}"),
        WorkflowParam("literal", path="{.data.literal}"),
    ]
    made = ResourceJob("make", manifest, outputs=outputs)
    gone = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{made.output.name}"}}
    delete = ResourceJob("delete", gone, "delete")
    ran = on_argo(Workflow("resource", [made, delete], outputs=[made.output.value, made.output.literal]))
    assert states(ran) == {"make": "success", "delete": "success"}
    assert {one["name"]: one["value"] for one in ran.raw_status()["outputs"]["parameters"]} == {
        "value": f"${text}",
        "literal": text,
    }


def test_more_iterations_than_argo_nests_calls(on_argo):
    """Without pods: what is carried stays as it is, so that only the maximum ends the loop."""
    body = graph.Graph((graph.Step("nothing", jobs.NoOp()),), (("n", values.Carried("loop", "n", values.Type.INT)),))
    test = conditions.Compare(values.Carried("loop", "n", values.Type.INT), "==", values.Constant.of(3))
    loop = graph.WhileLoop(body, test, (("n", values.Constant.of(3)),), 300)
    steps = (graph.Step("loop", loop),)
    ran = on_argo(compile_workflow(workflow.Workflow(name="deep", graph=graph.Graph(steps))).manifest())
    nodes = ran.raw_status()["nodes"].values()
    assert sum(node["displayName"] == "nothing" for node in nodes) == 300
    assert any("loop has not ended after 300 iterations" in node.get("message", "") for node in nodes)


def test_a_cut_graph_ends_there_as_here(on_argo):
    from .test_parts import BROKEN, INPUTS, RULES, expected

    steps = []
    for number in range(230):
        before = tuple(f"t{one}" for one in {number // 2, number - 7} if 0 <= one < number)
        rule = RULES[list(RULES)[number % len(RULES)]](before) if before else None
        fate = BROKEN if number % 11 == 3 else conditions.FALSE if number % 7 == 2 else None
        steps.append(graph.Step(f"t{number}", jobs.NoOp(), before, rule, fate))
    made = workflow.Workflow(name="parts", graph=graph.Graph(tuple(steps)), inputs=INPUTS)
    assert states(on_argo(compile_workflow(made).manifest())) == expected(steps)

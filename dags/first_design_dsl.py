"""The DSL's whole vocabulary in one workflow, as its first design listed it: for_loop, while_loop, when, Run_with, a container
and a resource job. The resource job needs a cluster; on this machine it is refused with that reason.
"""

from __future__ import annotations

from airflow_argo import (
    ContainerJob,
    ResourceJob,
    Run_with,
    Workflow,
    WorkflowParam,
    for_loop,
    step,
    when,
    while_loop,
)

IMAGE = "python:3.12-slim"


@step
def step1():
    return ContainerJob(
        name="step1",
        image=IMAGE,
        command=["sh", "-c", "echo abc > /tmp/a; echo '[1, 2, 3]' > /tmp/numbers"],
        outputs=[WorkflowParam("a"), WorkflowParam("numbers", type="json")],
        retry=2,
        timeout=60,
    )


@when(step1.output.a == "abc")
@for_loop(step1.output.numbers)
def step2(number):
    double = ContainerJob("double", IMAGE, "sh -c", ["echo $(( $0 * 2 )) > /tmp/twice", number], outputs=["twice"])
    show = ContainerJob("show", IMAGE, "echo", args=["twice", number, "is", double.output.twice])
    return [double, show]


@while_loop(WorkflowParam("height", type=int) < 5)
def climb(height=0):
    return ContainerJob(
        "climb",
        IMAGE,
        "sh -c",
        ["echo $(( $0 + 2 )) > /tmp/height", height],
        outputs=[WorkflowParam("height", type=int)],
    )


@Run_with(image="debian:12-slim")
def script():
    return f"""
    echo "the top is at {climb.output.height}"
    date
    """


resource = ResourceJob(
    name="resource",
    action="create",
    manifest={
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"generateName": "height-"},
        "data": {"height": f"{climb.output.height}"},
    },
    outputs=[WorkflowParam("name", path="{.metadata.name}")],
)

workflow = Workflow("first_design", steps=[step1, step2, climb, script, resource], outputs=[climb.output.height])

"""A game with cards, as a workflow of Argo: a job, a condition, a loop over what the job decided, and a script."""

from airflow_argo import ContainerJob, Workflow, WorkflowParam, for_loop, run_with, step, when


@step
def flip():
    return ContainerJob(
        name="flip",
        image="python:3.12-slim",
        command=["python3", "-c", "import random; open('/tmp/face','w').write('heads'); open('/tmp/rounds','w').write('3')"],
        outputs=[WorkflowParam("face"), WorkflowParam("rounds", type=int)],
    )


@when(flip.output.face == "heads")
@for_loop(flip.output.rounds)
def play(i):
    draw = ContainerJob(
        name="draw",
        image="python:3.12-slim",
        command="sh -c",
        args=['echo "card $0" > /tmp/card', i],
        outputs=[WorkflowParam("card")],
    )
    show = ContainerJob(
        name="show", image="python:3.12-slim", command=["sh", "-c", "echo $INPUT_CARD"], inputs=[draw.output.card]
    )
    return [draw, show]


@run_with(image="debian:12-slim")
def print_date():
    return "date"


workflow = Workflow(name="game", steps=[flip, play, print_date])

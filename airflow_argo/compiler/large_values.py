"""Which values may travel as artifacts: a pass over the model, before anything is written.

A job's artifact can be taken by jobs of the same graph that put their values together in the pod. What Argo itself reads
(loops, conditions, words of a command) stays in the outcome; where it is too large for that, the pod says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from airflow_argo.compiler.read_by_argo import read_beside_the_pod
from airflow_argo.model.graph import Step
from airflow_argo.model.jobs import Container, LargeValues, NoOp, PythonCall, passes_artifacts
from airflow_argo.model.values import Output
from airflow_argo.model.walk import found_in
from airflow_argo.model.workflow import Workflow

_Outputs = Mapping[str, Mapping[str, None]]


def wants_artifacts(workflow: Workflow) -> bool:
    """Whether a job of the workflow's graph would put large values into an artifact."""
    return any(_over(step) is not None for step in workflow.graph.steps)


def with_artifacts(workflow: Workflow) -> Workflow:
    """The workflow, in which jobs know the artifacts that they take, and which values may not go into their own."""
    steps = workflow.graph.steps
    makers = {step.id for step in steps if _over(step) is not None}
    stay: dict[str, dict[str, None]] = {}
    given = found_in((workflow.outputs, workflow.graph.outputs), Output)
    for output in (*given, *(one for step in steps for one in _read_by_argo(step))):
        stay.setdefault(output.step, {})[output.name] = None
    return _with_steps(workflow, tuple(_connected(step, makers, stay) for step in steps))


def without_artifacts(workflow: Workflow) -> Workflow:
    """The workflow, in which no job makes artifacts: the parts of a graph that is cut would have to pass them on."""
    return _with_steps(
        workflow,
        tuple(
            replace(step, body=replace(step.body, large=None)) if passes_artifacts(step.body) else step
            for step in workflow.graph.steps
        ),
    )


def _with_steps(workflow: Workflow, steps: tuple[Step, ...]) -> Workflow:
    return replace(workflow, graph=replace(workflow.graph, steps=steps))


def _over(step: Step) -> int | None:
    return step.body.large.over if passes_artifacts(step.body) and step.body.large is not None else None


def _read_by_argo(step: Step) -> Iterator[Output]:
    """The outputs of steps that a step reads anywhere but in the pod of its job, or as text, which expressions make of it."""
    if not passes_artifacts(step.body):
        yield from found_in(step, Output)
        return
    yield from found_in(replace(step, body=NoOp()), Output)
    yield from read_beside_the_pod(step.body)


def _connected(step: Step, makers: set[str], stay: _Outputs) -> Step:
    """The step, whose job takes the artifacts of the steps that it reads."""
    if not passes_artifacts(step.body):
        return step
    job: PythonCall | Container = step.body
    outputs = [output for output in found_in(job, Output) if output.step in makers]
    read = {output.step: None for output in outputs if output.name not in stay.get(output.step, {})}
    if not read and job.large is None:
        return step
    over = None if job.large is None else job.large.over
    return replace(step, body=replace(job, large=LargeValues(over, tuple(stay.get(step.id, {})), tuple(read))))

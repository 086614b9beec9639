"""Which values may travel as artifacts: a pass over the model, before anything is written.

A job's artifact can be taken by jobs of the same graph that put their values together in the pod, and by those of the items of
its loops. What Argo itself reads (loops, conditions, words of a command) stays in the outcome; where it is too large for that,
the pod says so. So it is with what items give, since Argo doesn't list their artifacts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from airflow_argo.compiler.read_by_argo import read_beside_the_pod
from airflow_argo.model.graph import ForLoop, Step
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
    return _with_steps(workflow, tuple(_with_large(step, None) for step in workflow.graph.steps))


def _with_steps(workflow: Workflow, steps: tuple[Step, ...]) -> Workflow:
    return replace(workflow, graph=replace(workflow.graph, steps=steps))


def job_of(step: Step) -> PythonCall | Container | None:
    """The job of a step, or of the items of a loop that reports, if it can take artifacts."""
    body = step.body.body.steps[0].body if isinstance(step.body, ForLoop) and step.body.reports else step.body
    return body if passes_artifacts(body) else None


def _with_job(step: Step, job: PythonCall | Container | NoOp) -> Step:
    """The step with another job where `job_of` finds one."""
    if not isinstance(step.body, ForLoop):
        return replace(step, body=job)
    (item,) = step.body.body.steps
    return replace(step, body=replace(step.body, body=replace(step.body.body, steps=(replace(item, body=job),))))


def _with_large(step: Step, large: LargeValues | None) -> Step:
    job = job_of(step)
    return step if job is None or job.large == large else _with_job(step, replace(job, large=large))


def _over(step: Step) -> int | None:
    return step.body.large.over if passes_artifacts(step.body) and step.body.large is not None else None


def _read_by_argo(step: Step) -> Iterator[Output]:
    """The outputs of steps that a step reads anywhere but in the pod of its job, or as text, which expressions make of it."""
    job = job_of(step)
    if job is None:
        yield from found_in(step, Output)
        return
    yield from found_in(_with_job(step, NoOp()), Output)
    yield from read_beside_the_pod(job)


def _connected(step: Step, makers: set[str], stay: _Outputs) -> Step:
    """The step, whose job takes the artifacts of the steps that it reads."""
    job = job_of(step)
    if job is None:
        return step
    outputs = [output for output in found_in(job, Output) if output.step in makers]
    read = {output.step: None for output in outputs if output.name not in stay.get(output.step, {})}
    if not read and job.large is None:
        return step
    over = None if job.large is None else job.large.over
    return _with_large(step, LargeValues(over, tuple(stay.get(step.id, {})), tuple(read)))

"""Which values may travel as artifacts: a pass over the model, before anything is written.

A job puts its large values under a key that it is given, and its report has marks in their place that tell the key. A reader
needs no more than the marks, whatever they went through: loops over them, lists of what items gave, the parts of a graph
that was cut. What Argo itself reads (conditions, words of a command, some loops) stays in the report; where it is too large for
that, the pod says so.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from airflow_argo.argo.names import task_names
from airflow_argo.compiler.code import given, index, quote
from airflow_argo.compiler.read_by_argo import read_beside_the_pod
from airflow_argo.compiler.scope import RETURN_VALUE, Source
from airflow_argo.model.graph import ForLoop, Step
from airflow_argo.model.jobs import Container, LargeValues, NoOp, PythonCall, passes_artifacts
from airflow_argo.model.values import Concatenated, Item, Listing, Output, SameItem, Type, Value, Zipped
from airflow_argo.model.walk import found_in
from airflow_argo.model.workflow import Workflow
from airflow_argo.pod.values import LARGE_MARK

_Steps = Mapping[str, Step]
_Outputs = Mapping[str, Mapping[str, None]]

_SOURCES: Any = (Output, Item, SameItem)
_ENCODED_MARK: Final = base64.b64encode(LARGE_MARK[: len(LARGE_MARK) // 3 * 3].encode()).decode()


def wants_artifacts(workflow: Workflow) -> bool:
    """Whether a job of the workflow's graph would put large values into an artifact."""
    return any(_over(step) is not None for step in workflow.graph.steps)


def with_artifacts(workflow: Workflow) -> Workflow:
    """The workflow, in which jobs know where their large values go and which may not, and which values may be such."""
    steps = {step.id: step for step in workflow.graph.steps}
    names = task_names(steps)
    stay: dict[str, dict[str, None]] = {}
    put_out = found_in((workflow.outputs, workflow.graph.outputs), Output)
    for output in (*put_out, *(one for step in steps.values() for one in _read_by_argo(step, steps))):
        stay.setdefault(output.step, {})[output.name] = None
    made = tuple(_connected(step, names, steps, stay) for step in steps.values())
    return replace(workflow, graph=replace(workflow.graph, steps=made))


def key_of_marks(parameter: str) -> str:
    """Code for the key of the artifact that a job has to take, whose `values` may have marks in them; empty if they haven't.

    Args:
        parameter: name of the input that says where the artifact is, below the run's own folder.
    """
    mark, encoded = quote(LARGE_MARK), quote(_ENCODED_MARK)
    until_quote = "split({}, '\"')[0]".format
    in_json = f"map(split(texts, {mark})[1:], {until_quote('#')})"
    inner = f"last(split(sprig.b64dec({encoded} + {until_quote('#')}), {mark}))"
    in_base64 = f"map(split(texts, {encoded})[1:], {until_quote(inner)})"  # what is read by keys that only the run knows
    texts = "let texts = join(map(split(inputs.parameters.values, '\"'), sprig.b64dec(#)), '');"
    found = f"let found = filter(concat({in_json}, {in_base64}), # contains ('/' + inputs.parameters{index(parameter)}));"
    key = "all(found, # == found[0]) ? found[0] : join(split(found[0], '/')[:3], '/')"  # one file, or the folder of several
    return given("0", f"{{{texts} {found} len(found) == 0 ? '' : {key} }}")


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


def _over(step: Step) -> int | None:
    job = job_of(step)
    return None if job is None or job.large is None else job.large.over


def _read_by_argo(step: Step, steps: _Steps) -> Iterator[Output]:
    """The outputs of steps that a step reads anywhere but in the pod of its job, or as text, which expressions make of it."""
    job = job_of(step)
    if job is None:
        yield from found_in(step, Output)
        return
    rest = _with_job(step, NoOp())
    if isinstance(rest.body, ForLoop):
        for axis, value in rest.body.axes:
            passed = Counter(_as_elements(axis, value, step, steps))
            yield from (Counter(found_in(value, Output)) - passed).elements()
        rest = replace(rest, body=replace(rest.body, axes=()))
    yield from found_in(rest, Output)
    yield from read_beside_the_pod(job)


def _as_elements(axis: str, value: Value, step: Step, steps: _Steps) -> Iterator[Output]:
    """The outputs in what a loop runs over that, or the elements of which, the items get as they are."""
    if all(item.type is Type.JSON for item in found_in(job_of(step), Item) if item.loop == step.id and item.axis == axis):
        yield from _unopened(value, steps)


def _unopened(value: Value, steps: _Steps, *, keyed: bool = False) -> Iterator[Output]:
    """See `loops._axis_code`; `keyed`: of a dict that a job returns, the keys are taken out of the elements."""
    match value:
        case Zipped(of=parts):
            for part in parts:
                yield from _unopened(part, steps)
        case Concatenated(of=parts):
            for part in parts:
                yield from _unopened(part, steps, keyed=True)
        case Listing(of=parts):
            yield from (part for part in parts if isinstance(part, Output) and part.type is Type.JSON)
        case Output(type=Type.JSON, sparse=False, unlisted=False) if value.step in steps:
            body = steps[value.step].body
            if (isinstance(body, ForLoop) and body.reports) or (value.name == RETURN_VALUE and not keyed):
                yield value
        case _:
            pass


def _connected(step: Step, names: Mapping[str, str], steps: _Steps, stay: _Outputs) -> Step:
    """The step, whose job knows its artifact, and what it may have to take others for."""
    job = job_of(step)
    if job is None:
        return step
    sources: Iterator[Source] = found_in(job, _SOURCES)
    outputs = [output for source in sources for output in _origins(source, step, steps)]
    of = {
        _place(steps[output.step], names): None
        for output in outputs
        if output.step in steps and _over(steps[output.step]) is not None and not _stays(output, stay)
    }
    if not of and _over(step) is None:
        return step
    large = LargeValues(_over(step), tuple(stay.get(step.id, {})), _place(step, names), tuple(of))
    return _with_job(step, replace(job, large=large))


def _origins(source: Source, step: Step, steps: _Steps) -> Iterator[Output]:
    """The outputs that are in a value that a job reads as they are."""
    match source:
        case Output():
            yield source
        case SameItem(of=output):
            yield output
        case Item(axis=axis) if isinstance(step.body, ForLoop) and source.loop == step.id:
            yield from _as_elements(axis, dict(step.body.axes)[axis], step, steps)
        case _:
            pass


def _stays(output: Output, stay: _Outputs) -> bool:
    return not output.keyed and output.name in stay.get(output.step, {})


def _place(step: Step, names: Mapping[str, str]) -> str:
    """Where a step's large values are, below the run's own folder: a file, or a folder with those of a loop's items."""
    return f"{names[step.id]}.items" if isinstance(step.body, ForLoop) else f"{names[step.id]}.json"

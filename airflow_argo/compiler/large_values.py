"""Which values may travel as artifacts: a pass over the model, before anything is written.

A job puts its large values under a key that it is given, and its report has marks in their place that tell the key. A reader
needs no more than the marks, whatever they went through: loops over them, lists of what items gave, the parts of a graph
that was cut. What Argo itself reads (conditions, words of a command, some loops) stays in the report; where it is too large for
that, the pod says so.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from airflow_argo.argo.names import task_names
from airflow_argo.compiler.code import given, index, quote
from airflow_argo.compiler.kept import room_for_each
from airflow_argo.compiler.read_by_argo import job_of, passed_to_items, read_by_argo
from airflow_argo.compiler.scope import Source
from airflow_argo.model.graph import ForLoop, Step
from airflow_argo.model.jobs import Container, LargeValues, PythonCall
from airflow_argo.model.values import Item, Output, SameItem
from airflow_argo.model.walk import found_in
from airflow_argo.model.workflow import Workflow
from airflow_argo.pod.values import LARGE_MARK

LEAST: Final = 1000
"""Bytes of JSON: what stands for a value has some 300 itself."""

_SOURCES: Any = (Output, Item, SameItem)
_ENCODED_MARK: Final = base64.b64encode(LARGE_MARK[: len(LARGE_MARK) // 3 * 3].encode()).decode()


def wants_artifacts(workflow: Workflow) -> bool:
    """Whether a job of the workflow's graph would put large values into an artifact."""
    return any(_over(step) is not None for step in workflow.graph.steps)


def with_artifacts(workflow: Workflow) -> Workflow:
    """The workflow, in which jobs know where their large values go and which may not, and which values may be such."""
    steps = {step.id: step for step in workflow.graph.steps}
    knowing = _Connecting(steps, task_names(steps), read_by_argo(workflow), room_for_each(workflow))
    made = tuple(knowing.connected(step) for step in steps.values())
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


@dataclass(frozen=True, slots=True)
class _Connecting:
    """What is known of a graph: its steps and their names, which outputs Argo reads, by the `id` of the job, and the room.

    Attributes:
        room: bytes, for what each job gives.
    """

    steps: Mapping[str, Step]
    names: Mapping[str, str]
    read: Mapping[int, tuple[str, ...]]
    room: int

    def connected(self, step: Step) -> Step:
        """The step, whose job knows its artifact, and which others it may have to take."""
        job = job_of(step)
        if job is None:
            return step
        sources: Iterator[Source] = found_in(job, _SOURCES)
        outputs = [output for source in sources for output in self._origins(source, step)]
        of = {self._place(output.step): None for output in outputs if self._may_be_large(output)}
        if not of and _over(step) is None:
            return step
        large = job.large or LargeValues()
        over = max(min(large.over, self.room), LEAST) if large.fitting and large.over is not None else large.over
        never = self.read.get(id(job), ())
        large = replace(large, over=over, never=never, at=self._place(step.id), of=tuple(of))
        return _with_job(step, replace(job, large=large))

    def _origins(self, source: Source, step: Step) -> Iterator[Output]:
        """The outputs that are in a value that a job reads as they are."""
        match source:
            case Output():
                yield source
            case SameItem(of=output):
                yield output
            case Item(axis=axis) if source.loop == step.id:
                yield from passed_to_items(step, axis, self.steps)
            case _:
                pass

    def _may_be_large(self, output: Output) -> bool:
        step = self.steps.get(output.step)
        if step is None or _over(step) is None:
            return False
        return output.keyed or output.name not in self.read.get(id(job_of(step)), ())

    def _place(self, step: str) -> str:
        """Where a step's large values are, below the run's own folder: a file, or a folder with those of a loop's items."""
        return f"{self.names[step]}.items" if isinstance(self.steps[step].body, ForLoop) else f"{self.names[step]}.json"


def _over(step: Step) -> int | None:
    job = job_of(step)
    return None if job is None or job.large is None else job.large.over


def _with_job(step: Step, job: PythonCall | Container) -> Step:
    """The step with another job where `job_of` finds one."""
    if not isinstance(step.body, ForLoop):
        return replace(step, body=job)
    (item,) = step.body.body.steps
    return replace(step, body=replace(step.body, body=replace(step.body.body, steps=(replace(item, body=job),))))

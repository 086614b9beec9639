"""Which values Argo itself reads: those have to stand in the reports of jobs as they are. Others only pods take apart.

Argo reads what conditions look at, words of commands, what workflows and while-loops put out, and some of what loops run over.
What a job that reports gets as JSON is put together in its pod, whatever it goes through on its way there: see `scope`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from airflow_argo.compiler.scope import RETURN_VALUE
from airflow_argo.model.graph import Body, ForLoop, Graph, Step, WhileLoop
from airflow_argo.model.jobs import Container, PythonCall, passes_artifacts
from airflow_argo.model.values import Concatenated, Item, Listing, Output, Type, Value, Zipped
from airflow_argo.model.walk import field_names, found_in
from airflow_argo.model.workflow import Workflow

_OF_PODS = frozenset({"args", "more_args", "kwargs", "more_kwargs", "xcoms", "pushed", "bash", "command", "env", "report"})
"""The fields of jobs that report whose values the pod gets as JSON."""

_Source = TypeVar("_Source", Output, Item)
Names = dict[str, None]
"""Names of outputs, in an order that is always the same."""


def read_by_argo(workflow: Workflow) -> Mapping[int, tuple[str, ...]]:
    """The names of the outputs that Argo reads, by the `id` of the job that makes them; of jobs that report alone."""
    reads = _Reads()
    reads.add(found_in((workflow.outputs, workflow.on_exit), Output))
    reads.visit(workflow.graph, None)
    return {job: tuple(names) for job, names in reads.of_jobs.items()}


class _Reads:
    """Goes through graphs from their ends: a step's readers come before it."""

    def __init__(self) -> None:
        self.of_steps: dict[str, Names] = {}
        self.of_jobs: dict[int, Names] = {}

    def add(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            self.of_steps.setdefault(output.step, {})[output.name] = None

    def visit(self, graph: Graph, names: Names | None) -> None:
        """Take note of what is read in a graph.

        Args:
            names: those of the graph's outputs that Argo reads, since a loop passes its items' outputs on; None: all.
        """
        for name, value in graph.outputs:
            if names is None or name in names or not _is_json(value):
                self.add(found_in(value, Output))
        steps = {step.id: step for step in graph.steps}
        for step in reversed(graph.steps):
            self._visit_step(step, self.of_steps.get(step.id, {}), steps)

    def _visit_step(self, step: Step, names: Names, steps: Mapping[str, Step]) -> None:
        self.add(found_in((step.rule, step.when), Output))
        body: Body = step.body
        match body:
            case Graph():
                self.visit(body, names)
            case ForLoop():
                for axis, value in body.axes:
                    passed = Counter(passed_to_items(step, axis, steps))
                    self.add((Counter(found_in(value, Output)) - passed).elements())
                self.add(found_in(body.rule, Output))
                self.visit(body.body, names)
            case WhileLoop():
                self.add(found_in(body, Output))
                self.visit(body.body, None)
            case _ if passes_artifacts(body):
                self.add(read_beside_the_pod(body))
                if names:
                    self.of_jobs.setdefault(id(body), {}).update(names)
            case _:
                self.add(found_in(body, Output))


def _is_json(value: Any) -> bool:
    return isinstance(value, Output) and value.type is Type.JSON


def read_beside_the_pod(job: PythonCall | Container) -> Iterator[Output]:
    """The outputs that a job gets as text, or of which Argo makes its template."""
    yield from _beside_the_pod(job, Output)


def _beside_the_pod(job: PythonCall | Container, kind: type[_Source]) -> Iterator[_Source]:
    for name in field_names(job):
        for source in found_in(getattr(job, name), kind):
            if name not in _OF_PODS or source.type is not Type.JSON:
                yield source


def job_of(step: Step) -> PythonCall | Container | None:
    """The job of a step, or of the items of a loop that reports, if it reports by `airflow_argo.pod`."""
    body = step.body.body.steps[0].body if isinstance(step.body, ForLoop) and step.body.reports else step.body
    return body if passes_artifacts(body) else None


def passed_to_items(step: Step, axis: str, steps: Mapping[str, Step]) -> Iterator[Output]:
    """The outputs in what a loop runs over that, or the elements of which, get to the pods of its items as they are.

    Args:
        steps: those of the loop's graph, by id.
    """
    job = job_of(step)
    if job is None or not isinstance(step.body, ForLoop):
        return
    if not any(item.loop == step.id and item.axis == axis for item in _beside_the_pod(job, Item)):
        yield from _unopened(dict(step.body.axes)[axis], steps)


def _unopened(value: Value, steps: Mapping[str, Step], *, keyed: bool = False) -> Iterator[Output]:
    """Source: `loops._axis_code`. `keyed`: if a job returns a dict, the keys are taken out of its elements."""
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

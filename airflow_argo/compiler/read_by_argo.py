"""Which values Argo itself reads: those have to stand in the reports of jobs as they are. Others only pods take apart.

Argo reads what loops run over, what conditions look at, words of commands, and what workflows and while-loops put out. What a
job that reports gets as JSON is put together in its pod, whatever it goes through on its way there: see `scope`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_argo.model.graph import Body, ForLoop, Graph, Step, WhileLoop
from airflow_argo.model.jobs import Container, PythonCall, passes_artifacts
from airflow_argo.model.values import Output, Type
from airflow_argo.model.walk import field_names, found_in
from airflow_argo.model.workflow import Workflow

_OF_PODS = frozenset({"args", "more_args", "kwargs", "more_kwargs", "xcoms", "pushed", "bash", "command", "env", "report"})
"""The fields of jobs that report whose values the pod gets as JSON."""

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

    def add(self, outputs: Iterator[Output]) -> None:
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
        for step in reversed(graph.steps):
            self._visit_step(step, self.of_steps.get(step.id, {}))

    def _visit_step(self, step: Step, names: Names) -> None:
        self.add(found_in((step.rule, step.when), Output))
        body: Body = step.body
        match body:
            case Graph():
                self.visit(body, names)
            case ForLoop():
                self.add(found_in((body.axes, body.rule), Output))
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
    for name in field_names(job):
        for output in found_in(getattr(job, name), Output):
            if name not in _OF_PODS or output.type is not Type.JSON:
                yield output

"""Which compiler a step's body has."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_argo.compiler.graphs import Call, GraphTemplate, graph_call, job_call
from airflow_argo.compiler.loops import loop_call
from airflow_argo.compiler.whiles import while_call
from airflow_argo.model.graph import ForLoop, Graph, Step, WhileLoop
from airflow_argo.model.jobs import Job


def body_call(step: Step, around: GraphTemplate) -> Call:
    """The call of the template of a step's body, which is made with it."""
    match step.body:
        case Graph():
            return graph_call(step, around)
        case ForLoop():
            return loop_call(step, around)
        case WhileLoop():
            return while_call(step, around)
        case _:
            return job_call(step, around)


def jobs_of(graph: Graph, *, in_loop: bool = False) -> Iterator[tuple[Step, Job, bool]]:
    """All jobs of a graph, at any depth: step, job, whether it is the body of a loop that reports."""
    for step in graph.steps:
        match step.body:
            case Graph() as inner:
                yield from jobs_of(inner)
            case ForLoop(body=inner, reports=reporting):
                yield from jobs_of(inner, in_loop=reporting)
            case WhileLoop(body=inner):
                yield from jobs_of(inner)
            case job:
                yield step, job, in_loop

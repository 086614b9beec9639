"""The templates of a workflow: each kind of job once, whatever the number of jobs.

Jobs that are equal share a template. Containers that differ in literal arguments only share one too, with a parameter for each
argument that differs; jobs that report share one for each image, with their program as a parameter.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from airflow_argo.argo.names import task_slug
from airflow_argo.compiler.jobs import Argument, Dict, Draft, draft, varying_arguments
from airflow_argo.compiler.scope import unused
from airflow_argo.model.jobs import Container, Job, NoOp, PythonCall


@dataclass(slots=True)
class _Shape:
    """What some jobs have in common, and the template that they share once one of them was used."""

    first: Job
    name: str
    jobs: int = 1
    varying: set[int] = field(default_factory=set)
    template: str | None = None


@dataclass(slots=True)
class Templates:
    """All templates of a workflow, in the order of their making.

    Jobs are *planned* before any is *used*: only when all are known is it known what differs between them.
    """

    in_order: dict[str, Dict] = field(default_factory=dict)
    _shapes: dict[Hashable, _Shape] = field(default_factory=dict)

    def reserve(self, name: str) -> str:
        """A name for a template that is added later, so that its place is before those that it calls."""
        free = unused(name, self.in_order)
        self.in_order[free] = {}
        return free

    def put(self, name: str, body: Dict) -> None:
        """The body of a template whose name was reserved."""
        self.in_order[name] = {"name": name, **body}

    def once(self, name: str, body: Dict) -> str:
        """A template of the compiler's own, made at its first use."""
        if name not in self.in_order:
            self.put(name, body)
        return name

    def plan(self, job: Job, name: str, *, in_loop: bool = False) -> None:
        """Says that a job will be used, by a task of this name."""
        key = _shape_key(job, in_loop=in_loop)
        shape = self._shapes.get(key)
        if shape is None:
            self._shapes[key] = _Shape(job, name)
            return
        shape.jobs += 1
        if isinstance(job, Container) and job.report is None and isinstance(shape.first, Container):
            shape.varying |= {
                index for index, (one, other) in enumerate(zip(job.args, shape.first.args, strict=True)) if one != other
            }

    def use(self, job: Job, *, in_loop: bool = False, split: bool = False) -> tuple[str, dict[str, Argument]]:
        """The template of a planned job, and the arguments that this job passes to it."""
        shape = self._shapes[_shape_key(job, in_loop=in_loop)]
        varying = sorted(shape.varying)
        if shape.template is not None and _is_literal(job):
            assert isinstance(job, Container)
            return shape.template, dict(varying_arguments(job, varying))
        made = draft(job, varying=varying, in_loop=in_loop, split=split)
        if shape.template is None:
            shape.template = self.reserve(_template_name(shape))
            self.put(shape.template, _with_parameters(made))
        return shape.template, made.arguments

    def finished(self) -> list[Dict]:
        """The templates, as they stand in the spec."""
        return list(self.in_order.values())


def _shape_key(job: Job, *, in_loop: bool) -> Hashable:
    match job:
        case Container() if job.report is None:
            structure = tuple(None if isinstance(word, str) else word for word in job.args)
            settings = (job.env, job.working_dir, job.outputs, job.retry, job.timeout_seconds, job.pod)
            return (job.image, job.command, structure, settings)
        case Container():
            return ("report", in_loop, job.image, job.env, job.working_dir, job.retry, job.timeout_seconds, job.pod)
        case PythonCall():
            return ("python", in_loop, job.image, job.interpreter, job.env, job.retry, job.timeout_seconds, job.pod)
        case _:
            return job


def _is_literal(job: Job) -> bool:
    """Whether all arguments of a job's template are known now."""
    return (
        isinstance(job, Container)
        and job.report is None
        and not any(isinstance(word, str) is False for word in (*job.command, *job.args))
        and not any(not isinstance(value, str) for _, value in job.env)
    )


def _template_name(shape: _Shape) -> str:
    if isinstance(shape.first, PythonCall):
        return "python"
    if isinstance(shape.first, NoOp):
        return "noop"
    if isinstance(shape.first, Container) and (shape.first.report is not None or shape.varying):
        word = shape.first.command[0]
        return task_slug(PurePosixPath(word).name) or shape.name if isinstance(word, str) else shape.name
    return shape.name


def _with_parameters(made: Draft) -> Dict:
    """The body with an input parameter for each argument, unless it says its inputs itself."""
    if "inputs" in made.body or not made.arguments:
        return made.body
    return {"inputs": {"parameters": [{"name": name} for name in made.arguments]}, **made.body}


def arguments_of(pairs: Sequence[tuple[str, str]]) -> Dict:
    """The `arguments` field of a task; nothing if there are none."""
    return {"arguments": {"parameters": [{"name": name, "value": value} for name, value in pairs]}} if pairs else {}

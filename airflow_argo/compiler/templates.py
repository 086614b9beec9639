"""The templates of a workflow: each kind of job once, whatever the number of jobs.

Jobs that are equal share a template. Containers that differ in literal arguments only share one too, with a parameter for each
argument that differs. Jobs that report share one for each image, with their program as a parameter. Where that still makes more
templates than Argo allows, `sharing` goes further.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from airflow_argo.argo.names import task_slug
from airflow_argo.compiler import pauses, words
from airflow_argo.compiler.calls import ALIKE, Reported
from airflow_argo.compiler.drafts import Argument, Dict, Draft
from airflow_argo.compiler.jobs import draft, literals
from airflow_argo.model.intervals import Intervals
from airflow_argo.model.jobs import Container, Env, Job, NoOp, Pause, PythonCall, Report
from airflow_argo.model.values import SecretText, Text
from airflow_argo.model.walk import found_in

NOOP, FAIL_IF, FAIL, PROXY = "noop", "fail-if", "fail", "proxy"
OWN_NAMES = frozenset({NOOP, FAIL_IF, FAIL, PROXY, pauses.WAIT_UNTIL, *pauses.INNER})
"""Names of the compiler's own templates. Those of proxies go on with the names of outputs."""

NOOP_TEMPLATE: Dict = {"suspend": {"duration": "0"}}
"""No pod, and done at once (golden/nopod/suspend-zero)."""


@dataclass(slots=True)
class _Shape:
    """What some jobs have in common, and the template that they share once one of them was used.

    Attributes:
        varying: the texts that differ, which are parameters of the template: their names, and where they stand in `texts`.
    """

    first: Job
    name: str
    texts: tuple[str, ...]
    jobs: int = 1
    varying: dict[str, int] = field(default_factory=dict)
    template: str | None = None


@dataclass(slots=True)
class Templates:
    """All templates of a workflow, in the order of their making.

    Jobs are *planned* before any is *used*: only when all are known is it known what differs between them.

    Attributes:
        intervals: the data intervals of the workflow's runs.
    """

    intervals: Intervals | None = None
    in_order: dict[str, Dict] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    _planned: list[tuple[Job, str, bool]] = field(default_factory=list)
    _shapes: dict[tuple[int, bool], tuple[_Shape, tuple[str, ...] | None]] = field(default_factory=dict)

    def reserve(self, name: str) -> str:
        """A name for a template that is added later, so that its place is before those that it calls."""
        free, number = name, self._numbers.get(name, 1)
        while free in self.in_order or free in OWN_NAMES:
            number += 1
            free = f"{name}-{number}"
        self._numbers[name] = number  # thousands may want the same name
        self.in_order[free] = {}
        return free

    def free_prefix(self, prefix: str) -> str:
        """A text that no template's name begins with."""
        while any(name.startswith(prefix) for name in self.in_order):
            prefix += "s"
        return prefix

    def put(self, name: str, body: Dict) -> None:
        """The body of a template whose name was reserved."""
        self.in_order[name] = {"name": name, **body}

    def once(self, name: str, body: Dict) -> str:
        """A template of the compiler's own, of a name that no job gets; made at its first use."""
        if name not in self.in_order:
            self.put(name, body)
        return name

    def plan(self, job: Job, name: str, *, in_loop: bool = False) -> None:
        """Says that a job will be used, by a task of this name."""
        self._planned.append((job, name, in_loop))

    def use(self, job: Job, *, in_loop: bool = False, reported: Reported = ALIKE) -> tuple[str, dict[str, Argument]]:
        """The template of a planned job, and the arguments that this job passes to it."""
        if isinstance(job, NoOp):
            return self.once(NOOP, NOOP_TEMPLATE), {}
        if isinstance(job, Pause) and job.until is not None:
            self.once(NOOP, NOOP_TEMPLATE)
            for name, body in pauses.pause_templates(NOOP).items():
                self.once(name, body)
            return pauses.WAIT_UNTIL, pauses.pause_arguments(job.until, job.limit_seconds)
        if self._planned:
            self._settle()
        shape, _ = self._shapes[id(job), in_loop]
        made = draft(job, varying=shape.varying, in_loop=in_loop, reported=reported, intervals=self.intervals)
        if shape.template is None:
            shape.template = self.reserve(_template_name(shape))
            self.put(shape.template, _with_parameters(made))
        return shape.template, made.arguments

    def use_literal(self, job: Job) -> tuple[str, list[tuple[str, str]]] | None:
        """The template and the arguments of a job whose texts are all known now, if it isn't the first to use the template."""
        shape, texts = self._shapes.get((id(job), False), (None, None))
        if shape is None or texts is None or shape.template is None:
            return None
        return shape.template, [(slot, words.literal(texts[place])) for slot, place in shape.varying.items()]

    def finished(self) -> list[Dict]:
        """The templates, as they stand in the spec."""
        return list(self.in_order.values())

    def _settle(self) -> None:
        """Decides which planned jobs share a template."""
        by_key: dict[Hashable, _Shape] = {}
        for job, name, in_loop in self._planned:
            slots, texts = literals(job) if isinstance(job, Container) else ((), ())
            key = _shape_key(job, in_loop=in_loop)
            shape = by_key.get(key)
            if shape is None:
                by_key[key] = shape = _Shape(job, name, texts)
            else:
                shape.jobs += 1
                if len(shape.varying) < len(slots) and texts != shape.texts:
                    differ = {slot for slot, one, other in zip(slots, texts, shape.texts, strict=True) if one != other}
                    shape.varying = {slot: place for place, slot in enumerate(slots) if slot in differ or slot in shape.varying}
            self._shapes[id(job), in_loop] = (shape, texts if _is_literal(job) else None)
        self._planned.clear()


def _shape_key(job: Job, *, in_loop: bool) -> Hashable:
    """What jobs that share a template have in common: all but their literal arguments."""
    match job:
        case Container() if job.report is None:
            rest = (job.working_dir, job.files, job.outputs, job.retry, job.timeout_seconds, job.pod)
            return (job.image, job.command, tuple(None if isinstance(word, str) else word for word in job.args), job.env, rest)
        case Container(report=Report(by_shell=True)):
            return job
        case Container():
            own = (job.working_dir, job.retry, job.timeout_seconds, job.pod, _artifacts(job))
            return ("report", in_loop, job.image, _references(job), own, _secrets_of(job))
        case PythonCall():
            call = (job.interpreter, job.beside, job.retry, job.timeout_seconds, job.pod, _artifacts(job))
            return ("python", in_loop, job.image, _references(job), call, _secrets_of(job))
        case _:
            return job


def _artifacts(job: Container | PythonCall) -> tuple[bool, int]:
    """Whether a job may make an artifact with large values, and how many it takes."""
    return (False, 0) if job.large is None else (job.large.over is not None, len(job.large.of))


def _references(job: Container | PythonCall) -> Env:
    """The variables of a job that reports that come from the cluster; it sets the others itself."""
    return tuple((name, value) for name, value in job.env if not isinstance(value, str | Text))


def _secrets_of(job: Job) -> tuple[SecretText, ...]:
    """The secrets that a job that reports needs, in the order in which they become variables."""
    return tuple(dict.fromkeys(found_in(job, SecretText)))


def _is_literal(job: Job) -> bool:
    """Whether all arguments of a job's template are known now."""
    if not isinstance(job, Container) or job.report is not None or job.files or not isinstance(job.image, str):
        return False
    try:
        "".join(job.command + job.args)  # type: ignore[arg-type]  # raises at the first that is no text, quickly
    except TypeError:
        return False
    return all(isinstance(value, str) for _, value in job.env)


def _template_name(shape: _Shape) -> str:
    if isinstance(shape.first, PythonCall):
        return "python"
    reporting = isinstance(shape.first, Container) and shape.first.report is not None and not shape.first.report.by_shell
    if isinstance(shape.first, Container) and (reporting or shape.varying):
        word = shape.first.command[0]
        return task_slug(PurePosixPath(word).name) or shape.name if isinstance(word, str) else shape.name
    return shape.name


def _with_parameters(made: Draft) -> Dict:
    """The body with an input parameter for each argument, unless it says those itself."""
    inputs = made.body.get("inputs", {})
    if "parameters" in inputs or not made.arguments:
        return made.body
    rest = {key: value for key, value in made.body.items() if key != "inputs"}
    return {"inputs": {"parameters": [{"name": name} for name in made.arguments], **inputs}, **rest}


def arguments_of(pairs: Sequence[tuple[str, str]]) -> Dict:
    """The `arguments` field of a task; nothing if there are none."""
    return {"arguments": {"parameters": [{"name": name, "value": value} for name, value in pairs]}} if pairs else {}

"""How often Argo keeps what a job reports because others read it: nodes keep what their templates are given.

A job's pod is told, so that a value that a run has no room for fails there, where Argo would break the run off, or stand
still. Only what is certain is counted: of loops one item, of tries the first. Where there is an artifact repository there is
no need to be short of room, so there all items are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from airflow_argo.compiler.read_by_argo import job_of
from airflow_argo.model.graph import ForLoop, Graph, WhileLoop
from airflow_argo.model.jobs import passes_artifacts
from airflow_argo.model.values import Constant, Output
from airflow_argo.model.walk import found_in
from airflow_argo.model.workflow import Workflow
from airflow_argo.pod.runner import ROOM

Kept = tuple[tuple[str, int], ...]
"""Names of a job's outputs, and how often readers keep each."""

_Counts = Counter[tuple[str, str]]
"""Step and output → how often nodes keep it."""

_ONE_READER: Final = 2
"""A pod keeps a parameter, and the raw artifact that is made of it."""

_LOOP: Final = 3
"""A loop that reports keeps it, as does its only attempt, and the item."""

_ONE_ITEM: Final = 4
"""What an item of a loop that reports gives is kept by its pod, by the item, the loop, and the loop's only attempt."""

_SOME_ITEMS: Final = 100
"""Of a loop over what only the run knows."""

_NAMES: Final = 2
"""An item stands in its node's name, and in what is shown of that; so it does in the names of the nodes below, once."""


def kept_by_readers(workflow: Workflow) -> Mapping[int, Kept]:
    """What each job's pod has to know, by the job's `id`: of outputs that more than one pod keeps."""
    found: dict[str, dict[str, int]] = {}
    for (step, name), times in _read_in(workflow.graph).items():
        if times > _ONE_READER:
            found.setdefault(step, {})[name] = times
    makers = {step.id: job_of(step) for step in workflow.graph.steps if step.id in found}
    return {id(job): tuple(sorted(found[step].items())) for step, job in makers.items() if job is not None}


def room_for_each(workflow: Workflow) -> int:
    """Bytes that each job and item may give so that there is room for all, if each gives one value: as read most often."""
    readers: dict[str, int] = {}
    for (maker, _), times in _read_in(workflow.graph).items():
        readers[maker] = max(times, readers.get(maker, 0))
    copies = 0
    for step in workflow.graph.steps:
        if (job := job_of(step)) is not None:
            own, items = (_ONE_ITEM, _items(step.body)) if isinstance(step.body, ForLoop) else (1, 1)
            copies += (own * _nodes(job) + readers.get(step.id, 0)) * items
    return ROOM // max(copies, 1)


def _items(loop: ForLoop) -> int:
    count = 1
    for _, value in loop.axes:
        if not isinstance(value, Constant):
            return _SOME_ITEMS
        count *= value.value if isinstance(value.value, int) else len(value.value)
    return count


def _read_in(graph: Graph) -> _Counts:
    counts: _Counts = Counter()
    for step in graph.steps:
        match step.body:
            case Graph() as inner:
                counts += _read_in(inner)
            case ForLoop() as loop:
                inside = _read_in(loop.body)
                of_items = max((_times(one.body) + _nodes(one.body) for one in loop.body.steps), default=0) + _NAMES
                inside.update({(output.step, output.name): of_items for output in found_in(loop.axes, Output)})
                counts += Counter({output: times + _LOOP for output, times in inside.items()})
            case WhileLoop():
                pass  # its state has its own way
            case job:
                counts += Counter(dict.fromkeys(((output.step, output.name) for output in found_in(job, Output)), _times(job)))
    return counts


def _times(body: object) -> int:
    """How often the nodes of a job keep what it is given, if its first try is the last."""
    return (_ONE_READER if passes_artifacts(body) else 1) * _nodes(body)


def _nodes(body: object) -> int:
    """How many nodes a job has then."""
    return 2 if getattr(body, "retry", None) else 1

"""Tasks that no other shows (`show_steps=False`): in Airflow's DAG the submission stands for all of them.

Authors hold on to their objects, and draw edges to and from them and their group. In those they go by the submission's id, and
the workflow has them as they were drawn. What only a task could do that is there, is refused.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from airflow_argo.diagnostics import InputError, Origin
from airflow_argo.offload.edges import IdsOfTask

if TYPE_CHECKING:
    from airflow_argo.offload.part import PartOfDag

_CURE = "leave out show_steps=False"


def stand_for(tasks: Mapping[str, Any], part: PartOfDag, submit: Any) -> None:
    """Take tasks out of the DAG: edges to tasks outside, drawn already or later, are the submission's.

    Raises:
        InputError: something outside needs more of a task than that.
    """
    dag, group = part.dag, part.group
    submit.downstream_task_ids = _SubmissionsDownstreamIds(set(), submit.task_id, part)
    for task_id, task in tasks.items():
        later = sorted(task.downstream_task_ids - tasks.keys())
        before = sorted(task.upstream_task_ids - tasks.keys())
        _go_by(task, task_id, part)
        for one in later:
            dag.task_dict[one].upstream_task_ids.discard(task_id)
            task.downstream_task_ids.add(one)
            dag.task_dict[one].upstream_task_ids.add(submit.task_id)
        for one in before:
            dag.task_dict[one].downstream_task_ids.discard(task_id)
        del dag.task_dict[task_id]
        dag.task_group.used_group_ids.discard(task_id)
    inner = [key for key in group.children if key not in (submit.task_id, submit.label)]
    part.taken_out = [group.children.pop(key) for key in inner]


def _go_by(task: Any, task_id: str, part: PartOfDag) -> None:
    """Let edges of a task be kept by the part, and drawn at the submission."""
    upstream = _UpstreamIds(task.upstream_task_ids, task_id, part)
    downstream = _DownstreamIds(task.downstream_task_ids & part.own.keys(), task_id, part)
    kind, make = type(task), cast("Any", type(type(task)))
    fields = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__slots__": (), "node_id": part.submit_id}
    object.__setattr__(task, "upstream_task_ids", upstream)
    object.__setattr__(task, "downstream_task_ids", downstream)
    object.__setattr__(task, "__class__", make(kind.__name__, (kind,), fields))
    part.edges[task_id] = (upstream, downstream)


class _UpstreamIds(IdsOfTask):
    """The ids upstream of a task that the submission stands for."""

    def add(self, element: str) -> None:
        """An edge from a task, which has the submission among those after it by now."""
        _check_is_outside(self, element)
        super().add(element)
        self.part.task(element).downstream_task_ids.discard(self.part.submit_id)
        self.part.comes_after(element)


class _DownstreamIds(IdsOfTask):
    """The ids downstream of a task that the submission stands for."""

    def add(self, element: str) -> None:
        """An edge to a task, which gets the submission among those before it next."""
        _check_is_outside(self, element)
        _check_may_follow(self.part, self.task_id, element)
        super().add(element)
        set.add(self.part.task(self.part.submit_id).downstream_task_ids, element)


class _SubmissionsDownstreamIds(IdsOfTask):
    """The ids downstream of the submission: an edge from it is one from all tasks that the part ends with."""

    def add(self, element: str) -> None:
        """An edge to a task."""
        for leaf in self.part.leaves():
            _check_may_follow(self.part, leaf.task_id, element)
        super().add(element)


def check_nothing_is_pulled(part: PartOfDag) -> None:
    """Check that no task outside pulls by its id what a task pushes that isn't there: it would get None.

    Raises:
        InputError: a template does, such as `f"{value}"` of an XCom, or a function, by a constant id.
    """
    for task in part.dag.tasks:
        if pulled := sorted(part.own.keys() & set(_ids_pulled_by(task))):
            raise _read_unseen(task.task_id, pulled[0], part)


def _ids_pulled_by(task: Any) -> Iterator[str]:
    from airflow_argo.translator.mapped_groups import expand_input_of
    from airflow_argo.translator.pulled import Pulled
    from airflow_argo.translator.readers import rendered_by
    from airflow_argo.translator.template_files import texts_in

    over = expand_input_of(task)
    rendered = [*rendered_by(task), over.value if over is not None else None]
    templates = [text for text in texts_in(rendered) if "xcom_pull" in text]
    if templates:
        yield from (task_id for task_id, _ in Pulled.by((), templates, task.get_template_env()).pulls)
    function = getattr(task, "python_callable", None)
    if "xcom_pull" in getattr(getattr(function, "__code__", None), "co_names", ()):
        yield from _ids_pulled_in(function)


def _ids_pulled_in(function: Any) -> Iterator[str]:
    """The constant ids in a function's calls of `xcom_pull`."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):
        return
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call) and getattr(one.func, "attr", "") == "xcom_pull"]
    for call in calls:
        given = [*call.args[:1], *(one.value for one in call.keywords if one.arg == "task_ids")]
        words = (one.value for part in given for one in ast.walk(part) if isinstance(one, ast.Constant))
        yield from (word for word in words if isinstance(word, str))


def _check_is_outside(ids: IdsOfTask, element: str) -> None:
    if ids.part.is_own(element):
        found = f"an edge of task '{ids.task_id}' to another in its workflow is drawn when that is complete"
        raise InputError(found, f"draw it before, or {_CURE}", _place(ids.part))


def _check_may_follow(part: PartOfDag, task_id: str, later_id: str) -> None:
    """Raises InputError: the task would be skipped by what is not there, or reads what that pushes."""
    from airflow_argo.translator.branches import decision_of
    from airflow_argo.translator.readers import references_of

    if decision_of(part.own[task_id], part.dag) is not None:
        raise InputError(f"task '{task_id}' may skip '{later_id}', and no task shows it", _CURE, _place(part))
    if any(operator.task_id == task_id for operator, _ in references_of(part.task(later_id))):
        raise _read_unseen(later_id, task_id, part)


def _read_unseen(reader_id: str, task_id: str, part: PartOfDag) -> InputError:
    cure = f"{_CURE}, or read it in what '{part.submit_id}' returns, a dict by task ids"
    return InputError(f"task '{reader_id}' reads what '{task_id}' returns, and no task shows that", cure, _place(part))


def _place(part: PartOfDag) -> Origin:
    return Origin(str(part.dag.fileloc))

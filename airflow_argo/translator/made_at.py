"""Which lines of a DAG file made a DAG and each of its tasks, and which file made a DAG: Airflow keeps neither."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any

from airflow_argo.translator.airflow_names import airflow_names

_LINES = "_airflow_argo_lines"
_MAKER = "_airflow_argo_maker"


Lines = Mapping[str | None, tuple[int, ...]]
"""Task id → the lines that were being run as it was made, the innermost first; None → those that made the DAG."""


@contextmanager
def noting_lines(path: str) -> Iterator[None]:
    """Notes which lines of the file make each DAG meanwhile, and each task that is added to one."""
    dag_class = airflow_names().dag
    made, added = dag_class.__init__, dag_class.add_task

    @wraps(made)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        _note(self, None, lines_in(path, self))
        made(self, *args, **kwargs)
        if self.fileloc == __file__:  # Airflow takes the file of who calls __init__ for the DAG's
            self.fileloc = sys._getframe(1).f_code.co_filename  # noqa: SLF001 - as Airflow does

    def add_task(self: Any, task: Any, *args: Any, **kwargs: Any) -> Any:
        lines = lines_in(path, task)
        result = added(self, task, *args, **kwargs)
        _note(self, task.task_id, lines)
        return result

    dag_class.__init__, dag_class.add_task = init, add_task
    try:
        yield
    finally:
        dag_class.__init__, dag_class.add_task = made, added


def _note(dag: Any, task_id: str | None, lines: tuple[int, ...]) -> None:
    if lines:
        vars(dag).setdefault(_LINES, {})[task_id] = lines


def remember_maker(dag: Any) -> None:
    """Notes which file made a DAG, before it is said to be of one that may only import it, as Airflow's DagBag says."""
    setattr(dag, _MAKER, str(dag.fileloc))


def maker_of(dag: Any) -> str:
    """The file whose code made a DAG."""
    return str(getattr(dag, _MAKER, dag.fileloc))


def line_in(path: str) -> int | None:
    """The line of the innermost frame of a file among the callers; None if the file isn't running."""
    return next(iter(lines_in(path)), None)


def lines_in(path: str, made: Any = None) -> tuple[int, ...]:
    """The lines of a file's frames among the callers, the innermost first.

    Args:
        made: whose own methods don't count: a class of the file is not where an object of it is made.
    """
    found: list[int] = []
    frame: Any = sys._getframe(1)  # noqa: SLF001 - the documented way to one's callers
    while frame is not None:
        if frame.f_code.co_filename == path and not _is_method_of(made, frame):
            found.append(int(frame.f_lineno))
        frame = frame.f_back
    return tuple(found)


def _is_method_of(made: Any, frame: Any) -> bool:
    code = frame.f_code
    return made is not None and code.co_argcount > 0 and frame.f_locals.get(code.co_varnames[0]) is made


def lines_of(dag: Any) -> Lines:
    """The lines that made a DAG and its tasks."""
    found: Lines = getattr(dag, _LINES, {})
    return found

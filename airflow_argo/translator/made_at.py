"""Which line of a DAG file made each task, loops and functions included, and which file made a DAG: Airflow keeps neither."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from airflow_argo.translator.airflow_names import airflow_names

_LINES = "_airflow_argo_lines"
_MAKER = "_airflow_argo_maker"


@contextmanager
def noting_lines(path: str) -> Iterator[None]:
    """Notes for each task that is added to a DAG meanwhile which line of the file did."""
    dag_class = airflow_names().dag
    added = dag_class.add_task

    def add_task(self: Any, task: Any, *args: Any, **kwargs: Any) -> Any:
        line = line_in(path)
        result = added(self, task, *args, **kwargs)
        if line is not None:
            vars(self).setdefault(_LINES, {})[task.task_id] = line
        return result

    dag_class.add_task = add_task
    try:
        yield
    finally:
        dag_class.add_task = added


def remember_maker(dag: Any) -> None:
    """Notes which file made a DAG, before it is said to be of one that may only import it, as Airflow's DagBag says."""
    setattr(dag, _MAKER, str(dag.fileloc))


def maker_of(dag: Any) -> str:
    """The file whose code made a DAG."""
    return str(getattr(dag, _MAKER, dag.fileloc))


def line_in(path: str) -> int | None:
    """The line of the innermost frame of a file among the callers; None if the file isn't running."""
    frame: Any = sys._getframe(1)  # noqa: SLF001 - the documented way to one's callers
    while frame is not None:
        if frame.f_code.co_filename == path:
            return int(frame.f_lineno)
        frame = frame.f_back
    return None


def lines_of(dag: Any) -> Mapping[str, int]:
    """Task id → line."""
    found: Mapping[str, int] = getattr(dag, _LINES, {})
    return found

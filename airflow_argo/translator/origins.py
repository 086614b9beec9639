"""Where in a DAG file its DAGs and tasks are written: where their ids stand, and of several places the one that made them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from airflow_argo.diagnostics import InputError, Origin
from airflow_argo.translator.made_at import Lines
from airflow_argo.translator.parsed import called_name, nodes_in, nodes_under
from airflow_argo.translator.sources import as_written, text_of

_STATEMENTS = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)


class _Place(NamedTuple):
    """Where an id stands.

    Attributes:
        line: of the call that is given it, or of the function whose name it is.
        first, last: lines of the statement around that.
        is_function: it is the name of a function, which is called elsewhere.
    """

    line: int
    first: int
    last: int
    is_function: bool


@dataclass(frozen=True, slots=True)
class Origins:
    """The lines of a DAG and its tasks in their file."""

    path: str
    dag_line: int | None
    tasks: Mapping[str, Sequence[_Place]]
    made_at: Lines

    def of(self, task_id: str | None) -> Origin:
        """Where a task is written, as far as it can be told; of None, where the DAG is."""
        if task_id is None:
            return as_written(Origin(self.path, self.dag_line))
        line = _line_of(self.tasks.get(task_id.rsplit(".", 1)[-1], ()), self.made_at.get(task_id, ()))
        return as_written(Origin(self.path, line or self.dag_line))


def origins_in(path: str, dag_id: str, made_at: Lines) -> Origins:
    """The places in a file.

    Args:
        made_at: the lines that made the DAG and its tasks, as far as they are known.
    """
    try:
        places = _places_in(text_of(path))
    except (OSError, SyntaxError, UnicodeDecodeError, InputError):
        places = _Places({}, {}, None)
    line = _line_of(places.named.get(dag_id, ()), made_at.get(None, ())) or places.only_dag
    return Origins(path, line, places.tasks, made_at)


def _line_of(places: Sequence[_Place], made_at: Sequence[int]) -> int | None:
    """The line of what some lines made and whose id stands in some places; None if nothing tells it."""
    for line in made_at:
        if around := [one.line for one in places if not one.is_function and one.first <= line <= one.last]:
            return max(around)
    if made_at and (functions := [one.line for one in places if one.is_function]):
        return max((line for line in functions if line <= made_at[0]), default=functions[0])
    if len(places) == 1 or not made_at:
        return places[-1].line if places else None
    return made_at[0]


@dataclass(frozen=True, slots=True)
class _Places:
    """The places in a text.

    Attributes:
        tasks: of ids of tasks, and names of functions.
        named: of names of functions, and texts that may be ids of DAGs.
        only_dag: the line of the one call that makes DAGs, whatever their ids.
    """

    tasks: Mapping[str, Sequence[_Place]]
    named: Mapping[str, Sequence[_Place]]
    only_dag: int | None


@lru_cache(maxsize=64)
def _places_in(text: str) -> _Places:
    tasks: dict[str, list[_Place]] = {}
    named: dict[str, list[_Place]] = {}
    dags: list[int] = []
    nodes = nodes_in(text)
    statements = {id(part): node for node in nodes if isinstance(node, _STATEMENTS) for part in nodes_under(node)}
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            place = _Place(node.lineno, node.lineno, node.lineno, is_function=True)
            tasks.setdefault(node.name, []).append(place)
            named.setdefault(node.name, []).append(place)
        elif isinstance(node, ast.Call):
            around = statements.get(id(node), node)
            place = _Place(node.lineno, around.lineno, around.end_lineno or around.lineno, is_function=False)
            task_id, dag_id = _text_argument(node, "task_id"), _text_argument(node, "dag_id")
            if task_id is not None:
                tasks.setdefault(task_id, []).append(place)
            for name in (*_first_text(node), *([dag_id] if dag_id else [])):
                named.setdefault(name, []).append(place)
            if called_name(node) in ("DAG", "dag"):
                dags.append(node.lineno)
    return _Places(tasks, named, dags[0] if len(dags) == 1 else None)


def _text_argument(node: ast.Call, name: str) -> str | None:
    for keyword in node.keywords:
        if keyword.arg == name and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str):
            return keyword.value.value
    return None


def _first_text(node: ast.Call) -> tuple[str, ...]:
    if node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
        return (node.args[0].value,)
    return ()

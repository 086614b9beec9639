"""Where in a DAG file its tasks are written: Airflow doesn't keep that, so the file is searched for their ids."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from airflow_argo.diagnostics import InputError, Origin
from airflow_argo.translator.parsed import nodes_in
from airflow_argo.translator.sources import as_written, text_of


@dataclass(frozen=True, slots=True)
class Origins:
    """The lines of a DAG and its tasks in their file."""

    path: str
    dag_line: int | None
    task_lines: Mapping[str, int]
    made_at: Mapping[str, int]

    def of(self, task_id: str | None) -> Origin:
        """Where a task is written, as far as it can be told; of None, where the DAG is."""
        if task_id is None:
            return as_written(Origin(self.path, self.dag_line))
        line = self.task_lines.get(task_id.rsplit(".", 1)[-1]) or self.made_at.get(task_id) or self.dag_line
        return as_written(Origin(self.path, line))


def origins_in(path: str, dag_id: str, made_at: Mapping[str, int]) -> Origins:
    """The places in a file.

    Args:
        made_at: task id → the line that made the task, for those whose ids stand nowhere.
    """
    try:
        places = _places_in(text_of(path))
    except (OSError, SyntaxError, UnicodeDecodeError, InputError):
        return Origins(path, None, {}, made_at)
    return Origins(path, places.named.get(dag_id) or places.only_dag, places.tasks, made_at)


@dataclass(frozen=True, slots=True)
class _Places:
    """The lines in a text.

    Attributes:
        tasks: ids of tasks, and names of functions.
        named: names of functions, and texts that may be ids of DAGs.
        only_dag: that of the one call that makes DAGs, whatever their ids.
    """

    tasks: Mapping[str, int]
    named: Mapping[str, int]
    only_dag: int | None


@lru_cache(maxsize=64)
def _places_in(text: str) -> _Places:
    tasks: dict[str, int] = {}
    named: dict[str, int] = {}
    dags: list[int] = []
    for node in nodes_in(text):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            tasks.setdefault(node.name, node.lineno)
            named[node.name] = node.lineno
        elif isinstance(node, ast.Call):
            task_id, dag_id = _text_argument(node, "task_id"), _text_argument(node, "dag_id")
            if task_id is not None:
                tasks[task_id] = node.lineno
            for name in (*_first_text(node), *([dag_id] if dag_id else [])):
                named[name] = node.lineno
            if _called(node) in ("DAG", "dag"):
                dags.append(node.lineno)
    return _Places(tasks, named, dags[0] if len(dags) == 1 else None)


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "id", None) or getattr(node.func, "attr", ""))


def _text_argument(node: ast.Call, name: str) -> str | None:
    for keyword in node.keywords:
        if keyword.arg == name and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str):
            return keyword.value.value
    return None


def _first_text(node: ast.Call) -> tuple[str, ...]:
    if node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
        return (node.args[0].value,)
    return ()

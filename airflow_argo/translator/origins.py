"""Where in a DAG file its tasks are written: Airflow doesn't keep that, so the file is searched for their ids."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from airflow_argo.diagnostics import Origin


@dataclass(frozen=True, slots=True)
class Origins:
    """The lines of a DAG and its tasks in their file."""

    path: str
    dag_line: int | None
    task_lines: dict[str, int]

    def of(self, task_id: str | None) -> Origin:
        """Where a task is written, as far as it can be told; of None, where the DAG is."""
        if task_id is None:
            return Origin(self.path, self.dag_line)
        return Origin(self.path, self.task_lines.get(task_id.rsplit(".", 1)[-1], self.dag_line))


def origins_in(path: str, dag_id: str) -> Origins:
    """The places in a file."""
    try:
        tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return Origins(path, None, {})
    lines: dict[str, int] = {}
    dag_line = None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines.setdefault(node.name, node.lineno)
            dag_line = node.lineno if node.name == dag_id else dag_line
        elif isinstance(node, ast.Call):
            task_id, found = _text_argument(node, "task_id"), _text_argument(node, "dag_id")
            if task_id is not None:
                lines[task_id] = node.lineno
            if found == dag_id or dag_id in _first_text(node):
                dag_line = node.lineno
    return Origins(path, dag_line, lines)


def _text_argument(node: ast.Call, name: str) -> str | None:
    for keyword in node.keywords:
        if keyword.arg == name and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str):
            return keyword.value.value
    return None


def _first_text(node: ast.Call) -> tuple[str, ...]:
    if node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
        return (node.args[0].value,)
    return ()

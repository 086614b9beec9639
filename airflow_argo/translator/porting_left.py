"""What is left to the author of a DAG file that is ported: no rule can tell what is meant."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from airflow_argo.translator.known_templates import TAG
from airflow_argo.translator.porting_dags import says
from airflow_argo.translator.porting_edits import dags_in, may_begin, name_of, sets_by_stars
from airflow_argo.translator.porting_names import CONTEXT, REPLACED, SQL_CONNECTIONS, WITHOUT_LIKE, today_in_python
from airflow_argo.translator.porting_skips import left_skips
from airflow_argo.translator.porting_triggers import left_callables

Left = tuple[int, str]
"""(line in the text that was looked at, what it is)."""

_LIMITS = {
    "sla": "a deadline (DeadlineAlert), or watch the run's duration",
    "sla_miss_callback": "a deadline (DeadlineAlert), or watch the run's duration",
}
_FIELD = re.compile(r"(?<!\{)\{(execution_date|(?:next|prev|tomorrow|yesterday)_\w+)[^{}]*\}(?!\})")
_WITHOUT_LIKE = re.compile(rf"(?<![\w.'\"])({'|'.join(WITHOUT_LIKE)})\b")


def left_defaults(new: str, *, kept: bool) -> Iterator[Left]:
    """What Airflow 2 did where a DAG says nothing, and no rule has written down.

    Args:
        kept: it was written down wherever it can be told.
    """
    tree = ast.parse(new)
    yield from _unknown_defaults(tree) if kept else _defaults(tree)
    for node in dags_in(tree):
        schedule = {keyword.arg: keyword.value for keyword in node.keywords}.get("schedule")
        never = schedule is None or (isinstance(schedule, ast.Constant) and schedule.value is None)
        if not never and not may_begin(node, tree):
            yield (
                node.lineno,
                "Airflow 2 ran a DAG without a start_date by hand only, Airflow 3 by its schedule: say start_date",
            )


def left_by_hand(new: str) -> Iterator[Left]:
    """What a file asks for that means something else, or nothing, in Airflow 3."""
    tree = ast.parse(new)
    yield from _fields(tree)
    yield from left_callables(tree)
    for node in ast.walk(tree):
        yield from _pulls(node)
        yield from _subdags(node)
        yield from _replaced(node)
        yield from _names(node)


def _defaults(tree: ast.Module) -> Iterator[Left]:
    for node in dags_in(tree):
        given = {keyword.arg for keyword in node.keywords}
        if "catchup" not in given:
            yield node.lineno, "Airflow 2 made up missed runs unless told otherwise, Airflow 3 doesn't: say catchup"
        if not given & {"schedule", "timetable"} and len(node.args) < 3:
            yield node.lineno, "Airflow 2 ran a DAG daily unless told otherwise, Airflow 3 doesn't: say schedule"


def _unknown_defaults(tree: ast.Module) -> Iterator[Left]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in ("DAG", "dag") and sets_by_stars(node):
            if says(node, "schedule", tree):
                continue
            yield node.lineno, "Airflow 2 ran a DAG daily unless told otherwise, and what ** sets can't be told: say schedule"


def left_of_gone(old: str) -> Iterator[Left]:
    """What a file asked for that was taken out of it, and meant something."""
    tree = ast.parse(old)
    yield from _limits(tree)
    yield from _connections(tree, old)
    yield from left_skips(tree)


def _limits(tree: ast.Module) -> Iterator[Left]:
    """Arguments that Airflow 3 doesn't have, and those among default_args."""
    for node in ast.walk(tree):
        for name, value in _given(node):
            if name in _LIMITS and not (isinstance(value, ast.Constant) and value.value is None):
                yield value.lineno, f"Airflow 3 has no {name}: use {_LIMITS[name]}"


def _connections(tree: ast.Module, old: str) -> Iterator[Left]:
    """Connections of operators of single databases among default_args, which SQLExecuteQueryOperator calls otherwise."""
    keys = {key for operator, key in SQL_CONNECTIONS.items() if operator in old}
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for name, value in _given(node):
                if name in keys:
                    yield value.lineno, f"SQLExecuteQueryOperator has no {name}: give it conn_id"


def _given(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Names and values in a call or a dict."""
    if isinstance(node, ast.Call):
        yield from ((keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg)
    elif isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        yield from ((key.value, value) for key, value in pairs if isinstance(key, ast.Constant) and isinstance(key.value, str))


def _pulls(node: ast.AST) -> Iterator[Left]:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "xcom_pull":
        return
    if not node.args and not {"task_ids", None} & {keyword.arg for keyword in node.keywords}:
        yield node.lineno, "xcom_pull without task_ids looked at all tasks, and looks at its own in Airflow 3: name the task"


def _subdags(node: ast.AST) -> Iterator[Left]:
    if isinstance(node, ast.Call) and name_of(node.func) == "SubDagOperator":
        yield node.lineno, "Airflow 3 has no SubDagOperator: make its tasks a TaskGroup of the DAG"


def _replaced(node: ast.AST) -> Iterator[Left]:
    """Imports of classes that providers no longer have."""
    if isinstance(node, ast.ImportFrom) and str(node.module).startswith("airflow.providers."):
        for name in (alias.name for alias in node.names if alias.name in REPLACED):
            yield node.lineno, f"its provider has no {name} any more: use {REPLACED[name]}"


def _fields(tree: ast.Module) -> Iterator[Left]:
    """Fields of texts such as '{execution_date.year}', which `text.format(**context)` fills, whose names the context lost."""
    formats = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and name_of(node.func) == "format"]
    given = {keyword.arg for call in formats for keyword in call.keywords}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for name in dict.fromkeys(_FIELD.findall(node.value)):
                if name not in given and (name in WITHOUT_LIKE or today_in_python(name, str)):
                    today = today_in_python(name, str)
                    cure = f"make it of {today.text}" if today else f"({WITHOUT_LIKE[name]}) take it out, or compute it"
                    yield node.lineno, f"if a text is filled from the context, Airflow 3 has no '{name}' for it: {cure}"


def _names(node: ast.AST) -> Iterator[Left]:
    """Names of the context without a like, in templates and as keys of it."""
    found: list[str] = []
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        found = [name for tag in TAG.findall(node.value) for name in _WITHOUT_LIKE.findall(tag)]
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and name_of(node.value) in CONTEXT:
        found = [name for name in WITHOUT_LIKE if name == node.slice.value]
    for name in dict.fromkeys(found):
        what = f"Airflow 3 has no '{name}' ({WITHOUT_LIKE[name]}): take it out, or compute it"
        yield getattr(node, "lineno", 1), what

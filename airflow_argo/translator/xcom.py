"""XComs that a function pulls by itself: calls of `ti.xcom_pull` in its source, whose tasks' values are passed to its pod."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from airflow_argo.model.values import Value
from airflow_argo.translator.context import TaskContext
from airflow_argo.translator.parsed import nodes_in
from airflow_argo.translator.prior_dates import prior_pulls_in_python, report_prior_dates
from airflow_argo.translator.slices import Slice
from airflow_argo.translator.templates import NotConvertible, Pull, pull_of

Xcoms = tuple[tuple[str, tuple[tuple[str, Value], ...]], ...]


def pulls_in(source: Slice, ctx: TaskContext) -> Xcoms:
    """Task id → key → value, for all that a function may pull. What it pulls must be said by constants."""
    found: dict[str, dict[str, Value]] = {}
    for text in (source.source, *source.modules.values()):
        for call in prior_pulls_in_python(text):
            report_prior_dates(call, ctx)
        for pull in _pulls(text, ctx):
            found.setdefault(pull.task_id, {})[pull.key] = ctx.pull(pull, sparse=True)
    return tuple((task_id, tuple(keys.items())) for task_id, keys in found.items())


def _pulls(text: str, ctx: TaskContext) -> Iterator[Pull]:
    for node in nodes_in(text):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "xcom_pull":
            try:
                yield from _pulls_of_call(node)
            except (ValueError, NotConvertible):
                if prior_pulls_in_python(ast.unparse(node)):
                    continue
                found = f"the function pulls by {ast.unparse(node)}, and only a run could tell what that is"
                ctx.report("AA205", found, "name the task by a constant, or take the value as an argument")


def _pulls_of_call(node: ast.Call) -> list[Pull]:
    args = [ast.literal_eval(arg) for arg in node.args]
    kwargs: dict[str, Any] = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in node.keywords}
    kwargs.pop("default", None)
    task_ids = kwargs.get("task_ids", args[0] if args else None)
    if isinstance(task_ids, list | tuple | set):
        rest = {name: value for name, value in kwargs.items() if name != "task_ids"}
        return [pull_of([task_id, *args[1:]], rest) for task_id in task_ids]
    return [pull_of(args, kwargs)]

"""XComs that a function pulls by itself: calls of `ti.xcom_pull` in its source, whose tasks' values are passed to its pod."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from airflow_argo.model.values import Value
from airflow_argo.translator.context import TaskContext
from airflow_argo.translator.parsed import nodes_in
from airflow_argo.translator.prior_dates import prior_pulls_in_python, report_prior_dates
from airflow_argo.translator.slices import LAMBDA, Slice
from airflow_argo.translator.templates import NotConvertible, Pull, pull_of

Xcoms = tuple[tuple[str, tuple[tuple[str, Value], ...]], ...]

_STRAIGHT_ON = (
    *(ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.With, ast.withitem, ast.Call, ast.keyword),
    *(ast.Attribute, ast.Subscript, ast.BinOp, ast.Compare, ast.List, ast.Tuple, ast.Dict, ast.JoinedStr, ast.FormattedValue),
)
"""Nodes that evaluate what is in them whenever they are."""


def pulls_in(source: Slice, ctx: TaskContext) -> tuple[Xcoms, list[str]]:
    """Task id → key → value, for all that a function may pull; ids of tasks that it may pull from though it must not.

    What it pulls must be said by constants. A function that several tasks share may pull from a task that isn't before each of
    them: it is refused where it does so for certain, and fails in the pod where it does so at all.
    """
    found: dict[str, dict[str, Value]] = {}
    unordered: dict[str, None] = {}
    for text in (source.source, *source.modules.values()):
        for call in prior_pulls_in_python(text):
            report_prior_dates(call, ctx)
        certain = _certain_calls(text, source.function)
        for node, pull in _pulls(text, ctx):
            if node not in certain and ctx.is_unordered(pull.task_id):
                unordered[pull.task_id] = None
            else:
                found.setdefault(pull.task_id, {})[pull.key] = ctx.pull(pull, sparse=True)
    return tuple((task_id, tuple(keys.items())) for task_id, keys in found.items()), list(unordered)


def _certain_calls(text: str, function: str) -> set[ast.AST]:
    """The calls in a function of this name that are made whenever it is called."""
    waiting: list[ast.AST] = []
    for defined in nodes_in(text):
        if isinstance(defined, ast.Lambda) and function == LAMBDA:
            waiting.append(defined.body)
        elif isinstance(defined, ast.FunctionDef | ast.AsyncFunctionDef) and defined.name == function:
            waiting += defined.body
    found: set[ast.AST] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            found.add(node)
        if isinstance(node, _STRAIGHT_ON):
            waiting += ast.iter_child_nodes(node)
    return found


def _pulls(text: str, ctx: TaskContext) -> Iterator[tuple[ast.Call, Pull]]:
    for node in nodes_in(text):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "xcom_pull":
            try:
                yield from ((node, pull) for pull in _pulls_of_call(node))
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

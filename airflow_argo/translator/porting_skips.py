"""`SkipMixin.skip`, which took a run, its date and tasks, and since Airflow 3 takes the task's instance and tasks.

Source: airflow/models/skipmixin.py of Airflow 1.10 and 2; airflow.sdk.bases.skipmixin. What code calls it is often what
ShortCircuitOperator was in Airflow 1.10: `self.skip(context['dag_run'], context['ti'].execution_date, tasks)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from airflow_argo.translator.porting_edits import Edit, name_of, span_of, text_in

_OLD = ("dag_run", "execution_date", "tasks")
_LOGS = frozenset({"debug", "info", "warning", "error", "exception", "print"})


def todays_skips(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """With the instance that the context has where it has the run."""
    for node, run, tasks in _skips(tree):
        if isinstance(run, ast.Subscript):
            first, _ = span_of(node.args[0] if node.args else node.keywords[0], data)
            _, end = span_of(node, data)
            new = text_in(run.value, data) + b'["ti"], ' + text_in(tasks, data)
            yield first, end - 1, new


def left_skips(old: ast.Module) -> Iterator[tuple[int, str]]:
    """Those that can't be ported, and those that are and end the task now before it is done."""
    functions = (node for node in ast.walk(old) if isinstance(node, ast.FunctionDef))
    last = {id(call) for node in functions for call in _last_calls(node.body)}
    for node, run, _ in _skips(old):
        if not isinstance(run, ast.Subscript):
            yield node.lineno, "skip() takes the task's instance and tasks in Airflow 3: skip(context['ti'], tasks)"
        elif id(node) not in last:
            yield node.lineno, "skip() ends the task in Airflow 3: what comes after it in the function isn't run"


def _skips(tree: ast.Module) -> Iterator[tuple[ast.Call, ast.expr, ast.expr]]:
    """Calls of `skip` with a run, a date and tasks: the call, the run, the tasks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "skip":
            given = dict(zip(_OLD, node.args, strict=False)) | {one.arg: one.value for one in node.keywords if one.arg in _OLD}
            if given.keys() == {*_OLD} and _says_the_run(given["dag_run"]):
                yield node, given["dag_run"], given["tasks"]


def _says_the_run(node: ast.expr) -> bool:
    key = node.slice if isinstance(node, ast.Subscript) else None
    return name_of(node) == "dag_run" or (isinstance(key, ast.Constant) and key.value == "dag_run")


def _last_calls(body: Sequence[ast.stmt]) -> Iterator[ast.Call]:
    """Calls that are the last thing that a function does, but for what it logs."""
    done = [one for one in body if not _does_nothing(one)]
    match done[-1:]:
        case [ast.Expr(value=ast.Call() as call)]:
            yield call
        case [ast.If(body=chosen, orelse=otherwise)]:
            yield from _last_calls(chosen)
            yield from _last_calls(otherwise)


def _does_nothing(node: ast.stmt) -> bool:
    match node:
        case ast.Return(value=None | ast.Constant(value=None)) | ast.Pass():
            return True
        case ast.Expr(value=ast.Call(func=called)):
            return name_of(called) in _LOGS
    return False

"""`python_callable` of Airflow 1.10's TriggerDagRunOperator: it decided whether a run is made, and gave it its payload.

Source: airflow/operators/dagrun_operator.py of 1.10. One that gives back the run as it was given it says nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from airflow_argo.translator.porting_edits import Edit, name_of, without_keywords

_OPERATOR: Final = "TriggerDagRunOperator"
_CALLABLE: Final = "python_callable"
_INSTEAD: Final = "say the payload as conf=, and let a ShortCircuitOperator before it decide whether to trigger"


def without_callables(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """Without those that give back the run as it was given them."""
    for node, given in _given(tree):
        if _gives_back_the_run(given.value, tree):
            yield from without_keywords(node, [given], data)


def left_callables(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Those that say something: (line, what is left to the author)."""
    for _, given in _given(tree):
        if not _gives_back_the_run(given.value, tree):
            yield given.value.lineno, f"{_OPERATOR} has no {_CALLABLE} since Airflow 2: {_INSTEAD}"


def _given(tree: ast.Module) -> Iterator[tuple[ast.Call, ast.keyword]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) == _OPERATOR:
            yield from ((node, keyword) for keyword in node.keywords if keyword.arg == _CALLABLE)


def _gives_back_the_run(value: ast.expr, tree: ast.Module) -> bool:
    """Whether a function of the context and the run does nothing but return the run."""
    if isinstance(value, ast.Lambda):
        return _is_second(value.args, value.body)
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and one.name == name_of(value)]
    if len(functions) != 1:
        return False
    *before, last = functions[0].body
    says_nothing = all(isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in before)
    return says_nothing and isinstance(last, ast.Return) and _is_second(functions[0].args, last.value)


def _is_second(arguments: ast.arguments, value: ast.expr | None) -> bool:
    return len(arguments.args) == 2 and isinstance(value, ast.Name) and value.id == arguments.args[1].arg

"""Compiling and running: parse, check against the environment, optimize, evaluate."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from airflow_argo.argo.expr.checker import check
from airflow_argo.argo.expr.errors import ExprError, ExprSyntaxError
from airflow_argo.argo.expr.evaluator import run
from airflow_argo.argo.expr.natures import Nature, nature_of
from airflow_argo.argo.expr.nodes import Builtin, Identifier, Let, Member, Node, String, walk
from airflow_argo.argo.expr.optimizer import optimize
from airflow_argo.argo.expr.parser import parse

_Signature = tuple[tuple[str, Nature], ...]


def evaluate_plain(source: str, environment: Mapping[str, Any]) -> Any:
    """The value of an expression of the bare language.

    Args:
        source: the expression.
        environment: the names that it may use, nested maps and all.
    Raises:
        ExprSyntaxError: the text is no expression.
        ExprError: it can't be right, or fails.
    """
    return run_compiled(source, compile_for(source, environment), environment)


def compile_for(source: str, environment: Mapping[str, Any]) -> Node:
    """The tree to run, checked against the types of an environment; kept for the next one of the same types.

    Raises:
        ExprSyntaxError: the text is no expression.
        ExprError: it can't be right.
    """
    overridden = frozenset(name for name in _builtins_called(source) if name in environment)
    types = tuple((name, nature_of(environment[name])) for name in _names(source, overridden) if name in environment)
    try:
        return _compiled(source, overridden, types)
    except RecursionError:
        raise ExprSyntaxError("the expression is nested too deeply", source) from None


def run_compiled(source: str, tree: Node, environment: Mapping[str, Any]) -> Any:
    """The value of a compiled expression.

    Raises:
        ExprError: a value doesn't fit.
    """
    try:
        return run(source, tree, environment)
    except RecursionError:
        raise ExprError("the expression is nested too deeply", source) from None


@lru_cache(maxsize=4096)
def _builtins_called(source: str) -> frozenset[str]:
    return frozenset(node.name for node in walk(parse(source)) if isinstance(node, Builtin))


@lru_cache(maxsize=4096)
def _names(source: str, overridden: frozenset[str]) -> tuple[str, ...]:
    """The first-level names that the check may ask for; names of `let` among them, since they may not hide others."""
    names: dict[str, None] = {}
    for node in walk(parse(source, overridden)):
        if isinstance(node, (Identifier, Let)):
            names.setdefault(node.name)
        elif isinstance(node, Member) and node.of == Identifier("$env") and isinstance(node.name, String):
            names.setdefault(node.name.value)
        elif isinstance(node, Builtin) and node.name == "get":
            names |= dict.fromkeys(part.value for part in node.arguments if isinstance(part, String))
    return tuple(name for name in names if name != "$env")


@lru_cache(maxsize=4096)
def _compiled(source: str, overridden: frozenset[str], types: _Signature) -> Node:
    tree = parse(source, overridden)
    check(source, tree, dict(types))
    return optimize(source, tree)

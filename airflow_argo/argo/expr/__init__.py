"""expr-lang (github.com/expr-lang/expr v1.17.8), the language of `{{= … }}`, `valueFrom.expression`, `depends` and conditions.

`evaluate` runs an expression as Argo does, over variables by dotted key and with Argo's functions; `evaluate_plain` runs
the bare language over nested maps. Values are those of `airflow_argo.argo.golang.values`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_argo.argo.expr.environment import ArgoEnvironment, argo_environment, has_variable
from airflow_argo.argo.expr.errors import ConditionError, ExprError, ExprSyntaxError, UnsupportedExpression
from airflow_argo.argo.expr.identifiers import identifiers
from airflow_argo.argo.expr.nodes import Node, Span
from airflow_argo.argo.expr.parser import parse
from airflow_argo.argo.expr.program import compile_for, evaluate_plain, run_compiled
from airflow_argo.argo.golang.values import format_string_verb
from airflow_argo.argo.scope import Scope

__all__ = [
    "ConditionError",
    "ExprError",
    "ExprSyntaxError",
    "Node",
    "Span",
    "UnsupportedExpression",
    "argo_environment",
    "evaluate",
    "evaluate_bool",
    "evaluate_plain",
    "has_variable",
    "identifiers",
    "parse",
]


def evaluate(source: str, variables: Scope | Mapping[str, object] | ArgoEnvironment) -> Any:
    """The value of an expression, as Argo evaluates it.

    Args:
        source: the expression.
        variables: by dotted key, a Scope where there are many; or an environment made by `argo_environment` before.
    Returns:
        A Go value in Python (`airflow_argo.argo.golang.values`); None is nil.
    Raises:
        ExprSyntaxError: the text is no expression.
        ExprError: it can't be right, or fails. ``str()`` is what Argo puts into a node's message.
    """
    environment = variables if isinstance(variables, ArgoEnvironment) else argo_environment(variables)
    return evaluate_plain(source, environment)


def evaluate_bool(source: str, environment: Mapping[str, Any]) -> bool:
    """A condition over nested maps or an environment, such as a hook's or a retryStrategy's `expression`.

    Raises:
        ExprSyntaxError: the text is no expression.
        ExprError: it can't be right; a ConditionError if it fails or gives no bool. Source: util/expr/argoexpr.
    """
    tree = compile_for(source, environment)
    try:
        result = run_compiled(source, tree, environment)
    except ExprError as error:
        raise ConditionError(f"unable to evaluate expression '{source}': {error}", source, error.span) from None
    if not isinstance(result, bool):
        raise ConditionError(f"unable to cast expression result '{format_string_verb(result)}' to bool", source)
    return result

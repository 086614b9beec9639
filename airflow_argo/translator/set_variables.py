"""Tasks that set Variables: those whose files call `Variable.set` or `Variable.delete`."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

from airflow_argo.diagnostics import Severity
from airflow_argo.translator.airflow_names import airflow_names
from airflow_argo.translator.own_modules import imports_of_text, own_modules
from airflow_argo.translator.parsed import nodes_in
from airflow_argo.translator.sources import text_of

if TYPE_CHECKING:
    from airflow_argo.translator.context import DagContext

_VARIABLE = "Variable"
_CHANGES = frozenset({"set", "delete", "update", "setdefault"})
"""What a Variable has that changes it, or may."""


def sets_variables(path: str) -> bool:
    """Whether a task of a DAG file, or what it calls of the author's modules that the file imports, may set a Variable."""
    return _any_sets(path, text_of(path))


@lru_cache(maxsize=8)
def _any_sets(_path: str, text: str) -> bool:
    return _sets(text) or any(map(_sets, own_modules(imports_of_text(text)).values()))


@lru_cache(maxsize=256)
def _sets(text: str) -> bool:
    """Whether a Python text has a call such as `Variable.set(…)`, by whatever name it imports that class."""
    if _VARIABLE not in text:
        return False
    nodes = nodes_in(text)
    imports = (alias for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names)
    names = {alias.asname or alias.name for alias in imports if alias.name == _VARIABLE}
    called = (node.func for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    return any(one.attr in _CHANGES and _is_variable(one.value, names) for one in called)


def _is_variable(of: ast.expr, names: set[str]) -> bool:
    if isinstance(of, ast.Name):
        return of.id in names
    return isinstance(of, ast.Attribute) and of.attr == _VARIABLE


def report_set_variables(ctx: DagContext) -> None:
    """Says what setting a Variable asks for."""
    secret = ctx.settings.required("variables_secret")
    if airflow_names().is_2:
        found = "its tasks set Variables, which others don't see: each has a database of its own in Airflow 2's image"
        ctx.report("AA247", found, "use an image with Airflow 3, or keep the value elsewhere", Severity.ERROR)
        return
    cure = f"let the service account patch and create the Secret '{secret}'"
    ctx.report("AA247", f"its tasks set Variables, which are keys of the Secret '{secret}'", cure)

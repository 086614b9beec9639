"""What a file uses as an attribute of one of Airflow's modules: `configuration.get`, `timezone.datetime`.

Ruff imports such a name alone. That is wrong where it is a method of an object now, and where the file calls something else so.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final, NamedTuple

from airflow_argo.translator.porting_edits import Edit, Rule, span_of
from airflow_argo.translator.porting_imports import called

_CONFIGURATION: Final = "airflow.configuration"
_CONF: Final = "conf"
_METHODS_OF_CONF = frozenset(
    {"get", "getboolean", "getint", "getfloat", "getsection", "as_dict", "set", "has_option", "remove_option"}
    | {"load_test_config"}
)
"""Functions of `airflow.configuration` before Airflow 3, which are methods of its `conf`: ruff takes `conf` alone for them."""

_MODULES = frozenset(
    f"airflow.{name}"
    for name in (
        "decorators",
        "models",
        *(f"models.{part}" for part in ("baseoperator", "connection", "dag", "param", "variable", "xcom")),
        "notifications.basenotifier",
        *(f"operators.{part}" for part in ("bash", "datetime", "email", "empty", "python", "subdag")),
        *(f"sensors.{part}" for part in ("base", "filesystem", "python", "time_delta")),
        *(f"utils.{part}" for part in ("dates", "edgemodifier", "helpers", "task_group", "timezone", "trigger_rule")),
    )
)
"""Modules some of whose names ruff moves, and imports alone then."""


_KNOWN_BY_NAME = frozenset({"DAG", "dag", "task", "task_group"})
"""What other rules know by what the file calls it."""


def methods_of_configuration(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """`configuration.get(…)` is `configuration.conf.get(…)`, whatever the file calls the module or the function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == _CONFIGURATION:
            gone = [alias for alias in node.names if alias.name in _METHODS_OF_CONF]
            kept = [alias for alias in node.names if alias not in gone]
            if gone:
                imported = ", ".join(ast.unparse(alias) for alias in [*kept, ast.alias(_CONF)])
                bound = "; ".join(f"{called(alias)} = {_CONF}.{alias.name}" for alias in gone)
                yield (*span_of(node, data), f"from {_CONFIGURATION} import {imported}; {bound}".encode())
    for use in _used_in(tree, frozenset({_CONFIGURATION})):
        if use.node.attr in _METHODS_OF_CONF:
            _, end = span_of(use.node.value, data)
            yield end, end, f".{_CONF}".encode()


def names_that_clash(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """`timezone.datetime` gets a name of its own in a file that calls something else `datetime`."""
    bound = _bound_in(tree)
    for use in _used_in(tree, _MODULES):
        name = use.node.attr
        if name in bound - _KNOWN_BY_NAME:
            own = f"{use.module.replace('.', '_')}_{name}"
            _, end = span_of(use.imported, data)
            yield end, end, f"; from {use.module} import {name} as {own}".encode()
            yield (*span_of(use.node, data), own.encode())


RULES: tuple[Rule, ...] = (methods_of_configuration, names_that_clash)
"""For texts that ruff hasn't seen yet."""


class _Use(NamedTuple):
    """An attribute of a module, the module's full name, and the statement that imports it."""

    node: ast.Attribute
    module: str
    imported: ast.stmt


def _used_in(tree: ast.Module, modules: frozenset[str]) -> Iterator[_Use]:
    known: dict[str, tuple[str, ast.stmt]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level:
            known |= {called(alias): (f"{node.module}.{alias.name}", node) for alias in node.names}
        elif isinstance(node, ast.Import):
            known |= {called(alias): (alias.name, node) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            module, imported = known.get(ast.unparse(node.value), ("", None))
            if imported is not None and module in modules:
                yield _Use(node, module, imported)


def _bound_in(tree: ast.Module) -> set[str]:
    """All names that something in a file is called, but for what is imported from Airflow by its own name."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] == "airflow":
                found |= {str(alias.asname) for alias in node.names if called(alias) != alias.name}
            case ast.Import() | ast.ImportFrom():
                found |= {called(alias) for alias in node.names}
            case ast.Name(ctx=ast.Store()):
                found.add(node.id)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.add(node.name)
            case ast.arg():
                found.add(node.arg)
    return found

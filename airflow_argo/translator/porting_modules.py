"""What a file uses as an attribute of one of Airflow's modules: `configuration.get`, `timezone.datetime`.

Ruff imports such a name alone. That is wrong where it is a method of an object now, and where the file calls something else so.
And what is in a module that is gone it reports, and leaves as it is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from airflow_argo.translator.porting_edits import Edit, Rule, span_of
from airflow_argo.translator.porting_imports import called
from airflow_argo.translator.porting_names import MOVED_MODULES, MOVED_NAMES

_CONFIGURATION: Final = "airflow.configuration"
_CONF: Final = "conf"
_HELPERS: Final = "airflow.utils.helpers"
_TIMEZONE: Final = "airflow.utils.timezone"
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


IN_OLD_PACKAGES = re.compile(r"airflow\.(contrib\.)?(operators|sensors|hooks|kubernetes)\.([a-z0-9_]+|S3_hook)")
"""Modules of packages that Airflow 3 hasn't any more, or not with the same in it."""

_OLD_PACKAGES = frozenset({"airflow.operators", "airflow.sensors", "airflow.hooks"})
"""Packages of Airflow 1.10 that had the classes of all their modules."""

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
    for use in _used_in(tree):
        if use.module == _CONFIGURATION and use.node.attr in _METHODS_OF_CONF:
            _, end = span_of(use.node.value, data)
            yield end, end, f".{_CONF}".encode()


def names_of_modules(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """`bash_operator.BashOperator` is `BashOperator`, imported from its module, as ruff's rules want it.

    `timezone.datetime` gets a name of its own in a file that calls something else `datetime`.
    """
    bound, uses = _bound_in(tree), [use for use in _used_in(tree) if _is_apart(use)]
    calls = {(use.node.attr, use.called) for use in uses}
    for use in uses:
        name = own = use.node.attr
        is_taken = name in bound or sum(name == other for other, _ in calls) > 1
        if is_taken and name not in _KNOWN_BY_NAME:
            own = f"{use.called.replace('.', '_')}_{name}"
            while own in bound:
                own += "_"
        elif not _is_old(use):
            continue
        _, end = span_of(use.imported, data)
        imported = name if own == name else f"{name} as {own}"
        yield end, end, f"\n{' ' * use.imported.col_offset}from {use.module} import {imported}".encode()
        yield (*span_of(use.node, data), own.encode())


def _is_apart(use: _Use) -> bool:
    """Whether ruff has a rule for a name, and not for its module."""
    return use.module in _MODULES or _is_old(use)


def _is_old(use: _Use) -> bool:
    """Whether the module is gone, or lacks the name: ruff reports such an attribute, or doesn't, and leaves it as it is."""
    if use.module == _HELPERS:
        return use.node.attr in ("chain", "cross_downstream")
    if use.module == _TIMEZONE:
        return (use.module, use.node.attr) in MOVED_NAMES
    is_old = use.module in MOVED_MODULES or use.module in _OLD_PACKAGES or IN_OLD_PACKAGES.fullmatch(use.module) is not None
    return use.node.attr[0].isupper() and is_old


RULES: tuple[Rule, ...] = (methods_of_configuration, names_of_modules)
"""For texts that ruff hasn't seen yet."""


class _Use(NamedTuple):
    """An attribute of a module, what the file calls the module, its full name, and a statement that imports it."""

    node: ast.Attribute
    called: str
    module: str
    imported: ast.stmt


def _used_in(tree: ast.Module) -> Iterator[_Use]:
    """The attributes of Airflow's modules; several times where several statements, of a `try` perhaps, import the module.

    `import airflow` imported them all: Airflow 1.10 imported its packages itself.
    """
    known: dict[str, list[tuple[str, ast.stmt]]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import) and not getattr(node, "level", 0):
            package = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                known.setdefault(called(alias), []).append((f"{package}{alias.name}", node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = ast.unparse(node.value)
            within = [(name, imported) for _, imported in known.get("airflow", ())] if name.startswith("airflow.") else []
            for module, imported in known.get(name, within):
                if module.startswith("airflow."):
                    yield _Use(node, name, module, imported)


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

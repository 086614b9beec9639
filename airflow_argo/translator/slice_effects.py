"""What statements of a DAG file set up beyond its own globals: packages, as `random.seed(1)` does."""

from __future__ import annotations

import ast
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import Any

from airflow_argo.translator.parsed import nodes_under
from airflow_argo.translator.statements import SourceFile, root_name

_UNSEEN = frozenset(
    [
        "airflow",
        "airflow_argo",
        "builtins",
        "gc",
        "json",
        "logging",
        "os",
        "pathlib",
        "pprint",
        "shutil",
        "subprocess",
        "sys",
        "time",
        "traceback",
        "warnings",
    ]
)
"""Packages that keep nothing that changes what a task gives out, or of which `import_effects` sees what they do."""
_UNSEEN_EVEN_SET = frozenset(["airflow", "airflow_argo", "logging", "os", "sys"])
"""Those of them in which what is set to something else changes nothing either."""
_MAKES_LOGGERS_OTHERWISE = frozenset(["addLevelName", "setLoggerClass", "setLogRecordFactory"])


def set_up_outside(
    file: SourceFile, nodes: Iterable[ast.stmt], imports: Iterable[str], module: Mapping[str, Any]
) -> str | None:
    """The package that a slice uses, or a package of it does, and a statement outside of it sets up; None if there is none.

    Args:
        nodes: the statements at the top of the file, and in blocks there, that aren't in the slice.
        imports: names of the modules that the slice imports.
        module: the globals of the file.
    """
    packages = {name.partition(".")[0] for name in imports}
    if not packages - _UNSEEN_EVEN_SET and "logging" not in packages:
        return None
    for node in _carried_out(file, nodes, module):
        if (package := _made_otherwise(node, module)) in packages:
            return f"'{package}'"
        for root in _acted_on(node):
            package = _package_of(root, file, module)
            if not package or package in _UNSEEN_EVEN_SET or (package in _UNSEEN and isinstance(node, ast.Expr)):
                continue
            if package in packages:
                return f"'{package}'"
            if user := next((one for one in sorted(packages) if package in _used_by(one, len(sys.modules))), None):
                return f"'{user}', and with it '{package}'"
    return None


@lru_cache(maxsize=64)
def _used_by(package: str, _loaded: int) -> frozenset[str]:
    """The packages whose modules those of an installed package hold, and of which they do: `pandas` calculates by `numpy`.

    Args:
        _loaded: how many modules there are: once there are more, it may hold others.
    """
    found, waiting = set[str](), {package}
    while waiting:
        of = waiting.pop()
        if of in sys.stdlib_module_names or of in _UNSEEN:
            continue
        modules = [module for name, module in list(sys.modules.items()) if name == of or name.startswith(f"{of}.")]
        held = {value.__name__.partition(".")[0] for one in modules for value in list(vars(one).values()) if _is_module(value)}
        waiting |= held - found
        found |= held
    return frozenset(found - {"builtins"})  # which any value may be of


def _made_otherwise(node: ast.stmt, module: Mapping[str, Any]) -> str:
    """Of the packages that mostly tasks can't see the settings of, the one that does something else after a statement.

    A custom level or class of loggers adds methods and names to `logging`; `warnings` may become errors.
    """
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id="setattr"), args=[ast.expr() as target, *_])):
            targets: list[ast.expr] = [target]
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name() as target, attr=attribute), args=args)):
            if attribute in _MAKES_LOGGERS_OTHERWISE:
                return _of_logging(target, module)
            makes_errors = any(isinstance(one, ast.Constant) and one.value == "error" for one in args)
            return "warnings" if makes_errors and module.get(target.id) is sys.modules.get("warnings") else ""
        case ast.Assign(targets=targets):
            targets = [one.value for one in targets if isinstance(one, ast.Attribute)]
        case _:
            return ""
    return next(filter(None, (_of_logging(target, module) for target in targets)), "")


def _of_logging(target: ast.expr, module: Mapping[str, Any]) -> str:
    """`logging` if an expression is that module, or a class of it."""
    value = module.get(root_name(target) or "")
    is_its = value is logging or (isinstance(value, type) and value.__module__.partition(".")[0] == "logging")
    return "logging" if is_its else ""


def _is_module(value: Any) -> bool:
    return type(value) is ModuleType  # others may be proxies, which import what they stand for when they are looked at


def _carried_out(file: SourceFile, nodes: Iterable[ast.stmt], module: Mapping[str, Any]) -> Iterator[ast.stmt]:
    """The statements, and those in functions of the file that they call."""
    waiting = [node for node in nodes if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    entered = set[str]()
    while waiting:
        node = waiting.pop()
        yield node
        for name in sorted(_called(node) - entered):
            entered.add(name)
            function = module.get(name)
            if isinstance(function, FunctionType) and function.__globals__ is module:
                found = (one for made in file.functions.get(name, ()) for one in nodes_under(made))
                waiting += [one for one in found if isinstance(one, ast.Expr | ast.Assign | ast.AugAssign | ast.Delete)]


@lru_cache(maxsize=1024)  # each slice of a file asks for the same
def _called(node: ast.stmt) -> frozenset[str]:
    """The names that a statement itself calls: those in a block are statements of their own."""
    parts = [one for one in ast.iter_child_nodes(node) if not isinstance(one, ast.stmt | ast.ExceptHandler)]
    calls = (one for part in parts for one in nodes_under(part) if isinstance(one, ast.Call))
    return frozenset(call.func.id for call in calls if isinstance(call.func, ast.Name))


def _acted_on(node: ast.stmt) -> Iterator[str]:
    """The names of what a statement calls for its effect, or whose attributes and items it sets."""
    match node:
        case ast.Expr(value=ast.Call() as call):
            found: list[ast.expr] = [call]
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            found = [one for one in targets if isinstance(one, ast.Attribute | ast.Subscript)]
        case ast.AugAssign(target=ast.Attribute() | ast.Subscript() as target):
            found = [target]
        case _:
            return
    yield from (root for one in found if (root := root_name(one)))


def _package_of(name: str, file: SourceFile, module: Mapping[str, Any]) -> str:
    """The package that a name of the file is of: one that it imports, or Python's that made the object."""
    value = module.get(name)
    if isinstance(value, ModuleType):
        return value.__name__.partition(".")[0]
    for found in file.binding(name):
        if isinstance(found.node, ast.ImportFrom) and found.node.module and not found.node.level:
            return found.node.module.partition(".")[0]
    package = type(value).__module__.partition(".")[0]
    return package if package in sys.stdlib_module_names else ""

"""What statements of a DAG file set up beyond its own globals: packages, as `random.seed(1)` does."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

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


def set_up_outside(
    file: SourceFile, nodes: Iterable[ast.stmt], imports: Iterable[str], module: Mapping[str, Any]
) -> str | None:
    """The package that a slice uses and a statement outside of it sets up; None if there is nothing of the kind.

    Args:
        nodes: the statements at the top of the file, and in blocks there, that aren't in the slice.
        imports: names of the modules that the slice imports.
        module: the globals of the file.
    """
    packages = {name.partition(".")[0] for name in imports} - _UNSEEN_EVEN_SET
    if not packages:
        return None
    for node in _carried_out(file, nodes, module):
        for root in _acted_on(node):
            package = _package_of(root, file, module)
            if package in packages and (package not in _UNSEEN or not isinstance(node, ast.Expr)):
                return f"'{package}'"
    return None


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
                found = (one for made in file.functions.get(name, ()) for one in ast.walk(made))
                waiting += [one for one in found if isinstance(one, ast.Expr | ast.Assign | ast.AugAssign | ast.Delete)]


def _called(node: ast.stmt) -> set[str]:
    """The names that a statement itself calls: those in a block are statements of their own."""
    parts = [one for one in ast.iter_child_nodes(node) if not isinstance(one, ast.stmt | ast.ExceptHandler)]
    calls = (one for part in parts for one in ast.walk(part) if isinstance(one, ast.Call))
    return {call.func.id for call in calls if isinstance(call.func, ast.Name)}


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

"""What the functions and classes of a file take themselves: arguments of theirs have Airflow's names by chance."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def parameters_of_own(tree: ast.Module) -> Mapping[str, set[str]]:
    """The parameters that functions, methods and classes of a file name, by what these are called."""
    taken: defaultdict[str, set[str]] = defaultdict(set)
    classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    for node in ast.walk(tree):
        if isinstance(node, _Function) and not node.name.startswith("__"):
            taken[node.name] |= _named_by(node)
        elif isinstance(node, ast.ClassDef):
            taken[node.name] |= _taken_by(node, classes)
    return taken


def classes_with_bases(tree: ast.Module) -> frozenset[str]:
    """Classes of a file with bases, which may take what their bases do."""
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.bases)


def modules_of_names(tree: ast.Module) -> dict[str, str]:
    """The modules that a file's imports are of, by the names that they bind."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name: "." * node.level + (node.module or "") for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.asname or alias.name.partition(".")[0]: alias.name for alias in node.names}
    return found


def is_airflows(module: str | None) -> bool:
    """Whether a module is one of Airflow's."""
    return module is not None and module.partition(".")[0] == "airflow"


def root_of(node: ast.expr) -> str | None:
    """`a` of `a`, of `a.b.c` and of `a.b(1).c`."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else None


def constructor_of(node: ast.ClassDef) -> _Function | None:
    """The `__init__` that a class itself has."""
    return next((one for one in node.body if isinstance(one, _Function) and one.name == "__init__"), None)


def _taken_by(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> set[str]:
    """What a class takes by its constructor, its fields, and those of its bases in the file that it leaves to them."""
    constructor = constructor_of(node)
    fields = {one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)}
    taken = fields | (_named_by(constructor) if constructor else set())
    if constructor is None or constructor.args.kwarg:
        others = {name: other for name, other in classes.items() if other is not node}
        for base in node.bases:
            if isinstance(base, ast.Name) and base.id in others:
                taken |= _taken_by(others[base.id], others)
    return taken


def _named_by(node: _Function) -> set[str]:
    return {one.arg for one in (*node.args.args, *node.args.kwonlyargs)}

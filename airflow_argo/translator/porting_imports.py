"""Where ruff's rules move a name, asked for the name alone.

Ruff moves an import and renames what is used of it. It doesn't where nothing is used of it, since the file imports that again,
and can't where the import gives another name or stands in a `try`, and then takes back all its changes of that file. Here only
the import is moved, and what it is called in the file stays.
"""

from __future__ import annotations

import ast
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

Name = tuple[str, str]
"""(module, name in it)."""

_SETTLED = ("airflow.sdk", "airflow.providers.standard")
_homes: dict[Name, Name] = {}
"""What ruff said so far; a name that it doesn't move is its own home."""


def guarded_imports(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    """Imports of Airflow's under other names, those in a `try`, and those of names that are imported more than once."""
    yield from (node for node in _guarded(tree) if _names_of(node))


def all_imports(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    """All imports of Airflow's names."""
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and _names_of(node))


def handed_on(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    """Imports of names of Airflow's some of which the file itself doesn't use, and others may import from it."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    yield from (node for node in all_imports(tree) if not used.issuperset(map(called, node.names)))


def moved(nodes: Iterable[ast.ImportFrom], ask: Callable[[Path], object]) -> Iterator[tuple[ast.ImportFrom, str]]:
    """Imports of which ruff would move something, and what they are then, in one line.

    Args:
        ask: applies ruff's rules to the files of a folder.
    """
    found = list(nodes)
    _learn({name for node in found for name in _names_of(node)}, ask)
    for node in found:
        homes = [_homes[name] for name in _names_of(node)]
        if homes != _names_of(node):
            yield node, statements(node, homes)


def _guarded(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    tried = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Try) for inner in ast.walk(node)}
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    times = Counter(called(alias) for node in imports for alias in node.names)
    for node in imports:
        if id(node) in tried or any(called(alias) != alias.name or times[called(alias)] > 1 for alias in node.names):
            yield node


def called(alias: ast.alias) -> str:
    """What an import calls a name in the file."""
    return alias.asname or alias.name


def _names_of(node: ast.ImportFrom) -> list[Name]:
    module = node.module or ""
    if node.level or not (module == "airflow" or module.startswith("airflow.")) or module.startswith(_SETTLED):
        return []
    return [] if any(alias.name == "*" for alias in node.names) else [(module, alias.name) for alias in node.names]


def statements(node: ast.ImportFrom, homes: list[Name]) -> str:
    """An import's names from elsewhere, called what they were: one statement a module, in one line."""
    by_module: dict[str, list[str]] = {}
    for alias, (module, name) in zip(node.names, homes, strict=True):
        by_module.setdefault(module, []).append(name if called(alias) == name else f"{name} as {called(alias)}")
    return "; ".join(f"from {module} import {', '.join(names)}" for module, names in by_module.items())


def _learn(names: set[Name], ask: Callable[[Path], object]) -> None:
    unknown = sorted(names - _homes.keys())
    if not unknown:
        return
    with tempfile.TemporaryDirectory(prefix="airflow-argo-") as folder:
        files = {Path(folder) / f"name_{number}.py": name for number, name in enumerate(unknown)}
        for file, (module, name) in files.items():
            file.write_text(f"from {module} import {name}\n\n{name}()\n", encoding="utf-8")
        ask(Path(folder))
        for file, one in files.items():
            _homes[one] = _home_in(ast.parse(file.read_text(encoding="utf-8")), one)


def _home_in(tree: ast.Module, name: Name) -> Name:
    """Where the name that is called comes from; the name itself, if that can't be told."""
    values = [node.value for node in tree.body if isinstance(node, ast.Expr)]
    found = next((value.func for value in values if isinstance(value, ast.Call)), None)
    if not isinstance(found, ast.Name):
        return name
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    homes = [(str(node.module), alias.name) for node in imports for alias in node.names if called(alias) == found.id]
    return homes[-1] if homes else name

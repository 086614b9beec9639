"""The author's own modules: which of those that a Python text imports are his, and their texts. Nothing is imported for it."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from airflow_argo.translator.parsed import called_name, nodes_in
from airflow_argo.translator.sources import is_authors, text_of

READ_PACKAGES = frozenset({"importlib.resources", "importlib_resources", "pkg_resources", "pkgutil"})
"""Modules by which one reads files of packages."""

_NAME_MODULES = frozenset(
    ["__import__", "import_module", "contents", "files", "get_data", "open_binary", "open_text", "read_binary", "read_text"]
)
"""Functions whose first argument is the name of a module, of Python's importlib and pkgutil."""


@lru_cache(maxsize=256)
def imports_of_text(text: str, package: str = "") -> tuple[str, ...]:
    """The modules that a Python text imports, by their names; `from a import b` may mean `a.b` too.

    Args:
        package: the one that the text is a module of, for relative imports.
    """
    return tuple(_imports(text, package))


def _imports(text: str, package: str) -> Iterator[str]:
    for node in nodes_in(text):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            module = _absolute(node, package)
            if module:
                yield module
                yield from (f"{module}.{alias.name}" for alias in node.names if alias.name != "*")
        elif isinstance(node, ast.Call):
            yield from _imported_by(node)


def _imported_by(call: ast.Call) -> Iterator[str]:
    """The module that `import_module("a.b")` or `__import__("a.b")` imports, and the package of which `files("a.b")` reads."""
    if called_name(call) in _NAME_MODULES:
        given = (keyword.value for keyword in call.keywords if keyword.arg in ("name", "package", "anchor"))
        for name in (*call.args[:1], *given):
            if isinstance(name, ast.Constant) and isinstance(name.value, str) and not name.value.startswith("."):
                yield name.value


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parents = package.split(".") if package else []
    kept = parents[: len(parents) - node.level + 1]
    return ".".join([*kept, *([node.module] if node.module else [])])


def own_modules(imports: Iterable[str]) -> dict[str, str]:
    """Name → text of the author's modules among these, and of those that they import; of packages without a file ''."""
    found: dict[str, str] = {}
    waiting, others = list(imports), set[str]()
    while waiting:
        name = waiting.pop()
        for part in _with_parents(name):
            if part in found:
                continue
            place = None if part in others else own_place(part)
            if place is None:
                others.add(part)  # and so is all that is in it
                break
            found[part] = text_of(place) if place.suffix == ".py" else ""
            package = part if place.name == "__init__.py" or place.suffix != ".py" else part.rpartition(".")[0]
            waiting += imports_of_text(found[part], package)
    return dict(sorted(found.items()))


def own_place(name: str) -> Path | None:
    """The file of a module of the author's, or the folder of a package of his without one; None if it isn't his, or none."""
    spec = _spec_of(name)
    return None if spec is None else _own_place_of(spec)


def _own_place_of(spec: ModuleSpec) -> Path | None:
    if is_authors(spec.origin):
        return Path(str(spec.origin)).resolve()
    folders = list(spec.submodule_search_locations or ()) if spec.origin is None else []
    return Path(folders[0]).resolve() if folders and is_authors(f"{folders[0]}/__init__.py") else None


def _spec_of(name: str) -> ModuleSpec | None:
    """A module's spec, found without importing the packages that it is in."""
    first, *rest = name.split(".")
    loaded = sys.modules.get(first)
    try:
        spec = getattr(loaded, "__spec__", None) or importlib.util.find_spec(first)
    except (ImportError, ValueError):
        return None
    place = first
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            return None
        place = f"{place}.{part}"
        spec = PathFinder.find_spec(place, list(spec.submodule_search_locations))
    return spec


def _with_parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))]


def names_of(modules: Iterable[str]) -> list[str]:
    """Of names of loaded modules, those of the author's."""
    found = []
    for name in modules:
        spec = getattr(sys.modules.get(name), "__spec__", None)
        if spec is not None and _own_place_of(spec) is not None:
            found.append(name)
    return found

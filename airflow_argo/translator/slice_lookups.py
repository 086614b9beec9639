"""What the text of a slice, and the modules that travel with it, look up where only a whole file and its folder have it."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from typing import Final

from airflow_argo.translator.own_modules import READ_PACKAGES, imports_of_text, own_modules
from airflow_argo.translator.parsed import called_name, names_read, nodes_in

FILE: Final = "__file__"
CURE_OF_FILE: Final = "pass what is read there as an argument, or run the task in an Airflow image"
CURE_OF_NAMES: Final = "name what it uses, or run the task in an Airflow image"

_SUBCLASSES: Final = "__subclasses__"
_FINDS_GLOBALS = re.compile(r"__globals__|\bf_globals\b|\bgetmodule\b|\b(modules\[|import_module\()[\w.()]+\.__module__")
_IMPORT: Final = frozenset({"__import__", "import_module"})


def looked_up(source: str, modules: Mapping[str, str], imports: Collection[str], file: str) -> tuple[str, str] | None:
    """What is looked up, as the end of a sentence about the slice, and the cure.

    Args:
        modules: name → text of the author's modules that travel.
        imports: what the slice and those import.
        file: the text of the DAG file.
    """
    if reading := sorted(READ_PACKAGES & {*imports}):
        return f"it reads files of packages, by {reading[0]}", CURE_OF_FILE
    if any(_SUBCLASSES in text for text in (source, *modules.values())):
        return "it looks for subclasses, which nothing else names", CURE_OF_NAMES
    if found := _FINDS_GLOBALS.search(source):
        return f"it looks its own module up, by {found[0]}", CURE_OF_NAMES
    if any(map(_imports_by_value, (source, *modules.values()))) and own_modules(imports_of_text(file)):
        return "it imports a module by a name that is made when it runs", CURE_OF_NAMES
    for name, text in modules.items():
        if FILE in text and FILE in names_read(nodes_in(text)):
            return f"its module {name} reads {FILE}, and only a file has a path", CURE_OF_FILE
    return None


def _imports_by_value(text: str) -> bool:
    """Whether the first argument of `import_module` or `__import__` is no text that stands there."""
    if not any(name in text for name in _IMPORT):
        return False
    calls = [node for node in nodes_in(text) if isinstance(node, ast.Call)]
    names = [node.args[0] for node in calls if node.args and called_name(node) in _IMPORT]
    return any(not (isinstance(name, ast.Constant) and isinstance(name.value, str)) for name in names)

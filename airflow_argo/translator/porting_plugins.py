"""What Airflow 1.10 gave at the top of its packages, its own and what plugins put there: `from airflow.operators import Mine`.

What is of a plugin is imported from where the author wrote it, in the folder of plugins. Nothing is imported to find it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from airflow_argo.translator.dag_folders import dags_folder_of, plugins_of
from airflow_argo.translator.porting_edits import Edit, Rule, name_of, span_of
from airflow_argo.translator.porting_imports import statements
from airflow_argo.translator.porting_names import AT_THE_TOP, OLD_HOMES

PACKAGES = ("airflow.operators", "airflow.sensors", "airflow.hooks", "airflow.executors", "airflow.macros")
_MOST_FILES = 500


def old_homes(path: Path) -> Rule:
    """`from airflow.operators import BashOperator`, as Airflow 1.10 had it, by the module that ruff knows.

    Args:
        path: of the file, beside whose folder plugins may be that Airflow 1.10 put into its packages.
    """

    def rule(tree: ast.Module, data: bytes) -> Iterator[Edit]:
        for node in ast.walk(tree):
            module = (isinstance(node, ast.ImportFrom) and not node.level and node.module) or ""
            if isinstance(node, ast.ImportFrom) and module.startswith(PACKAGES) and node.names[0].name != "*":
                old = [OLD_HOMES.get(alias.name) if module in AT_THE_TOP else None for alias in node.names]
                homes = [
                    home or plugins_around(path).home(module, alias.name) or module
                    for home, alias in zip(old, node.names, strict=True)
                ]
                if set(homes) != {module}:
                    names = [(home, alias.name) for home, alias in zip(homes, node.names, strict=True)]
                    yield (*span_of(node, data), statements(node, names).encode())

    return rule


@dataclass(slots=True)
class Plugins:
    """The plugins of a folder.

    Attributes:
        classes: module of the plugins' folder that defines a class or function → its names.
        given: name of a plugin → names of what it gives.
    """

    classes: dict[str, set[str]] = field(default_factory=dict)
    given: dict[str, set[str]] = field(default_factory=dict)

    def home(self, module: str, name: str) -> str | None:
        """The module that has what a plugin put into one of Airflow's packages; None if none did, or several have it."""
        package = next((one for one in PACKAGES if module == one or module.startswith(f"{one}.")), None)
        if package is None:
            return None
        plugin = module.removeprefix(package).removeprefix(".")
        given = self.given.get(plugin, set()) if plugin else set().union(*self.given.values())
        homes = [one for one, names in self.classes.items() if name in names] if name in given else []
        return homes[0] if len(homes) == 1 else None


def plugins_around(path: Path) -> Plugins:
    """The plugins beside the folder of all DAGs that a file is in."""
    folder = plugins_of(dags_folder_of(path, None))
    return Plugins() if folder is None else _plugins_in(folder)


@lru_cache(maxsize=16)
def _plugins_in(folder: Path) -> Plugins:
    found = Plugins()
    for file in sorted(folder.rglob("*.py"))[:_MOST_FILES]:
        try:
            tree = ast.parse(file.read_bytes())
        except (OSError, SyntaxError):
            continue
        parts = file.relative_to(folder).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and any(name_of(base) == "AirflowPlugin" for base in node.bases):
                _add_plugin(node, found)
            elif isinstance(node, ast.ClassDef | ast.FunctionDef) and module:
                found.classes.setdefault(module, set()).add(node.name)
    return found


def _add_plugin(plugin: ast.ClassDef, found: Plugins) -> None:
    """Its name, and all that lists in its class name."""
    values = {target.id: node.value for node in plugin.body for target, node in _assigned(node)}
    name = values.get("name")
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        lists = (value.elts for value in values.values() if isinstance(value, ast.List | ast.Tuple))
        found.given.setdefault(name.value, set()).update(filter(None, (name_of(one) for elements in lists for one in elements)))


def _assigned(node: ast.stmt) -> Iterator[tuple[ast.Name, ast.Assign]]:
    if isinstance(node, ast.Assign):
        yield from ((target, node) for target in node.targets if isinstance(target, ast.Name))

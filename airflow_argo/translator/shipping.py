"""What goes with an operator that runs in an Airflow image: the DAG file, the files that it needs, and the pod's program.

All tasks of a DAG share these files, and their template holds them once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_argo.translator.dag_folders import folder_of, modules_of
from airflow_argo.translator.data_files import contents, data_files, files_elsewhere
from airflow_argo.translator.named_files import looks_secret, named_files
from airflow_argo.translator.own_modules import imports_of_text, own_modules, own_place
from airflow_argo.translator.sources import text_of
from airflow_argo.translator.template_files import template_files

if TYPE_CHECKING:
    from airflow_argo.translator.context import DagContext

MAX_BYTES = 600 * 1024
"""Argo keeps a workflow in one object of at most 1 MiB, and needs room for its state in it."""

MAX_NAMED_BYTES = 200 * 1024
"""Of files that tasks may read."""
TOO_LARGE = "with others that they may read it is too large"
HELD_BACK = "it looks like a secret"
"""Why one of those doesn't travel."""

PACKAGE = "airflow_task"
"""The name under which `airflow_argo.pod.airflow_task` lies beside the pod's program."""


@dataclass(frozen=True, slots=True)
class Shipment:
    """The files for the operators of a DAG.

    Attributes:
        name: the DAG file's path below the folder that it is imported from.
        path: where the DAG file is in the image; None if it travels.
        beside: name → text of the files in the pod.
        texts: name → text of all Python files among the author's.
        elsewhere: files outside the DAG file's folder that it read, and that don't travel.
        left: files that tasks may read, and that don't travel: the path, and why.
    """

    name: str
    path: str | None
    beside: tuple[tuple[str, str], ...]
    texts: dict[str, str]
    elsewhere: tuple[Path, ...] = ()
    left: tuple[tuple[Path, str], ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the texts, as they are."""
        return sum(len(text.encode()) for _, text in self.beside)


def shipment_of(ctx: DagContext) -> Shipment:
    """The files for the operators of a DAG."""
    text = text_of(ctx.path)
    root = folder_of(ctx.dag)
    name = Path(ctx.path).resolve().relative_to(root).as_posix()
    imports = [*imports_of_text(text), *modules_of(ctx.dag)]
    # what a pod needs of us is there: see pod.airflow_task.as_written
    modules = _own_files(name for name in imports if name.split(".")[0] != "airflow_argo")
    in_image = ctx.settings["dags_in_image"]
    texts = {name: text, **modules}
    if in_image is not None:
        return Shipment(name, f"{in_image.rstrip('/')}/{name}", _pods_part(), texts)
    read = data_files(ctx.dag, root, _packages_outside(imports, root))
    named = {path: path.relative_to(root).as_posix() for path in named_files(texts.values(), Path(ctx.path), root)}
    secret = {path for path in (*read, *named) if looks_secret(path)}
    sent = [path for path in read if path not in secret]
    sent += _within([path for path in named if path not in (*secret, *sent)], MAX_NAMED_BYTES)
    left = [(path, HELD_BACK if path in secret else TOO_LARGE) for path in dict.fromkeys((*read, *named)) if path not in sent]
    others: dict[str, Any] = {
        **modules,
        **template_files(ctx.dag, root),
        **contents({path: {**named, **read}[path] for path in sent}),
    }
    beside = [*_pods_part(), ("dag_file", text)]
    if others:
        beside.append(("dag_files", json.dumps(others, ensure_ascii=False, indent=0)))
    return Shipment(name, None, tuple(beside), texts, tuple(files_elsewhere(ctx.dag, read)), tuple(left))


def _within(paths: Iterable[Path], most: int) -> list[Path]:
    """Of some files, the smallest that have no more bytes together."""
    taken: list[Path] = []
    for path in sorted(paths, key=lambda one: one.stat().st_size):
        most -= path.stat().st_size
        if most >= 0:
            taken.append(path)
    return taken


@cache
def _pods_part() -> tuple[tuple[str, str], ...]:
    folder = files("airflow_argo.pod") / "airflow_task"
    found = sorted((entry.name, entry.read_text(encoding="utf-8")) for entry in folder.iterdir() if entry.name.endswith(".py"))
    return tuple((f"{PACKAGE}/{name}", text) for name, text in found)


def _packages_outside(imports: Iterable[str], root: Path) -> dict[Path, str]:
    """Folder → name of the author's packages among those imported that aren't below the root."""
    found: dict[Path, str] = {}
    for name in dict.fromkeys(module.partition(".")[0] for module in own_modules(imports)):
        place = own_place(name)
        folder = None if place is None else place.parent if place.name == "__init__.py" else place
        if folder is not None and folder.suffix != ".py" and root not in folder.parents:
            found[folder] = name
    return found


def _own_files(imports: Iterable[str]) -> dict[str, str]:
    """Path below the root → text of the author's modules among those imported, each where its name says."""
    found: dict[str, str] = {}
    for module, text in own_modules(imports).items():
        place = own_place(module)
        assert place is not None
        folder = module.replace(".", "/")
        if place.suffix == ".py":  # the others are packages without a file
            found[f"{folder}/__init__.py" if place.name == "__init__.py" else f"{folder}.py"] = text
    return found

"""The folders that a DAG file's modules are imported from. Source: airflow.settings, prepare_syspath_for_dags_folder.

Airflow has the folder of all DAGs on its path, and that of plugins, at the end. A file's own folder is the last resort here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_FOLDER = "_airflow_argo_folder"
_MODULES = "_airflow_argo_modules"
_USUAL_NAME = "dags"


def dags_folder_of(file: Path, said: str | None) -> Path:
    """The folder of all DAGs: as it is said, as Airflow has it, or one named `dags` that the file is in; else its own."""
    own = file.resolve().parent
    folders = (own, *own.parents)
    for folder in (said, _configured()):
        if folder and (real := Path(folder).resolve()) in folders:
            return real
    return next((folder for folder in folders if folder.name == _USUAL_NAME), own)


def _configured() -> str | None:
    if "airflow.configuration" not in sys.modules:
        return None
    from airflow.configuration import conf

    folder: str | None = conf.get("core", "dags_folder", fallback=None)
    return folder


@contextmanager
def importable(file: Path, said: str | None = None) -> Iterator[Path]:
    """Modules beside a DAG file can be imported meanwhile; afterwards the path is as it was, whatever the file did to it.

    Yields:
        The folder of all DAGs.
    """
    before = list(sys.path)
    dags_folder = dags_folder_of(file, said)
    folders = dict.fromkeys((str(dags_folder), str(file.resolve().parent)))
    sys.path += [folder for folder in folders if folder not in sys.path]
    try:
        yield dags_folder
    finally:
        sys.path[:] = before


@contextmanager
def forgotten() -> Iterator[None]:
    """Modules of the author's that are imported meanwhile are forgotten: in another file their names may mean others."""
    from airflow_argo.translator.own_modules import names_of

    before = set(sys.modules)
    try:
        yield
    finally:
        for name in names_of(set(sys.modules) - before):
            sys.modules.pop(name, None)


def remember_folder(dag: Any, folder: Path, modules: Sequence[str]) -> None:
    """Notes a DAG's folder, and which modules of the author's were imported with its file."""
    setattr(dag, _FOLDER, folder)
    setattr(dag, _MODULES, [name for name in modules if not name.startswith("unusual_prefix_")])


def folder_of(dag: Any) -> Path:
    """The folder of all DAGs, for the file that a DAG was made by."""
    found: Path | None = getattr(dag, _FOLDER, None)
    return found or Path(os.path.realpath(str(dag.fileloc))).parent


def modules_of(dag: Any) -> list[str]:
    """Names of the author's modules that were imported with the DAG's file."""
    found: list[str] = getattr(dag, _MODULES, [])
    return found

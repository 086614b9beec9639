"""The folders that a DAG file's modules are imported from. Source: airflow.settings, prepare_syspath_for_dags_folder.

Airflow has the folder of all DAGs on its path, and that of plugins, at the end; here also the folder `plugins` beside one named
`dags`, as in a home of Airflow's. Last resorts are a file's own folder, and what else is beside that of all DAGs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from airflow_argo.translator.sources import LastFolders

DAG_FILES = "unusual_prefix_"
"""What the names of modules begin with that DAG files are loaded as. Source: DagBag, _load_modules_from_file."""
_FOLDER = "_airflow_argo_folder"
_MODULES = "_airflow_argo_modules"
_USUAL_NAME, _PLUGINS = "dags", "plugins"
_PROJECT_DEPTH = 5


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
    """Modules beside a DAG file can be imported meanwhile. What the file itself puts on the path stays, as in Airflow.

    Yields:
        The folder of all DAGs.
    """
    dags_folder = dags_folder_of(file, said)
    plugins = plugins_of(dags_folder)
    added = [folder for folder in map(str, [dags_folder, *([plugins] if plugins else [])]) if folder not in sys.path]
    beside = [dags_folder.parent] if dags_folder.name == _USUAL_NAME else []
    finder = LastFolders([str(folder) for folder in (file.resolve().parent, *beside)])
    sys.path += added
    sys.meta_path.append(finder)
    try:
        yield dags_folder
    finally:
        sys.meta_path.remove(finder)
        for folder in added:
            if folder in sys.path:
                sys.path.remove(folder)


def plugins_of(dags: Path) -> Path | None:
    """The folder of plugins beside one of all DAGs."""
    plugins = dags.parent / _PLUGINS
    return plugins if dags.name == _USUAL_NAME and plugins.is_dir() else None


def folders_around(file: Path) -> Iterator[Path]:
    """Where modules may be that aren't found: the folders that a file is in, with their `plugins`, the nearest first.

    They end with the project's, which has a `.git` or `pyproject.toml`, or are five.
    """
    for folder in file.resolve().parents[:_PROJECT_DEPTH]:
        yield from (folder, folder / _PLUGINS)
        if any((folder / name).exists() for name in (".git", "pyproject.toml")):
            return


@contextmanager
def forgotten() -> Iterator[None]:
    """What files do meanwhile is forgotten, so that the next one notices nothing of this one.

    That are modules of the author's, whose names may mean others there, the environment, the folder, and what is set for all of
    Python: its path, its locale.
    """
    from airflow_argo.translator.own_modules import names_of
    from airflow_argo.translator.python_settings import python_settings, set_again

    settings = python_settings()
    before, environment, folder, path = set(sys.modules), dict(os.environ), Path.cwd(), list(sys.path)
    try:
        yield
    finally:
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        os.chdir(folder)
        set_again(settings)
        sys.path[:] = path
        for name in names_of(set(sys.modules) - before):
            sys.modules.pop(name, None)


def remember_folder(dag: Any, folder: Path, modules: Sequence[str]) -> None:
    """Notes a DAG's folder, and which modules of the author's were imported with its file."""
    setattr(dag, _FOLDER, folder)
    setattr(dag, _MODULES, [name for name in modules if not name.startswith(DAG_FILES)])


def folder_of(dag: Any) -> Path:
    """The folder of all DAGs, for the file that a DAG was made by."""
    found: Path | None = getattr(dag, _FOLDER, None)
    return found or Path(os.path.realpath(str(dag.fileloc))).parent


def modules_of(dag: Any) -> list[str]:
    """Names of the author's modules that were imported with the DAG's file."""
    found: list[str] = getattr(dag, _MODULES, [])
    return found

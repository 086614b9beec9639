"""DAG files: one translated in this process, and those of a folder, as Airflow finds them."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from airflow_argo.diagnostics import Diagnostic, InputError, Origin, Severity
from airflow_argo.settings import Settings
from airflow_argo.translator.airflow_names import AIRFLOW_2, airflow_names
from airflow_argo.translator.dag_file_errors import DagFileError
from airflow_argo.translator.dag_folders import forgotten, importable
from airflow_argo.translator.sources import Sources, as_written, means_airflow_2, reading
from airflow_argo.translator.translation import Translation


def translate_file(path: str, settings: Settings, dag_id: str | None) -> list[Translation]:
    """The translations of a file's DAGs, or of the one named. The file may be a zip archive, as Airflow takes them.

    Raises:
        DagFileError: the file can't be read, has no DAG, or none of that name.
    """
    refused: list[tuple[Any, DagFileError]] = []
    with dags_of_file(path, settings, refused) as (dags, sources):
        made = [_translated(dag, settings, dag_id) for dag in dags]
        made += [_refused(dag, fault) for dag, fault in refused]
        chosen = _chosen(made, dag_id, path)
        return [replace(one, **_of_porting(one, sources, Path(path))) for one in chosen]


@contextmanager
def dags_of_file(
    path: str, settings: Settings, refused: list[tuple[Any, DagFileError]] | None = None
) -> Iterator[tuple[Iterator[Any], Sources]]:
    """The DAGs of a file, each to be read before the next one is taken, and the sources as they were read.

    Args:
        refused: gets those of several that Airflow refuses, and why.
    Raises:
        DagFileError: the file can't be read, or has no DAG.
    """
    from airflow_argo.translator.loading import load_dags

    file, faults = Path(path), [] if refused is None else refused
    with _opened(file) as (found, unpacked), reading(port=settings.ports, unpacked=unpacked) as sources:
        folder = str(unpacked[0]) if unpacked else settings["dags_folder"]

        def dags() -> Iterator[Any]:
            count = 0
            sources.dag_files.update(map(os.path.realpath, found))
            for one in found:
                defaults = _set(AIRFLOW_2) if means_airflow_2(one) else nullcontext()
                with importable(one, folder), defaults:
                    placeholders = settings.has_placeholders
                    for dag in load_dags(one, dags_folder=folder, placeholders=placeholders, refused=faults):
                        count += 1
                        yield dag
            if not count and not faults:
                cure = "make one with DAG(…), or call the function that @dag stands above"
                raise DagFileError("AA103", "there is no DAG in it", cure, Origin(path))

        with forgotten():
            yield dags(), sources


def _translated(dag: Any, settings: Settings, dag_id: str | None) -> Translation:
    from airflow_argo.translator.dags import translate

    if dag_id in (None, dag.dag_id):
        return translate(dag, settings=settings)
    return Translation(dag.dag_id, None, (), len(dag.tasks))


def _refused(dag: Any, fault: DagFileError) -> Translation:
    found = replace(fault.as_diagnostic(), path=f"dag '{dag.dag_id}'")
    return Translation(dag.dag_id, None, (found,), len(dag.tasks))


def _chosen(made: list[Translation], dag_id: str | None, path: str) -> list[Translation]:
    if dag_id is None:
        return made
    chosen = [one for one in made if one.dag_id == dag_id]
    if not chosen:
        ids = ", ".join(one.dag_id for one in made)
        raise DagFileError("AA104", f"there is no DAG '{dag_id}' in it", f"choose one of: {ids}", Origin(path))
    return chosen


# Archives


@contextmanager
def _opened(file: Path) -> Iterator[tuple[list[Path], tuple[str, str] | None]]:
    """The DAG files of a path: itself, or those at the top of an archive, unpacked. Source: DagBag, _load_modules_from_zip."""
    if file.suffix == ".py" or not zipfile.is_zipfile(file):
        yield [file], None
        return
    with tempfile.TemporaryDirectory(prefix="airflow-argo-") as folder, zipfile.ZipFile(file) as archive:
        archive.extractall(folder)
        found = sorted(Path(folder).glob("*.py"))
        yield [one for one in found if _may_have_dags(one)], (folder, str(file))


def _may_have_dags(file: Path) -> bool:
    from airflow.utils.file import might_contain_dag

    return bool(might_contain_dag(str(file), safe_mode=True))


def dag_files_in(folder: str, port: bool = False) -> list[str]:
    """The files of a folder that Airflow would look into for DAGs: it heeds `.airflowignore`, and takes archives.

    Args:
        port: `.airflowignore` is as Airflow 2 reads it, regular expressions, unless the configuration says otherwise.
    Raises:
        InputError: Airflow wouldn't look into any, as a folder is met twice, by a link.
    """
    from airflow.utils.file import list_py_file_paths

    own = {"include_examples": False} if airflow_names().is_2 else {}
    try:
        with _set(_IGNORED_AS_BEFORE if port and not _says_how_to_ignore() else {}):
            return sorted(map(str, list_py_file_paths(folder, safe_mode=True, **own)))
    except RuntimeError as error:
        found = f"Airflow can't list its files: {error}"
        raise InputError(
            found.rstrip("."), "take the link away, or name the folders below one by one", Origin(folder)
        ) from None


# Porting

_IGNORED_AS_BEFORE = {"AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX": "regexp"}


def _says_how_to_ignore() -> bool:
    """Whether the user's configuration, not Airflow's default, says what `.airflowignore` holds."""
    from airflow.configuration import conf

    of_file = ConfigParser.has_option(conf, "core", "dag_ignore_file_syntax")
    return of_file or not _IGNORED_AS_BEFORE.keys().isdisjoint(os.environ)


@contextmanager
def _set(variables: Mapping[str, str]) -> Iterator[None]:
    """Environment variables meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _of_porting(made: Translation, sources: Sources, given: Path) -> dict[str, Any]:
    """The diffs of what was ported, and what is left of it to the author. Files are called as the DAG's was given."""
    if not sources.port:
        return {}
    diffs, left = [], []
    for path, one in sources.ported.items():
        file = _as_given(str(as_written(Origin(path)).file), given)
        diffs += one.diff(file)
        left += [
            Diagnostic(
                code="AA109",
                severity=Severity.WARNING,
                message=what.rpartition(": ")[0] or what,
                cure=what.rpartition(": ")[2] if ": " in what else "change it by hand",
                origin=Origin(file, line),
                path=f"dag '{made.dag_id}'",
            )
            for line, what in one.left
        ]
    return {"ported": tuple(diffs), "diagnostics": (*made.diagnostics, *left)}


def _as_given(file: str, given: Path) -> str:
    """The path of a file by that of one that the user gave, if it is beside or below it."""
    inner = os.path.relpath(file, os.path.realpath(given.parent))
    return file if inner.startswith(os.pardir) else str(given.parent / inner)

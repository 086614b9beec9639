"""What importing a DAG file does to the place where it is imported: a task in Airflow finds it done, a plain pod doesn't."""

from __future__ import annotations

import ast
import inspect
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

from airflow_argo.diagnostics import InputError
from airflow_argo.translator.parsed import nodes_in
from airflow_argo.translator.pods import TAG_OF_ARGO
from airflow_argo.translator.slice_effects import sets_environment
from airflow_argo.translator.sources import is_authors, text_of
from airflow_argo.translator.statements import SourceFile

_EFFECTS = "_airflow_argo_import_effects"
_SETS = "os.putenv"
_DOES = {
    _SETS: "sets {0}",
    "os.unsetenv": "takes {0} away",
    "os.chdir": "changes the folder it is in",
    **dict.fromkeys(("os.mkdir", "os.rmdir", "os.remove", "os.rename", "os.link", "os.symlink"), "makes or removes {0}"),
    "open": "writes {0}",
}
"""Event of `sys.addaudithook` → what the file does."""
_WRITING = os.O_WRONLY | os.O_RDWR
_NEVER_THE_AUTHORS = ("__pycache__", "/dev/")


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that an import did.

    Attributes:
        event: as `sys.audit` calls it.
        name: of the variable or the file.
        value: what the variable is in the end.
    """

    event: str
    name: str
    value: str | None = None


_watching: list[list[Effect]] = []
_hooked: list[bool] = []


@contextmanager
def watched_effects() -> Iterator[list[Effect]]:
    """What the author's files do meanwhile."""
    if not _hooked:
        sys.addaudithook(_on_event)  # for the life of the process: Python has no way to take one away
        _hooked.append(True)
    found: list[Effect] = []
    _watching.append(found)
    try:
        yield found
    finally:
        _watching.remove(found)


@contextmanager
def undone_afterwards() -> Iterator[None]:
    """The environment, the folder and Python's path are as they were afterwards: the next file notices nothing of this one."""
    environment, folder, path = dict(os.environ), Path.cwd(), list(sys.path)
    try:
        yield
    finally:
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        os.chdir(folder)
        sys.path[:] = path


def remember_effects(dag: Any, found: Iterable[Effect]) -> None:
    """Notes what a DAG's file did, and what it set variables to."""
    setattr(dag, _EFFECTS, tuple(replace(one, value=os.environ.get(one.name)) if one.event == _SETS else one for one in found))


def effect_of(dag: Any) -> str | None:
    """What the DAG's file does as it is imported that its pods can't be given, in words; None if there is nothing known."""
    found: tuple[Effect, ...] | None = getattr(dag, _EFFECTS, None)
    if found is None:  # Airflow has imported it: what it says can still be read
        return "sets environment variables" if _says_so(str(dag.fileloc)) else None
    if not found or environment_of(dag):
        return None
    return _DOES[found[0].event].format(found[0].name)


def environment_of(dag: Any) -> dict[str, str]:
    """The environment variables that the DAG's file sets, if it does nothing else, and their values are written in it."""
    found: tuple[Effect, ...] = getattr(dag, _EFFECTS, ())
    written = {one.value for one in nodes_in(text_of(str(dag.fileloc))) if isinstance(one, ast.Constant)} if found else set()
    if any(one.event != _SETS or one.value not in written or TAG_OF_ARGO.search(str(one.value)) for one in found):
        return {}
    return {one.name: str(one.value) for one in found}


def _says_so(path: str) -> bool:
    try:
        return any(sets_environment(one.node) for one in SourceFile.read(path).statements)
    except (OSError, SyntaxError, UnicodeDecodeError, InputError):
        return False  # there is no such text: whatever needs it says so


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching or event not in _DOES:
        return
    if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _WRITING):
        return
    what = os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes | os.PathLike) else ""
    if not any(part in what for part in _NEVER_THE_AUTHORS) and _is_by_author(inspect.currentframe()):
        _watching[-1].append(Effect(event, what))


def _is_by_author(frame: FrameType | None) -> bool:
    """Whether the innermost module that is being imported is the author's: other packages do the same where they are."""
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    return frame is not None and is_authors(frame.f_code.co_filename)

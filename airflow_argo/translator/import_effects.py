"""What importing a DAG file does to the place where it is imported: a task in Airflow finds it done, a plain pod doesn't."""

from __future__ import annotations

import ast
import inspect
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from airflow_argo.diagnostics import InputError
from airflow_argo.translator.audit import heard
from airflow_argo.translator.parsed import nodes_in
from airflow_argo.translator.pods import TAG_OF_ARGO
from airflow_argo.translator.python_settings import Changed, named_in
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
"""Audit event → what the file does."""
_WRITING = os.O_WRONLY | os.O_RDWR
_NEVER_THE_AUTHORS = ("__pycache__", "/dev/")


@dataclass(frozen=True, slots=True)
class ImportEffects:
    """What is left of an import.

    Attributes:
        environment: the variables that it sets, if it does nothing else and their values are written in the file.
        beyond: what it does that a pod can't be given, in words: `sets HOME`.
        for_python: what it does that only Python tasks can count on: `sets the locale`.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    beyond: str | None = None
    for_python: str | None = None


@contextmanager
def watched_effects() -> Iterator[list[tuple[str, str]]]:
    """What the author's files do meanwhile: event, and name of the variable or the file."""
    found: list[tuple[str, str]] = []

    def take(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _WRITING):
            return
        name = os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes | os.PathLike) else ""
        if not any(part in name for part in _NEVER_THE_AUTHORS) and _is_by_author(inspect.currentframe()):
            found.append((event, name))

    with heard(_DOES, take):
        yield found


def _is_by_author(frame: FrameType | None) -> bool:
    """Whether the innermost module that is being imported is the author's: other packages do the same where they are."""
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    return frame is not None and is_authors(frame.f_code.co_filename)


def effects_in(file: Path, found: Sequence[tuple[str, str]], settings: Changed) -> ImportEffects:
    """What is left of the import of a file that has just done these things, and changed these settings of Python's."""
    if settings.for_programs is not None:
        return ImportEffects(beyond=settings.for_programs)
    if not found:
        return ImportEffects(for_python=settings.for_python)
    written = {one.value for one in nodes_in(text_of(file)) if isinstance(one, ast.Constant)}
    for event, name in found:
        value = os.environ.get(name)
        if event != _SETS or value is None or value not in written or TAG_OF_ARGO.search(value):
            return ImportEffects(beyond=_DOES[event].format(name))
    return ImportEffects({name: os.environ[name] for _, name in found}, for_python=settings.for_python)


def remember_effects(dag: Any, effects: ImportEffects) -> None:
    """Notes what is left of the import of a DAG's file."""
    setattr(dag, _EFFECTS, effects)


def effects_of(dag: Any) -> ImportEffects:
    """What is left of the import of a DAG's file; where Airflow has imported it, as far as its text tells."""
    found: ImportEffects | None = getattr(dag, _EFFECTS, None)
    if found is not None:
        return found
    try:
        file = SourceFile.read(str(dag.fileloc))
    except (OSError, SyntaxError, UnicodeDecodeError, InputError):
        return ImportEffects()  # there is no such text: whatever needs it says so
    says_so = any(_sets_environment(one.node) for one in file.statements)
    settings = named_in(file.text)
    return ImportEffects(
        beyond="sets environment variables" if says_so else settings.for_programs, for_python=settings.for_python
    )


def _sets_environment(node: ast.stmt) -> bool:
    """Whether a statement writes to the environment."""
    match node:
        case ast.Assign(targets=[ast.Subscript(value=of)]) | ast.AugAssign(target=ast.Name() | ast.Attribute() as of):
            return ast.unparse(of).endswith("environ")
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=of, attr="setdefault" | "update" | "pop" | "clear"))):
            return ast.unparse(of).endswith("environ")
        case _:
            return False

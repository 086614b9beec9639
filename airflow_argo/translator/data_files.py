"""Files beside a DAG file that it reads as it is imported, such as one with its tasks in YAML: the pod reads them as well."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_FILES = "_airflow_argo_data_files"
_watching: list[list[str]] = []
_hooked: list[bool] = []


@contextmanager
def watched_reads() -> Iterator[list[str]]:
    """The paths of the files that are opened for reading meanwhile."""
    if not _hooked:
        sys.addaudithook(_on_event)  # for the life of the process: Python has no way to take one away
        _hooked.append(True)
    opened: list[str] = []
    _watching.append(opened)
    try:
        yield opened
    finally:
        _watching.remove(opened)


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event == "open" and isinstance(arguments[0], str) and arguments[1] in ("r", "rb", "rt", None):
        _watching[-1].append(arguments[0])


def remember_data_files(dag: Any, opened: list[str]) -> None:
    """Notes which files a DAG's file read."""
    setattr(dag, _FILES, opened)


def data_files(dag: Any, root: Path) -> dict[str, str]:
    """Path below the root → text of the files that the DAG's file read there, other than Python's own."""
    found: dict[str, str] = {}
    for name in getattr(dag, _FILES, ()):
        path = Path(os.path.realpath(name))
        if path.suffix in (".py", ".pyc", ".so") or root not in path.parents or "site-packages" in path.relative_to(root).parts:
            continue
        try:
            found[path.relative_to(root).as_posix()] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
    return found

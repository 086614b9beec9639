"""Files beside a DAG file that it reads as it is imported, such as one with its tasks in YAML: the pod reads them as well."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from airflow_argo.translator.audit import heard

_SYSTEM = tuple(map(Path, ("/dev", "/proc", "/sys", "/usr", "/lib", "/run", "/etc/ssl", "/etc/pki")))
_KNOWN = frozenset({"airflow.cfg", "airflow.db", "localtime", "timezone", "mime.types", "os-release", "hosts", "passwd"})
"""Places and names of files that Airflow and libraries read for themselves."""
_PACKAGES = "site-packages"
_COMPILED = (".pyc", ".so")
_FILES = "_airflow_argo_data_files"


@contextmanager
def watched_reads() -> Iterator[list[str]]:
    """The paths of the files that are opened for reading meanwhile."""
    opened: list[str] = []

    def take(_event: str, arguments: tuple[Any, ...]) -> None:
        if isinstance(arguments[0], str) and arguments[1] in ("r", "rb", "rt", None):
            opened.append(arguments[0])

    with heard(("open",), take):
        yield opened


def remember_data_files(dag: Any, opened: list[str]) -> None:
    """Notes which files a DAG's file read."""
    setattr(dag, _FILES, opened)


def data_files(dag: Any, root: Path) -> list[Path]:
    """The files below the root that the DAG's file read, other than Python's own."""
    here = (path for path in dict.fromkeys(_read_by(dag)) if root in path.parents and path.is_file())
    return [path for path in here if _PACKAGES not in path.relative_to(root).parts]


def contents(paths: Iterable[Path], root: Path) -> dict[str, Any]:
    """Path below the root → content of files.

    Returns:
        contents as `pod.airflow_task.dag_file` writes them: text, or {"base64": bytes} of what UTF-8 isn't, or would change.
    """
    found: dict[str, Any] = {}
    for path in paths:
        try:
            found[path.relative_to(root).as_posix()] = _content(path.read_bytes())
        except OSError:  # noqa: PERF203 - it was there for a moment
            continue
    return found


def files_elsewhere(dag: Any, root: Path) -> list[Path]:
    """The files outside the root that the DAG's file read, other than those of Python and of the system."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    places = {*_SYSTEM, *(Path(os.path.realpath(place)) for place in (sys.prefix, sys.base_prefix, cache))}
    return [
        path
        for path in dict.fromkeys(_read_by(dag))
        if path.is_file() and path.name not in _KNOWN and not {root, *places} & {*path.parents} and _PACKAGES not in path.parts
    ]


def _read_by(dag: Any) -> Iterator[Path]:
    for name in getattr(dag, _FILES, ()):
        if name.endswith(_COMPILED):
            continue
        path = Path(os.path.realpath(name))
        if path.suffix not in (".py", *_COMPILED):
            yield path


def _content(data: bytes) -> Any:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\r"
    return {"base64": base64.b64encode(data).decode()} if "\r" in text else text

"""Files beside a DAG file that it reads as it is imported, such as one with its tasks in YAML: the pod reads them as well."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
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


def data_files(dag: Any, root: Path, packages: Mapping[Path, str] = MappingProxyType({})) -> dict[Path, str]:
    """The files below the root that the DAG's file read, other than Python's own, and where they lie in a pod.

    Args:
        packages: folder → name of the author's packages that lie elsewhere, and travel: what they read of themselves does too.
    """
    found = {path: name for path in _read_by(dag) if path.is_file() and (name := _place_of(path, root, packages)) is not None}
    return {path: name for path, name in found.items() if _PACKAGES not in name.split("/")}


def _place_of(path: Path, root: Path, packages: Mapping[Path, str]) -> str | None:
    if root in path.parents:
        return path.relative_to(root).as_posix()
    folder = next((folder for folder in packages if folder in path.parents), None)
    return None if folder is None else f"{packages[folder]}/{path.relative_to(folder).as_posix()}"


def contents(places: Mapping[Path, str]) -> dict[str, Any]:
    """Where files lie in a pod → their content.

    Returns:
        contents as `pod.airflow_task.dag_file` writes them: text, or {"base64": bytes} of what UTF-8 isn't, or would change.
    """
    found: dict[str, Any] = {}
    for path, name in places.items():
        try:
            found[name] = _content(path.read_bytes())
        except OSError:  # noqa: PERF203 - it was there for a moment
            continue
    return found


def files_elsewhere(dag: Any, places: Collection[Path]) -> list[Path]:
    """The files that the DAG's file read and that have no place in a pod, other than those of Python and of the system."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    system = {*_SYSTEM, *(Path(os.path.realpath(place)) for place in (sys.prefix, sys.base_prefix, cache))}
    return [
        path
        for path in dict.fromkeys(_read_by(dag))
        if path not in places
        if path.is_file() and path.name not in _KNOWN and not system & {*path.parents} and _PACKAGES not in path.parts
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

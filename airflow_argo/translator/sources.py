"""The texts of DAG files and of their authors' modules as Airflow is given them, and where they came from.

A file may be ported to Airflow 3 on its way, or be unpacked from an archive. Everything that reads one reads it here, so that
what is loaded, cut into slices and shipped is the same text; findings tell the place in the file as its author has it.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import io
import linecache
import os
import re
import sys
import sysconfig
import tokenize
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from airflow_argo.diagnostics import InputError, Origin

if TYPE_CHECKING:
    from airflow_argo.translator.porting import Ported

_OTHERS = ("site-packages", "dist-packages")
_ENCODING = re.compile(r"^([ \t\f]*#.*?coding[:=][ \t]*)[-\w.]+", re.MULTILINE | re.ASCII)
"""What names a file's encoding, in its first or second line. Source: PEP 263."""
_NEVER_THE_AUTHORS = frozenset({"airflow", "airflow_argo"})


@dataclass(slots=True)
class Sources:
    """How files are read at the time.

    Attributes:
        port: as written for Airflow 1.10 or 2.
        ported: path → what became of a file that was read and ported.
        dag_files: real paths of those that are read for their DAGs, and aren't imported.
        unpacked: the folder into which an archive was unpacked, and the archive.
    """

    port: bool = False
    ported: dict[str, Ported] = field(default_factory=dict)
    dag_files: set[str] = field(default_factory=set)
    unpacked: tuple[str, str] | None = None


_current: list[Sources] = [Sources()]


@contextmanager
def reading(*, port: bool = False, unpacked: tuple[str, str] | None = None) -> Iterator[Sources]:
    """Files are read so meanwhile; the modules that an author's file imports too."""
    sources = Sources(port, unpacked=unpacked)
    _current.append(sources)
    finder = _PortingFinder()
    if port:
        sys.meta_path.insert(0, finder)
    try:
        yield sources
    finally:
        if port:
            sys.meta_path.remove(finder)
        _current.remove(sources)


def text_of(path: str | Path) -> str:
    """A file's text as it is loaded.

    Raises:
        OSError: it can't be read.
        UnicodeDecodeError: it isn't in the encoding that it names, which is UTF-8 if it names none.
        InputError: it is to be ported, and is no Python.
    """
    sources, file = _current[-1], str(path)
    if not sources.port or not file.endswith(".py"):
        return _read(file)
    key = os.path.realpath(file)
    if key not in sources.ported:
        sources.ported[key] = _ported(_read(file), Path(file), key not in sources.dag_files)
        _show_in_tracebacks(str(path), sources.ported[key].text)
    return sources.ported[key].text


@lru_cache(maxsize=256)
def _ported(text: str, file: Path, is_imported: bool) -> Ported:
    """Once a process: many DAG files of a folder import the same modules."""
    from airflow_argo.translator.porting import ported_text  # here: few files are read so

    return ported_text(text, file, keep_defaults=True, is_imported=is_imported)


def _read(file: str) -> str:
    status = os.stat(file)  # noqa: PTH116 - asked for again and again, and to make the path takes longer than the rest
    return _read_at(file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=64)
def _read_at(file: str, _changed: int, _size: int) -> str:
    path = Path(file)
    return decoded(path.read_bytes()) if path.suffix == ".py" else path.read_text(encoding="utf-8")


def decoded(data: bytes) -> str:
    """A Python file's text as Python reads it, without a mark of its byte order.

    A comment that names another encoding than UTF-8 says UTF-8 then, in which the text is read from here on.

    Raises:
        UnicodeDecodeError: it isn't in the encoding that it names.
        SyntaxError: it names one that there isn't.
    """
    encoding, first = tokenize.detect_encoding(io.BytesIO(data).readline)
    text = io.TextIOWrapper(io.BytesIO(data), encoding).read()
    if encoding in ("utf-8", "utf-8-sig"):
        return text
    head = "".join(text.splitlines(keepends=True)[: len(first)])
    return _ENCODING.sub(r"\1utf-8", head, count=1) + text[len(head) :]


def is_porting() -> bool:
    """Whether files are read as written for Airflow 1.10 or 2."""
    return _current[-1].port


def means_airflow_2(path: str | Path) -> bool:
    """Whether what a DAG file doesn't say is what Airflow 2 did: it is ported, and wasn't written for Airflow 3."""
    if not is_porting():
        return False
    from airflow_argo.translator.porting import is_of_airflow_3

    file = Path(path)
    try:
        return not is_of_airflow_3(_read(str(path)), file)
    except (OSError, SyntaxError, UnicodeDecodeError, InputError):
        return False  # whoever loads it says so


def template_of(path: str | None, text: str) -> str:
    """The text of a template as it is loaded, of the file that it is in, if it is in one."""
    sources = _current[-1]
    if not sources.port:
        return text
    from airflow_argo.translator.porting import Ported
    from airflow_argo.translator.porting_names import with_todays_names

    new = with_todays_names(text)
    if path is not None and new != text:
        sources.ported[os.path.realpath(path)] = Ported(text, new, ())
    return new


def left_in(path: str) -> list[str]:
    """What is left to the author of a file that was ported."""
    found = _current[-1].ported.get(os.path.realpath(path))
    return [] if found is None else [what for _, what in found.left]


def as_written(at: Origin) -> Origin:
    """The place in the author's file, of one in a text as it is loaded."""
    if at.file is None:
        return at
    sources, line = _current[-1], at.line
    found = sources.ported.get(os.path.realpath(at.file)) if sources.ported else None
    if found is not None and line is not None:
        line = found.old_line(line)
    file = at.file
    if sources.unpacked is not None and file.startswith(sources.unpacked[0]):
        file = sources.unpacked[1] + file[len(sources.unpacked[0]) :]
    return Origin(file, line, at.column)


def _show_in_tracebacks(path: str, text: str) -> None:
    """Source of functions, by `inspect`, and lines of tracebacks come from the text that was loaded."""
    linecache.cache[path] = (len(text), None, text.splitlines(True), path)


class SourceLoader(SourceFileLoader):
    """Loads a module from its text here; what Python has compiled of the file itself is left alone."""

    def get_data(self, path: str) -> bytes:
        """The text, of a Python file."""
        return text_of(path).encode() if path.endswith(".py") else super().get_data(path)

    def path_stats(self, path: str) -> Any:
        """When the file changed last; of a file that is ported nothing compiled is read or kept.

        Raises:
            OSError: it is ported.
        """
        if is_porting():
            raise OSError(f"{path} is not cached")
        return super().path_stats(path)


class _PortingFinder(importlib.abc.MetaPathFinder):
    """Finds the author's own modules, to be loaded by their ported texts."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The module, if it is the author's."""
        if name.split(".")[0] in _NEVER_THE_AUTHORS:
            return None
        found = PathFinder.find_spec(name, path, target)
        return _as_loaded(found) if found is not None and _is_own(found) else None


class LastFolders(importlib.abc.MetaPathFinder):
    """Finds in some folders what nothing else does.

    At the end of Python's path, their modules would still come before packages without a file.
    """

    def __init__(self, folders: Sequence[str]) -> None:
        self._folders = list(folders)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """A module that is in no package, or a package."""
        found = PathFinder.find_spec(name, self._folders, target) if path is None else None
        return _as_loaded(found) if found is not None and is_porting() and _is_own(found) else found


def _is_own(spec: ModuleSpec) -> bool:
    return type(spec.loader) is SourceFileLoader and is_authors(spec.origin)


def _as_loaded(spec: ModuleSpec) -> ModuleSpec:
    assert spec.origin is not None
    spec.loader = SourceLoader(spec.name, spec.origin)
    return spec


@lru_cache(maxsize=16384)
def is_authors(path: str | None) -> bool:
    """Whether a Python file is the author's: neither Python's nor installed nor Airflow's or ours."""
    if path is None or not path.endswith(".py"):
        return False
    if _is_installed(path) or _is_installed(real := os.path.realpath(path)):
        return False
    return not real.startswith(_folders_of_others())


def _is_installed(path: str) -> bool:
    return any(f"{os.sep}{part}{os.sep}" in path for part in _OTHERS)


@cache
def _folders_of_others() -> tuple[str, ...]:
    """Python's own folders, those of Airflow and of this package, wherever they are installed."""
    folders = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")]
    for name in _NEVER_THE_AUTHORS:
        spec = sys.modules[name].__spec__ if name in sys.modules else PathFinder.find_spec(name)
        folders += [] if spec is None else list(spec.submodule_search_locations or ())
    return tuple(os.path.realpath(folder) + os.sep for folder in folders)

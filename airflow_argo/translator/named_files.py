"""Files beside a DAG file that its tasks may read as they run: those that the author's texts name.

Nobody sees them read as the DAG is translated. `Path(__file__).parent / "sql" / "orders.sql"` says by its constants which one
is meant, `f"{table}.sql"` which ones may be. Texts that never ask where they lie find no file beside them.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

from airflow_argo.translator.own_modules import READ_PACKAGES, imports_of_text
from airflow_argo.translator.parsed import nodes_in

_SAY_WHERE = frozenset({"__file__", "fileloc", "folder", "filepath"})
"""Names by which a text asks where it lies, or where its DAG does."""
_IS_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
_LIST = frozenset({"iterdir", "listdir", "scandir", "walk", "glob", "iglob", "rglob"})
_NOT_DATA = (".py", ".pyc", ".so")
_APART = re.compile(r"[\s'\"=;|&<>()]+")
_LONGEST = 4_000
"""Letters of a text that may be a command."""
_SECRET_NAME = re.compile(
    r"secret|credential|passw|id_rsa|kubeconfig|service[_-]account|tokens?(\.\w+)*$|^\.env|\.(pem|key|p12|pfx|jks|keytab)$"
)
_SECRETS = (b"PRIVATE KEY-----", b'"private_key"', b"aws_secret_access_key")
_MOST_SEEN = 5_000
_MOST_BYTES = 200 * 1024
"""Of one file."""


def named_files(texts: Iterable[str], file: Path, root: Path) -> list[Path]:
    """The files in the DAGs folder that tasks may read, in order.

    They lie below the DAG file's folder, or in folders whose names the texts have too.

    Args:
        texts: the Python files of the author's that travel.
        file: the DAG file.
        root: the DAGs folder.
    """
    asking = [text for text in texts if _asks(text)]
    if not asking:
        return []
    patterns = {pattern for text in texts for pattern in _patterns_in(text)}
    parts = {part for pattern in patterns for part in re.split("[/.]" if _IS_MODULE.fullmatch(pattern) else "/", pattern)}
    names = {pattern.rpartition("/")[2] for pattern in patterns}
    globs = [name for name in names if "*" in name]
    listed = parts if any(_names_in(text) & _LIST for text in asking) else set()
    own = file.resolve().parent
    return [
        path
        for path in _files_in(root.resolve())
        if (path.name in names or path.parent.name in listed or any(fnmatchcase(path.name, glob) for glob in globs))
        and _is_near(path, own, parts)
    ]


def _asks(text: str) -> bool:
    """Whether a text asks where it lies, or reads files of packages."""
    asks = any(word in text for word in _SAY_WHERE) and _names_in(text) & _SAY_WHERE
    return bool(asks) or not READ_PACKAGES.isdisjoint(imports_of_text(text))


def _is_near(path: Path, own: Path, parts: set[str]) -> bool:
    """Whether a file is below the DAG file's folder, or below one around it, in folders that are named."""
    if own in path.parents:
        return True
    around = next(folder for folder in own.parents if folder in path.parents)
    return parts.issuperset(path.relative_to(around).parts[:-1])


@lru_cache(maxsize=256)
def _names_in(text: str) -> frozenset[str]:
    nodes = nodes_in(text)
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return frozenset(names | {node.attr for node in nodes if isinstance(node, ast.Attribute)})


@lru_cache(maxsize=256)
def _patterns_in(text: str) -> frozenset[str]:
    """The constants in a text that may be names of files or folders, as patterns; `*` stands for what the run says."""
    found = set[str]()
    for node in nodes_in(text):
        match node:
            case ast.JoinedStr(values=values):
                found.add("".join(str(one.value) if isinstance(one, ast.Constant) else "*" for one in values))
            case ast.Constant(value=str(value)) if len(value) < _LONGEST:
                words = {value, *_APART.split(value)}  # of a command too
                found |= {f"*{word}" if word.startswith(".") else word for word in words}
    return frozenset(one for one in found if "[" not in one and _says_enough(one))


def _says_enough(pattern: str) -> bool:
    """Whether a pattern tells files apart: it has no `*`, or what the names end in."""
    end = pattern.rpartition("/")[2].rpartition(".")[2]
    return bool(pattern.strip("./")) if "*" not in pattern else end.isalnum() and "." in pattern


def looks_secret(path: Path) -> bool:
    """Whether a file may hold what no manifest should: keys, passwords, credentials."""
    return bool(_SECRET_NAME.search(path.name.lower())) or any(map(path.read_bytes().__contains__, _SECRETS))


def look_again() -> None:
    """There may be other files now."""
    _files_in.cache_clear()


@lru_cache(maxsize=8)
def _files_in(root: Path) -> tuple[Path, ...]:
    """The files of a folder that may be data, of so many files and folders at most; hidden ones, and Python's own, aren't."""
    found: list[Path] = []
    for count, (place, folders, names) in enumerate(os.walk(root)):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")) and name != "site-packages")
        found += (Path(place, name) for name in sorted(names) if not name.startswith(".") and not name.endswith(_NOT_DATA))
        if max(count, len(found)) > _MOST_SEEN:
            break
    return tuple(filter(_is_readable, found[:_MOST_SEEN]))


def _is_readable(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size <= _MOST_BYTES
    except OSError:
        return False

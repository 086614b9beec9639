"""Variables and Connections that a DAG file reads as it is imported: which, in which line, and what they gave.

Airflow imports the file for each run, so that it reads them anew; a manifest keeps what they said when it was made.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, Literal
from urllib.parse import quote

from airflow_argo.translator.airflow_names import airflow_names
from airflow_argo.translator.made_at import line_in
from airflow_argo.translator.template_files import texts_in

_READS = "_airflow_argo_reads"
_UNKNOWN = "_airflow_argo_unknown"
_SHORTEST = 5
"""Secrets that are shorter than this, in characters, are found in too many texts by chance."""


@dataclass(slots=True)
class Read:
    """A Variable or Connection that was read.

    Attributes:
        line: of the DAG file as it is loaded; None if a module of the author's read it.
        gave: its value, the default that the call names, a placeholder, or an error.
        secrets: what of it must not be in a manifest.
    """

    kind: Literal["Variable", "Connection"]
    name: str
    line: int | None
    gave: Literal["value", "default", "placeholder", "error"]
    secrets: tuple[str, ...] = ()


@dataclass(slots=True)
class _Watch:
    path: str
    placeholders: bool
    reads: dict[tuple[str, str], Read] = field(default_factory=dict)
    busy: bool = False


_watching: list[_Watch] = []


@contextmanager
def watched_values(path: str, *, placeholders: bool) -> Iterator[list[Read]]:
    """What is read meanwhile; the list is filled at the end.

    Args:
        path: the DAG file.
        placeholders: what isn't known gets a value that stands for it, instead of an error.
    """
    _patch_once()
    watch, reads = _Watch(path, placeholders), list[Read]()
    _watching.append(watch)
    try:
        yield reads
    finally:
        _watching.remove(watch)
        reads += watch.reads.values()


def remember_reads(dag: Any, reads: list[Read]) -> None:
    """Notes what a DAG's file read."""
    setattr(dag, _READS, reads)


def reads_of(dag: Any) -> list[Read]:
    """What the DAG's file read as it was imported."""
    found: list[Read] = getattr(dag, _READS, [])
    return found


# Airflow's ways to read them

_patched: list[bool] = []


def _patch_once() -> None:
    """For the life of the process, in which nobody else uses Airflow."""
    if _patched:
        return
    _patched.append(True)
    from airflow.models.connection import Connection
    from airflow.models.variable import Variable

    _replace(Variable, "get", _variable)
    _replace(Connection, "get_connection_from_secrets", _connection)
    if not airflow_names().is_2:
        from airflow.sdk.definitions import connection, variable

        _replace(variable.Variable, "get", _variable)
        _replace(connection.Connection, "get", _connection)


Reader = Callable[..., Any]

_KEYS = ("key", "conn_id")
"""What Airflow calls the argument that says which one is read."""


def _replace(owner: Any, name: str, by: Callable[[_Watch, Reader, Any, str, tuple[Any, ...], dict[str, Any]], Any]) -> None:
    original = getattr(owner, name)

    def read(cls: Any, *args: Any, **kwargs: Any) -> Any:
        if not args:
            args = tuple(kwargs.pop(name) for name in _KEYS if name in kwargs)
        watch = _watching[-1] if _watching else None
        if watch is None or watch.busy or not args:  # it may ask the other one, of Airflow's two classes for the same thing
            return original(*args, **kwargs)
        watch.busy = True
        try:
            return by(watch, original, cls, args[0], args[1:], kwargs)
        finally:
            watch.busy = False

    setattr(owner, name, classmethod(read))


def _variable(watch: _Watch, read: Reader, _cls: Any, key: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`Variable.get(key, default, deserialize_json)`; the default is `default_var` in Airflow 2."""
    named = {name: value for name, value in kwargs.items() if name not in ("default", "default_var")}
    has_default = bool(args) or len(named) < len(kwargs)
    default = args[0] if args else kwargs.get("default", kwargs.get("default_var"))
    if len(args) > 1:
        named["deserialize_json"] = args[1]
    try:
        value = read(key, **named)
    except Exception as error:
        if not _is_unknown(error):
            raise
        if has_default:
            _note(watch, Read("Variable", key, line_in(watch.path), "default"))
            return default
        if not watch.placeholders:
            _note_unknown(watch, "Variable", key, error)
            raise
        _note(watch, Read("Variable", key, line_in(watch.path), "placeholder"))
        return PlaceholderMap(key) if named.get("deserialize_json") else Placeholder(key)
    secrets = tuple(texts_in(value)) if _is_secret(key) else ()
    _note(watch, Read("Variable", key, line_in(watch.path), "value", secrets))
    return value


def _connection(watch: _Watch, read: Reader, cls: Any, key: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    try:
        found = read(key, *args, **kwargs)
    except Exception as error:
        if not _is_unknown(error):
            raise
        if not watch.placeholders:
            _note_unknown(watch, "Connection", key, error)
            raise
        _note(watch, Read("Connection", key, line_in(watch.path), "placeholder"))
        text = Placeholder(key)
        return cls(conn_id=key, conn_type="generic", host=text, login=text, password=text, schema=text)
    extra = [text for name, value in (found.extra_dejson or {}).items() if _is_secret(name) for text in texts_in(value)]
    secrets = tuple(text for text in (found.password, *extra) if text)
    _note(watch, Read("Connection", key, line_in(watch.path), "value", secrets))
    return found


def _note_unknown(watch: _Watch, kind: Literal["Variable", "Connection"], key: str, error: Exception) -> None:
    """Notes what isn't known, with Airflow's error: the file may catch it."""
    _note(watch, Read(kind, key, line_in(watch.path), "error"))
    setattr(error, _UNKNOWN, (kind, key))


def unknown_in(error: BaseException) -> tuple[str, str] | None:
    """What wasn't known, if an error of a file's import says so: (kind, name)."""
    found: tuple[str, str] | None = getattr(error, _UNKNOWN, None)
    return found


def reads_so_far() -> list[Read]:
    """What the file that is being read has read."""
    return list(_watching[-1].reads.values()) if _watching else []


def _is_unknown(error: Exception) -> bool:
    """Whether Airflow says that there is none of that name, in the words of its version."""
    if isinstance(error, KeyError) or type(error).__name__ == "AirflowNotFoundException":
        return True
    return "NOT_FOUND" in str(getattr(getattr(error, "error", None), "error", ""))


def _is_secret(name: str) -> bool:
    """Whether Airflow would hide a value of that name. Source: secrets_masker, which it only sets up where it writes logs."""
    words = [word.strip().lower() for word in [*_sensitive_names(), *_configured_names()]]
    return any(word and word in name.strip().lower() for word in words)


@cache
def _sensitive_names() -> frozenset[str]:
    if airflow_names().is_2:
        from airflow.utils.log.secrets_masker import DEFAULT_SENSITIVE_FIELDS
    else:
        try:
            from airflow.sdk._shared.secrets_masker.secrets_masker import DEFAULT_SENSITIVE_FIELDS
        except ImportError:  # before 3.1
            from airflow.sdk.execution_time.secrets_masker import DEFAULT_SENSITIVE_FIELDS
    return frozenset(DEFAULT_SENSITIVE_FIELDS)


def _configured_names() -> list[str]:
    from airflow.configuration import conf

    return str(conf.get("core", "sensitive_var_conn_names", fallback="")).split(",")


def _note(watch: _Watch, read: Read) -> None:
    watch.reads.setdefault((read.kind, read.name), read)


class Placeholder(str):
    """Stands for a text that isn't known; what a file picks out of it, too."""

    __slots__ = ()

    def __new__(cls, name: str) -> Placeholder:
        """The placeholder for a name."""
        return super().__new__(cls, f"placeholder-for-{name}")

    def __getitem__(self, key: Any) -> str:
        """What stands under a key of it, if it is taken for a map."""
        return (
            Placeholder(f"{self.removeprefix('placeholder-for-')}-{key}") if isinstance(key, str) else super().__getitem__(key)
        )

    def get(self, key: str, _default: Any = None) -> str:
        """The same."""
        return self[key]


class PlaceholderMap(dict[str, Any]):
    """Stands for a map that isn't known: it has every key, and nothing when it is gone through."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def __missing__(self, key: str) -> Placeholder:
        return Placeholder(f"{self.name}-{key}")

    def get(self, key: str, default: Any = None) -> Any:
        """The default that the file names, else a placeholder."""
        return self[key] if default is None else default


# Secrets in what is made


def secrets_in(made: Any, reads: list[Read]) -> list[Read]:
    """The secrets that stand in a part of a workflow, as they are, in a URL, or as base64."""
    suspects = [(read, text) for read in reads for secret in read.secrets for text in _spellings(secret)]
    if not suspects:
        return []
    texts = list(_texts(made))
    return list({id(read): read for read, secret in suspects if any(_stands_in(secret, text) for text in texts)}.values())


def _spellings(secret: str) -> set[str]:
    if len(secret) < _SHORTEST:
        return set()
    return {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], base64.b64encode(secret.encode()).decode()}


def _stands_in(secret: str, text: str) -> bool:
    """Whether a secret is in a text, and not only letters of another word."""
    start = text.find(secret)
    while start >= 0:
        before, after = text[start - 1 : start], text[start + len(secret) : start + len(secret) + 1]
        if not ((before.isalnum() and secret[0].isalnum()) or (after.isalnum() and secret[-1].isalnum())):
            return True
        start = text.find(secret, start + 1)
    return False


def _texts(made: Any) -> Iterator[str]:
    """All texts in objects of the model."""
    waiting = [made]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif is_dataclass(one) and not isinstance(one, type):
            waiting += [getattr(one, part.name) for part in fields(one)]
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            waiting += one

"""What a DAG file sets for all of Python as it is imported: a task in Airflow finds it set, a plain pod doesn't."""

from __future__ import annotations

import decimal
import locale
import os
import socket
import ssl
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_argo.translator.parsed import nodes_in


@dataclass(frozen=True, slots=True)
class _Setting:
    """How a setting is read, and set again.

    Attributes:
        by: what code names that sets it.
        for_programs: programs that a task starts have it too.
    """

    read: Callable[[], Any]
    write: Callable[[Any], object]
    by: str
    for_programs: bool = False


def _umask() -> int:
    found = os.umask(0o022)  # Python has no other way to read it
    os.umask(found)
    return found


def _decimals() -> tuple[Any, ...]:
    now = decimal.getcontext()
    return (now.prec, now.rounding, now.Emin, now.Emax, now.capitals, now.clamp, *now.traps.items())


def _set_decimals(found: tuple[Any, ...]) -> None:
    prec, rounding, low, high, capitals, clamp, *traps = found
    context = decimal.Context(prec, rounding, low, high, capitals, clamp, [], [signal for signal, is_set in traps if is_set])
    decimal.setcontext(context)


def _set_digits(found: int) -> None:
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(found)


_SETTINGS: Mapping[str, _Setting] = {
    "sets the depth to which calls may go": _Setting(sys.getrecursionlimit, sys.setrecursionlimit, "setrecursionlimit"),
    "sets how long numbers may be as texts": _Setting(
        lambda: getattr(sys, "get_int_max_str_digits", int)(), _set_digits, "set_int_max_str_digits"
    ),
    "sets the timeout of sockets": _Setting(socket.getdefaulttimeout, socket.setdefaulttimeout, "setdefaulttimeout"),
    "sets the locale": _Setting(
        lambda: locale.setlocale(locale.LC_ALL), lambda found: locale.setlocale(locale.LC_ALL, found), "setlocale"
    ),
    "sets how decimals are calculated": _Setting(_decimals, _set_decimals, "getcontext"),
    "sets how certificates are checked": _Setting(
        lambda: ssl._create_default_https_context,  # noqa: SLF001 - it is how people do it
        lambda found: setattr(ssl, "_create_default_https_context", found),
        "_create_default_https_context",
    ),
    "sets who may use the files that it makes": _Setting(_umask, os.umask, "umask", for_programs=True),
}
"""What a file does if it changes a setting → the setting."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What a file does to settings, in words; None: nothing.

    Attributes:
        for_programs: to one that programs have that it starts.
        for_python: to one of Python's own.
    """

    for_programs: str | None = None
    for_python: str | None = None


def python_settings() -> dict[str, Any]:
    """What is set for all of Python now: what a file does that changes it → the value."""
    return {does: setting.read() for does, setting in _SETTINGS.items()}


def changed_since(before: Mapping[str, Any]) -> Changed:
    """What a file did since to these settings."""
    return _changed(does for does, setting in _SETTINGS.items() if setting.read() != before[does])


def named_in(text: str) -> Changed:
    """What a file may do to settings, by what its text names."""
    names = {getattr(node, "attr", getattr(node, "id", None)) for node in nodes_in(text)}
    return _changed(does for does, setting in _SETTINGS.items() if setting.by in names)


def _changed(found: Iterable[str]) -> Changed:
    by_kind = {_SETTINGS[does].for_programs: does for does in found}
    return Changed(by_kind.get(True), by_kind.get(False))


def set_again(before: Mapping[str, Any]) -> None:
    """Sets all as it was."""
    for does, setting in _SETTINGS.items():
        if setting.read() != before[does]:
            setting.write(before[does])

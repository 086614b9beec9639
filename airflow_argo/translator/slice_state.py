"""What the globals of a DAG file keep, and whether a slice of it, or a module beside it, keeps the same where it stands alone.

In Airflow each task imports the whole file, so it sees what all of its statements did: a registry that decorators filled, a
counter that was counted on, an object that a function changed. A slice has the statements that bind what it needs, and no
others. So it is run, here, and what it has then is compared with what the file has.
"""

from __future__ import annotations

import importlib
import io
import itertools
import os
import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from enum import Enum
from functools import lru_cache, partial
from inspect import unwrap
from logging import Logger, LoggerAdapter
from pathlib import Path
from random import Random, SystemRandom
from types import CellType, FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any

from airflow_argo.translator.sources import is_authors
from airflow_argo.translator.statements import SourceFile

_SLICE = "airflow_argo_slice"
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_MOST = 20_000
"""How many objects are looked at: of what is larger, the rest is taken to be the same."""

_PLAIN = (str, bytes, int, bool, type(None), type(...), range)
_AS_SHOWN = (float, complex, os.PathLike, Logger, LoggerAdapter)
"""Of which the text that shows them says all, or all that tasks can see."""

_ONE_MORE = itertools.count()


class NotAlone(Exception):
    """A slice, or a module beside the file, fails where it is run alone, or makes something else each time."""


def changed_in(source: str, needed: Mapping[str, Any], file: SourceFile, *, module: str, called: tuple[str, Any]) -> list[str]:
    """The names that stand for something else in a slice than they do in the file.

    Args:
        needed: name → what it stands for in the file.
        file: that the slice is of.
        module: the name of the file as a module.
        called: the function that the slice is for: its name there, and what it is in the file.
    Raises:
        NotAlone: the slice can't be run, or it can't be told what a name stands for.
    """
    looked_at = {name: _looked_at(value) for name, value in needed.items()}
    if not any(may_change or file.may_bind_again(name) for name, (_, may_change) in looked_at.items()):
        return []
    made = _run(source, module)
    changed = _differing({name: state for name, (state, _) in looked_at.items()}, needed, made)
    if not changed:
        return _parted(needed, made, [_given_to(called[1]), _given_to(made.get(called[0]))])
    again = _run(source, module)
    unsteady = _differing({name: _state_of(again[name]) for name in changed if name in again}, again, _run(source, module))
    for name in unsteady:
        may_change = looked_at[name][1] or name in file.rebound  # else it is made of the clock, or by chance, in the file too
        if may_change and _is_followed(type(needed[name])):
            raise NotAlone(f"'{name}' is another each time")
    return [name for name in changed if name not in unsteady]  # what packages keep for themselves may be another each time


def _parted(needed: Mapping[str, Any], made: Mapping[str, Any], given: list[list[Any]]) -> list[str]:
    """The names of things that are one thing in the file, or have one in them, and are several in a slice."""
    names = [name for name, value in needed.items() if isinstance(value, list | dict | set)]
    together = [[*given[0], *(needed[name] for name in names)], [*given[1], *(made.get(name) for name in names)]]
    return names if _state_of(together[0]) != _state_of(together[1]) else []


def _given_to(function: Any) -> list[Any]:
    """The lists and the like that a function has as defaults, or a partial one as arguments."""
    if isinstance(function, partial):
        values = [*function.args, *function.keywords.values()]
        return [*_only_of_many(values), *_given_to(function.func)]
    plain = unwrap(function)
    return _only_of_many(
        [*(getattr(plain, "__defaults__", None) or ()), *(getattr(plain, "__kwdefaults__", None) or {}).values()]
    )


def _only_of_many(values: list[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, list | dict | set | tuple)]


def _differing(states: Mapping[str, Any], values: Mapping[str, Any], made: Mapping[str, Any]) -> list[str]:
    found = ((name, state, made.get(name)) for name, state in states.items())
    return [name for name, state, other in found if other is not values[name] and _state_of(other) != state]


def _run(source: str, name: str) -> dict[str, Any]:
    """The globals of a slice that is run as a module of its own."""
    made = sys.modules[_SLICE] = ModuleType(_SLICE)
    made.__name__ = name  # under which the file is there, so that classes find their module
    try:
        with _failing_as_not_alone():
            code = compile(source, _SLICE, "exec", dont_inherit=True)
            exec(code, vars(made))  # noqa: S102 - of a file that was imported just now
    finally:
        del sys.modules[_SLICE]
    return vars(made)


def changed_among(names: Iterable[str]) -> list[str]:
    """Of the author's modules, those that keep something else than they do when nothing but them is imported.

    Raises:
        NotAlone: one can't be imported a second time.
    """
    loaded = (sys.modules.get(name) for name in names)
    return _changed_among(tuple(module for module in loaded if module is not None))


@lru_cache(maxsize=16)
def _changed_among(modules: tuple[ModuleType, ...]) -> list[str]:
    """The same; many functions of a file use the same modules."""
    looked_at = {module.__name__: _looked_at(_globals_of(module)) for module in modules}
    there = {name: state for name, (state, may_change) in looked_at.items() if may_change}
    if not there:
        return []
    with _imported_anew(modules), _failing_as_not_alone():
        alone = {name: _state_of(_globals_of(importlib.import_module(name))) for name in there}
    return [name for name, state in there.items() if state != alone[name]]


@contextmanager
def _imported_anew(modules: Iterable[ModuleType]) -> Iterator[None]:
    """Whoever imports these modules meanwhile gets new ones."""
    names, path = {module.__name__: module for module in modules}, list(sys.path)
    sys.path[:0] = {_root_of(module) for module in modules}
    for name in names:
        sys.modules.pop(name, None)
    try:
        yield
    finally:
        sys.path[:] = path
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(names)


def _globals_of(module: ModuleType) -> tuple[tuple[str, Any], ...]:
    return tuple(_own(vars(module)).items())


def _root_of(module: ModuleType) -> str:
    """The folder from which a module, or the package that it is in, is imported."""
    place = Path(str(getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), "")))
    depth = module.__name__.count(".") + (place.name == "__init__.py")
    return str(place.parents[depth])


@contextmanager
def _failing_as_not_alone() -> Iterator[None]:
    try:
        with redirect_stdout(io.StringIO()):
            yield
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the author's statements raise
        raise NotAlone(f"{type(error).__name__}: {error}") from None


# States


def _state_of(value: Any) -> Any:
    """What can be told of a value, as something to compare."""
    return _looked_at(value)[0]


def _looked_at(value: Any) -> tuple[Any, bool]:
    """The state of a value, and whether something in it can be changed."""
    walk = _Walk()
    state = walk.state(value)
    return state, walk.finds_state


class _Walk:
    """Goes through all that a value holds; of objects of installed packages, through what they give to who copies them."""

    def __init__(self) -> None:
        self.finds_state = False
        self._seen: dict[int, tuple[int, Any]] = {}
        self._in_package = False

    def state(self, value: Any) -> Any:
        """Its state. Equal ones are those of values that no task can tell apart."""
        try:
            return self._state(value)
        except Exception:  # noqa: BLE001 - whatever the author's objects raise when they are looked at; or they go too deep
            return self._unlike_any()

    def _state(self, value: Any) -> Any:
        if type(value) in _PLAIN:
            return (type(value).__name__, value)
        if isinstance(value, _AS_SHOWN):
            return _shown(value)
        if id(value) in self._seen:
            return ("again", self._seen[id(value)][0])
        if len(self._seen) == _MOST:
            return ("more",)
        self._seen[id(value)] = (len(self._seen), value)  # the value too: else another may come to have its id
        return (_name(type(value)), *self._parts(value))

    def _unlike_any(self) -> tuple[Any, ...]:
        if self._in_package:
            return ("untold",)
        self.finds_state = True
        return ("unlike any", next(_ONE_MORE))

    def _parts(self, value: Any) -> Iterable[Any]:
        match value:
            case ModuleType() | Enum():
                return (_name(value),)
            case type():
                return self._of_class(value)
            case FunctionType():
                return self._of_function(value)
            case MethodType():
                return (value.__name__, self.state(value.__self__))
            case partial():
                return map(self.state, (value.func, value.args, value.keywords))
            case Random() if not isinstance(value, SystemRandom):
                self.finds_state = True
                return (value.getstate(),)
            case tuple():
                return [*map(self.state, value)]
            case frozenset():
                return sorted(repr(self.state(one)) for one in value)
        if hasattr(type(value), "__next__"):
            return self._unlike_any()  # where an iterator stands can't be told
        return self._of_object(value)

    def _of_object(self, value: Any) -> list[Any]:
        if not _is_followed(type(value)):
            return self._of_package(value)
        fields = _own({**_slots(value), **getattr(value, "__dict__", {})})
        found = [*self._items(value), *((name, self.state(part)) for name, part in sorted(fields.items()))]
        if fields:
            self.finds_state = True
        return found or [_shown(value)]

    def _of_package(self, value: Any) -> list[Any]:
        """Of an object of an installed package; nothing if it can't be copied, as connections and locks can't."""
        outside, self._in_package = self._in_package, True
        try:
            copied = value.__reduce_ex__(4)
            if isinstance(copied, str):  # a name
                return [copied]
            made_by, arguments, *state = copied
            if any(part is not None for part in state):
                self.finds_state = True
            filled = [None if part is None else [*map(self.state, part)] for part in state[1:3]]
            return [*map(self.state, (made_by, arguments, *state[:1])), *filled]
        except Exception:  # noqa: BLE001 - whatever the package raises
            return []
        finally:
            self._in_package = outside

    def _items(self, value: Any) -> list[Any]:
        match value:
            case dict() | MappingProxyType():
                found: list[Any] = [(self.state(key), self.state(part)) for key, part in value.items()]
            case list() | deque():
                found = [*map(self.state, value)]
            case set():
                found = sorted(repr(self.state(one)) for one in value)
            case bytearray():
                found = [bytes(value)]
            case _:
                return []
        self.finds_state = True
        return found

    def _of_class(self, made: type) -> list[Any]:
        found: list[Any] = [made.__qualname__]
        if not _is_written(made):
            return found
        for name, part in vars(made).items():
            inner = getattr(part, "__func__", part)  # of class methods
            if isinstance(inner, FunctionType | type):
                found.append((name, self.state(inner)))
            elif not (name.startswith("__") or hasattr(type(part), "__get__")):
                self.finds_state = True
                found.append((name, self.state(part)))
        return [*found, *(self.state(other) for other in (*made.__mro__[1:], type(made)) if _is_written(other))]

    def _of_function(self, function: FunctionType) -> list[Any]:
        parts = (function.__defaults__, function.__kwdefaults__, _own(vars(function)) or None)
        cells = map(_contents, function.__closure__ or ())
        code = function.__code__
        return [function.__qualname__.rpartition(".")[2], code.co_code, code.co_names, *map(self.state, (*parts, *cells))]


def _contents(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # nothing is in it yet
        return None


def _is_followed(made: type) -> bool:
    """Whether objects of a class are looked into: of the author's, and Python's own."""
    return made.__module__.partition(".")[0] in sys.stdlib_module_names or _is_written(made)


def _is_written(made: type) -> bool:
    """Whether the author wrote a class."""
    if made.__module__ == _SLICE:
        return True
    return is_authors(getattr(sys.modules.get(made.__module__), "__file__", None))


def _own(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields without those that Python gives every function and class."""
    return {name: value for name, value in fields.items() if not name.startswith("__") or name == "__wrapped__"}


def _slots(value: Any) -> dict[str, Any]:
    names = [name for made in type(value).__mro__ for name in _listed(vars(made).get("__slots__", ()))]
    return {name: getattr(value, name) for name in names if hasattr(value, name)}


def _listed(slots: Any) -> Iterable[str]:
    return (slots,) if isinstance(slots, str) else slots


def _name(value: Any) -> str:
    return str(getattr(value, "__qualname__", None) or getattr(value, "__name__", None) or getattr(value, "name", ""))


def _shown(value: Any) -> str:
    try:
        return f"{type(value).__qualname__} {_ADDRESS.sub('', repr(value))}"
    except Exception:  # noqa: BLE001 - whatever the author's __repr__ raises
        return type(value).__qualname__

"""Code objects of functions: a function has those of the functions in it among its constants."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """The code of a function, and of those in it."""
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from codes_in(one)


def globals_of(code: CodeType) -> set[str]:
    """The globals that a function reads or binds, and those inside of it."""
    return {
        str(instruction.argval)
        for part in codes_in(code)
        for instruction in dis.get_instructions(part)
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "DELETE_GLOBAL")
    }


def names_around(code: CodeType, inner: CodeType) -> set[str] | None:
    """The names that functions and classes bind in which a function of a file is defined; None if it isn't there.

    Args:
        code: the file's.
        inner: the function's, as its text gives it in that file.
    """
    for one in code.co_consts:
        if not isinstance(one, CodeType):
            continue
        if (one.co_name, one.co_firstlineno) == (inner.co_name, inner.co_firstlineno):
            return set()
        found = names_around(one, inner)
        if found is not None:
            bound = {str(each.argval) for each in dis.get_instructions(one) if each.opname == "STORE_NAME"}  # of a class
            return found.union(bound, one.co_varnames, one.co_cellvars)
    return None


def rebound_around(code: CodeType) -> set[str]:
    """The names around a function that it rebinds, or a function inside of it: they are `nonlocal`."""
    if not code.co_freevars:
        return set()
    stores = {str(one.argval) for one in dis.get_instructions(code) if one.opname in ("STORE_DEREF", "DELETE_DEREF")}
    inside = (rebound_around(one) for one in code.co_consts if isinstance(one, CodeType))
    return stores.union(*inside) & set(code.co_freevars)


def seen_by(name: str, function: FunctionType) -> Any:
    """What a name stands for in a function, in its closure or among its globals; None if it is neither there."""
    free = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    if name in free:
        return free[name].cell_contents
    return function.__globals__.get(name)


def is_made_of(value: Any, function: FunctionType) -> bool:
    """Whether something is a function of that definition, or what decorators made of it by `functools.wraps`."""
    while hasattr(value, "__wrapped__"):
        value = value.__wrapped__
    return isinstance(value, FunctionType) and value.__code__ is function.__code__

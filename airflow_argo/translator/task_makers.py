"""Decorators that make a task of a function: Airflow's, and those of authors that do it by one of Airflow's."""

from __future__ import annotations

import dis
import re
from collections.abc import Callable, Iterator
from functools import partial
from types import FunctionType
from typing import Any

from airflow_argo.translator.code_objects import codes_in, globals_of

_OF_DECORATORS = re.compile(r"airflow(_argo)?\.(.*\.)?decorators?\b")
"""Modules with `@task` and those like it: of Airflow, its providers, and ours."""

_NAMES = frozenset({"task", "argo_task"})


def makes_task(decorator: Any, is_shippable: Callable[[Any], bool]) -> bool:
    """Whether what a name above a function stands for is Airflow's, or makes a task of the function in the end.

    def gpu_task(function):
        return task.argo(image="cuda")(function)

    Args:
        is_shippable: false for objects that mean nothing in a pod, such as `task`.
    """
    if _module_of(decorator).split(".")[0] == "airflow" or _is_airflows(decorator, is_shippable):
        return True
    seen: set[int] = set()
    left = [decorator]
    while left:
        found = _function_of(left.pop())
        if not isinstance(found, FunctionType) or id(found) in seen:
            continue
        seen.add(id(found))
        used = list(_used_by(found))
        if _imports_one(found) or any(_is_airflows(one, is_shippable) for one in used):
            return True
        left += [one for one in used if getattr(_function_of(one), "__globals__", None) is found.__globals__]
    return False


def _is_airflows(value: Any, is_shippable: Callable[[Any], bool]) -> bool:
    return not is_shippable(value) or bool(_OF_DECORATORS.match(_module_of(_function_of(value))))


def _function_of(value: Any) -> Any:
    """What is called in the end: `task(retries=2)` is a partial."""
    while isinstance(value, partial):
        value = value.func
    return value


def _module_of(value: Any) -> str:
    return getattr(value, "__module__", None) or ""


def _imports_one(function: FunctionType) -> bool:
    """Whether a function imports `task` or the like inside of itself."""
    module = ""
    for instruction in (one for code in codes_in(function.__code__) for one in dis.get_instructions(code)):
        if instruction.opname == "IMPORT_NAME":
            module = str(instruction.argval).split(".")[0]
        elif instruction.opname == "IMPORT_FROM" and instruction.argval in _NAMES and module in ("airflow", "airflow_argo"):
            return True
    return False


def _used_by(function: FunctionType) -> Iterator[Any]:
    """The values of the globals that a function reads, and of the names around it."""
    yield from (function.__globals__[name] for name in globals_of(function.__code__) if name in function.__globals__)
    yield from (cell.cell_contents for cell in function.__closure__ or ())

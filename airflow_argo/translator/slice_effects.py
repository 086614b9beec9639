"""What statements of a DAG file change in what a slice of it has, though they aren't in the slice: registries, attributes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence, Sized
from types import CodeType, FunctionType, ModuleType
from typing import Any

_ENVIRONMENT = ("environ", "getenv")


_MAKE_EMPTY = frozenset({"Counter", "OrderedDict", "defaultdict", "deque", "dict", "list", "set"})
"""What makes an empty collection, called with nothing to put in."""


def became_other(bindings: Sequence[ast.stmt], name: str, value: Any) -> bool:
    """Whether a global that begins as a plain value is another when its file has been imported: a call has changed it.

    Args:
        bindings: the statements that bind it, or call its methods. If they are several, they change it in a slice too.
        value: what it is in the end, which is what each task sees in Airflow.
    """
    match bindings:
        case [ast.Assign(targets=[ast.Name(id=bound)], value=first)] if bound == name:
            return _is_other(first, value) and not _has_code(value)
        case [ast.AnnAssign(value=ast.expr() as first)]:
            return _is_other(first, value) and not _has_code(value)
        case _:
            return False


def _has_code(value: Any) -> bool:
    """Whether a collection holds functions or classes: a slice that has those makes it anew; see `changed_by_others`."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple | set) else ()
    return any(callable(part) or _has_code(part) for part in parts)


def _is_other(first: ast.expr, value: Any) -> bool:
    match first:
        case ast.Call(func=ast.Name(id=made) | ast.Attribute(attr=made), args=args, keywords=[]) if made in _MAKE_EMPTY:
            return len(args) <= (made == "defaultdict") and isinstance(value, Sized) and len(value) > 0
    try:
        begins = ast.literal_eval(first)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        written = first.keys if isinstance(first, ast.Dict) else first.elts if isinstance(first, ast.List | ast.Set) else None
        whole = written is not None and not any(one is None or isinstance(one, ast.Starred) for one in written)
        return whole and written is not None and isinstance(value, Sized) and len(value) > len(written)
    return type(begins) is not type(value) or bool(begins != value)


def changed_by_others(
    nodes: Iterator[ast.stmt], needed: Mapping[str, Any], source: str, module: Mapping[str, Any]
) -> str | None:
    """What a slice needs and a statement outside of it changes as the file is imported; None if there is nothing of the kind.

    Args:
        nodes: the statements at the top of the file that aren't in the slice.
        needed: name → what it stands for, of what is in the slice.
        source: the slice.
        module: the globals of the file.
    """
    asks_environment = any(word in source for word in _ENVIRONMENT)
    for node in nodes:
        found = next(_changed(node, needed, module), None)
        if found is not None:
            return f"'{found}'"
        if asks_environment and _sets_environment(node):
            return "os.environ"
    return None


def _changed(node: ast.stmt, needed: Mapping[str, Any], module: Mapping[str, Any]) -> Iterator[str]:
    match node:
        case ast.FunctionDef(decorator_list=decorators) | ast.AsyncFunctionDef(decorator_list=decorators):
            yield from _by_decorators(decorators, needed, module)
        case ast.ClassDef(decorator_list=decorators, name=name):
            yield from _by_decorators(decorators, needed, module)
            yield from _by_subclass(module.get(name), needed)
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            yield from _by_targets(targets, needed)
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            yield from _by_targets([target], needed)


def _by_decorators(decorators: list[ast.expr], needed: Mapping[str, Any], module: Mapping[str, Any]) -> Iterator[str]:
    """What decorators written in the file may put something into."""
    for decorator in decorators:
        root = _root(decorator)
        value = module.get(root)
        if isinstance(value, FunctionType) and value.__globals__ is module:
            yield from sorted(name for name in _globals_of(value, set()) & needed.keys() if _keeps(needed[name], module))
        elif root in needed and _keeps(value, module):
            yield root


def _keeps(value: Any, module: Mapping[str, Any]) -> bool:
    """Whether something can be put into a value: a collection, or an object or a class of the file's own."""
    own = getattr(value, "__module__", None) == module.get("__name__") and not isinstance(value, FunctionType)
    return own or isinstance(value, dict | list | set)


def _by_subclass(made: Any, needed: Mapping[str, Any]) -> Iterator[str]:
    """The bases, and the metaclass, that a class makes itself known to."""
    if not isinstance(made, type):
        return
    for name, value in needed.items():
        if value is type(made) or (value in made.__mro__[1:] and "__init_subclass__" in vars(value)):
            yield name


def _by_targets(targets: list[ast.expr], needed: Mapping[str, Any]) -> Iterator[str]:
    for root in (_root(one) for one in targets if isinstance(one, ast.Attribute | ast.Subscript)):
        if root in needed and not isinstance(needed[root], ModuleType):
            yield root


def _sets_environment(node: ast.stmt) -> bool:
    """Whether a statement writes to the environment."""
    match node:
        case ast.Assign(targets=[ast.Subscript(value=of)]) | ast.AugAssign(target=ast.Name() | ast.Attribute() as of):
            return ast.unparse(of).endswith("environ")
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=of, attr="setdefault" | "update" | "pop" | "clear"))):
            return ast.unparse(of).endswith("environ")
        case _:
            return False


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _globals_of(function: FunctionType, seen: set[int]) -> set[str]:
    """The globals that a function of the file names, and those that the functions name which it calls."""
    seen.add(id(function))
    names = _names_of(function.__code__)
    for name in tuple(names):
        value = function.__globals__.get(name)
        if isinstance(value, FunctionType) and value.__globals__ is function.__globals__ and id(value) not in seen:
            names |= _globals_of(value, seen)
    return names


def _names_of(code: CodeType) -> set[str]:
    inner = (_names_of(one) for one in code.co_consts if isinstance(one, CodeType))
    return set(code.co_names).union(*inner)

"""Arguments of DAGs by their later names, where ruff doesn't see that they are a DAG's.

It knows a DAG by the import of its class from Airflow itself, and arguments by the call that they stand in. People import the
class from a module of their own too, and keep arguments in a dict: `DAG("d", **arguments)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from airflow_argo.translator.porting_edits import Edit, name_of, span_of, without_keywords, without_parts
from airflow_argo.translator.porting_names import GONE_ARGUMENTS

_RENAMED: Final = {
    "schedule_interval": "schedule",
    "timetable": "schedule",
    "concurrency": "max_active_tasks",
    "fail_stop": "fail_fast",
}
"""Source: Airflow 2's airflow/models/dag.py."""


def arguments_of_dags(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """Arguments of calls, and members of the dicts that are spread in them."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and name_of(node.func) in ("DAG", "dag")]
    for call in calls:
        yield from _renamed(call, data)
    spread = [one.value for call in calls for one in call.keywords if one.arg is None]
    names = {one.id for one in spread if isinstance(one, ast.Name)}
    for written in [*spread, *_written(tree, names)]:
        yield from _of_dict(written, data)
    for key in _named(tree, names):
        yield from _of_key(key, data)


def _renamed(call: ast.Call, data: bytes) -> Iterator[Edit]:
    for keyword in call.keywords:
        if keyword.arg in _RENAMED:
            start, _ = span_of(keyword, data)
            yield start, start + len(keyword.arg), _RENAMED[keyword.arg].encode()


def _of_key(key: ast.expr | None, data: bytes) -> Iterator[Edit]:
    if isinstance(key, ast.Constant) and key.value in _RENAMED:
        yield (*span_of(key, data), f'"{_RENAMED[str(key.value)]}"'.encode())


def _of_dict(value: ast.expr, data: bytes) -> Iterator[Edit]:
    """Members of a dict as it is written down, and of those that are put into it: `{**a, "b": 1}`, `dict(a, b=1) | c`."""
    match value:
        case ast.Dict():
            pairs = list(zip(value.keys, value.values, strict=True))
            gone = [isinstance(key, ast.Constant) and key.value in GONE_ARGUMENTS for key, _ in pairs]
            if any(gone) and None not in value.keys:
                spans = [(span_of(key, data)[0], span_of(one, data)[1]) for key, one in pairs]
                yield from without_parts([(*span, is_gone) for span, is_gone in zip(spans, gone, strict=True)], data)
            for key, one in pairs:
                yield from _of_key(key, data) if key is not None else _of_dict(one, data)
        case ast.BinOp(op=ast.BitOr()):
            yield from _of_dict(value.left, data)
            yield from _of_dict(value.right, data)
        case ast.Call(func=ast.Name(id="dict")):
            yield from without_keywords(value, [one for one in value.keywords if one.arg in GONE_ARGUMENTS], data)
            yield from _renamed(value, data)
            for one in [*value.args, *(keyword.value for keyword in value.keywords if keyword.arg is None)]:
                yield from _of_dict(one, data)


def _written(tree: ast.Module, names: set[str]) -> Iterator[ast.expr]:
    """What is assigned to some names, and what their dicts are updated with."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in names:
                yield value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name in names:
                yield value
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="update"), args=given) if name in names:
                yield from given


def _named(tree: ast.Module, names: set[str]) -> Iterator[ast.expr]:
    """Keys of members of their dicts that are read or set one by one."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=key) if name in names:
                yield key
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get" | "pop" | "setdefault"), args=[key, *_]):
                if name in names:
                    yield key


def says(call: ast.Call, name: str, tree: ast.Module) -> bool:
    """Whether a DAG surely has an argument: by name, or in a dict that is spread and written down once in the file."""
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg is None and isinstance(value, ast.Name):
            written = list(_written(tree, {value.id}))
            value = written[0] if len(written) == 1 else value
        keys = value.keys if keyword.arg is None and isinstance(value, ast.Dict) else ()
        if keyword.arg == name or any(isinstance(key, ast.Constant) and key.value == name for key in keys):
            return True
    return False

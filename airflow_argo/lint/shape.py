"""The part of a document that has the shape that Argo gives it: what all rules but those about shape look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from airflow_argo.argo.validation.schema import OBJECTS, Anything, Flag, ListOf, MapOf, Ref, Text, Type, Whole

_LISTS: Final = frozenset([("Task", "withItems"), ("Step", "withItems")])
"""Fields that the table of fields doesn't look into."""
_NAMED: Final = frozenset(["Template", "Task", "Step", "Parameter", "Artifact", "UserContainer", "SetContainer"])
"""Objects that mean nothing without a name."""

Paths = dict[int, str]


def shaped(document: Mapping[str, Any], kind: str) -> tuple[dict[str, Any], Paths]:
    """A copy of a document without unknown fields and without values of a wrong type.

    Returns:
        the copy, and where each object in it is in the document, by identity: in a list that lost an item, indices differ.
    """
    paths: Paths = {}
    copy = _shaped(document, Ref(kind), "", paths)
    assert isinstance(copy, dict)
    return copy, paths


_NOTHING: Final = object()


def _shaped(value: Any, type_: Type, path: str, paths: Paths) -> Any:
    match type_:
        case Ref(name=name):
            return _object(value, name, path, paths)
        case ListOf(item=item):
            return _list(value, item, path, paths) if isinstance(value, list) else _NOTHING
        case MapOf(item=item):
            return _map(value, item, path, paths) if isinstance(value, Mapping) else _NOTHING
        case Text():
            return value if isinstance(value, str) else _NOTHING
        case Flag():
            return value if isinstance(value, bool) else _NOTHING
        case Whole(or_text=or_text):
            whole = isinstance(value, int) and not isinstance(value, bool)
            return value if whole or (or_text and isinstance(value, str)) else _NOTHING
        case Anything():
            return value


def _object(value: Any, name: str, path: str, paths: Paths) -> Any:
    if not isinstance(value, Mapping):
        return _NOTHING
    types = OBJECTS[name].types
    copy: dict[str, Any] = {}
    paths[id(copy)] = path
    for key, inner in value.items():
        if key not in types or inner is None:
            continue
        if (name, key) in _LISTS and not isinstance(inner, list):
            continue
        found = _shaped(inner, types[key], f"{path}.{key}" if path else key, paths)
        if found is not _NOTHING:
            copy[key] = found
    if name in _NAMED and not copy.get("name"):
        return copy if path.endswith((".templateDefaults", ".inline")) else _NOTHING
    return copy


def _list(value: list[Any], item: Type, path: str, paths: Paths) -> list[Any]:
    found = (_shaped(inner, item, f"{path}[{index}]", paths) for index, inner in enumerate(value))
    copy = [inner for inner in found if inner is not _NOTHING]
    paths[id(copy)] = path
    return copy


def _map(value: Mapping[Any, Any], item: Type, path: str, paths: Paths) -> dict[str, Any]:
    found = {key: _shaped(inner, item, f"{path}.{key}", paths) for key, inner in value.items() if isinstance(key, str)}
    return {key: inner for key, inner in found.items() if inner is not _NOTHING}

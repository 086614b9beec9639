"""The shape that CustomResourceDefinitions give a document: structural schemas, as a cluster has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from airflow_argo.lint.schemas.fault import COUNT, NOT_ALLOWED, REQUIRED, TOO_LONG, UNKNOWN_FIELD, WRONG_TYPE, ShapeFault

_Json = Mapping[str, Any]
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (Mapping,),
}


class CrdSchema:
    """The schemas of a cluster.

    Args:
        definitions: CustomResourceDefinitions. One without a schema, as Argo's minimal ones are, lets everything pass.
    """

    def __init__(self, definitions: Mapping[str, _Json]) -> None:
        self._by_kind = {kind: schema for kind, one in definitions.items() if (schema := _schema(one)) is not None}

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that have a schema with fields."""
        return frozenset(
            kind for kind, schema in self._by_kind.items() if not _is_open(schema.get("properties", {}).get("spec", {}))
        )

    def faults(self, document: _Json) -> Iterator[ShapeFault]:
        """All that is wrong with a document; its rules between fields (CEL) are left to the API server."""
        schema = self._by_kind.get(document["kind"])
        if schema is not None:
            own = {name: value for name, value in document.items() if name not in ("apiVersion", "kind", "metadata", "status")}
            properties = {name: one for name, one in schema.get("properties", {}).items() if name in ("spec",)}
            yield from _faults(own, {**schema, "properties": properties, "required": []}, "")


def _schema(definition: _Json) -> _Json | None:
    versions = (definition.get("spec") or {}).get("versions") or []
    stored = next((one for one in versions if one.get("storage")), None)
    found: _Json | None = ((stored or {}).get("schema") or {}).get("openAPIV3Schema")
    return found


def _is_open(schema: _Json) -> bool:
    return bool(schema.get("x-kubernetes-preserve-unknown-fields")) and not schema.get("properties")


def _faults(value: Any, schema: _Json, path: str) -> Iterator[ShapeFault]:
    if value is None:
        return  # null is dropped
    if not _fits(value, schema):
        expected = "string or integer" if schema.get("x-kubernetes-int-or-string") else schema.get("type")
        yield ShapeFault(path, WRONG_TYPE, f"it must be of type {expected}")
        return
    if isinstance(value, Mapping):
        yield from _object_faults(value, schema, path)
    elif isinstance(value, list):
        yield from _list_faults(value, schema, path)
    elif isinstance(value, str):
        yield from _text_faults(value, schema, path)
    if schema.get("enum") and value not in schema["enum"]:
        yield ShapeFault(path, NOT_ALLOWED, f"'{value}' is none of: {', '.join(map(str, schema['enum']))}")
    if isinstance(value, (int, float)) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        limits = " to ".join(str(schema[name]) for name in ("minimum", "maximum") if name in schema)
        yield ShapeFault(path, NOT_ALLOWED, f"{value} is beyond its limits: {limits}")


def _fits(value: Any, schema: _Json) -> bool:
    if schema.get("x-kubernetes-int-or-string"):
        return isinstance(value, (int, str)) and not isinstance(value, bool)
    kind = schema.get("type")
    if kind is None:
        return True
    if isinstance(value, bool):
        return bool(kind == "boolean")
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(kind, (object,)))


def _object_faults(value: _Json, schema: _Json, path: str) -> Iterator[ShapeFault]:
    properties, more = schema.get("properties") or {}, schema.get("additionalProperties")
    is_open = (
        schema.get("x-kubernetes-preserve-unknown-fields")
        or schema.get("x-kubernetes-embedded-resource")
        or not (properties or more)
    )
    for name, inner in value.items():
        place = f"{path}.{name}" if path else str(name)
        if name in properties:
            yield from _faults(inner, properties[name], place)
        elif isinstance(more, Mapping):
            yield from _faults(inner, more, place)
        elif not is_open and more is not True:
            yield ShapeFault(place, UNKNOWN_FIELD, f"there is no field '{name}'", tuple(properties))
    for name in schema.get("required") or []:
        if value.get(name) is None:
            yield ShapeFault(f"{path}.{name}" if path else name, REQUIRED, f"{name} is required")


def _list_faults(value: list[Any], schema: _Json, path: str) -> Iterator[ShapeFault]:
    if len(value) > schema.get("maxItems", len(value)):
        yield ShapeFault(path, COUNT, f"there are {len(value)} items, and at most {schema['maxItems']} are allowed")
    if len(value) < schema.get("minItems", 0):
        yield ShapeFault(path, COUNT, f"there are {len(value)} items, and at least {schema['minItems']} are needed")
    for index, inner in enumerate(value):
        yield from _faults(inner, schema.get("items") or {}, f"{path}[{index}]")


def _text_faults(value: str, schema: _Json, path: str) -> Iterator[ShapeFault]:
    if len(value) > schema.get("maxLength", len(value)):
        yield ShapeFault(path, TOO_LONG, f"it has {len(value)} characters, and at most {schema['maxLength']} are allowed")
    pattern = schema.get("pattern")
    if pattern and _compiled(pattern).search(value) is None:
        yield ShapeFault(path, NOT_ALLOWED, f"'{value}' should match {pattern}")


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("$", r"\Z"), re.ASCII)

"""Parameters as Argo writes them in JSON: their fields in the order of its types, not of a manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from airflow_argo.argo import gojson

_PARAMETER: Final = ("name", "default", "value", "valueFrom", "globalName", "enum", "description")
_VALUE_FROM: Final = (
    "path",
    "jsonPath",
    "jqFilter",
    "event",
    "parameter",
    "supplied",
    "configMapKeyRef",
    "default",
    "expression",
)
_KEY_REFERENCE: Final = ("name", "key", "optional")
_INSIDE: Final = {"valueFrom": _VALUE_FROM, "configMapKeyRef": _KEY_REFERENCE}


def parameters_json(parameters: Sequence[Mapping[str, Any]] | None) -> str:
    """The JSON of `inputs.parameters` and `workflow.parameters`. Source: Parameter and ValueFrom in workflow_types.go."""
    if parameters is None:
        return "null"
    return f"[{','.join(_object(parameter, _PARAMETER) for parameter in parameters)}]"


def _object(value: Mapping[str, Any], fields: Sequence[str]) -> str:
    members = ((field, value[field]) for field in fields if value.get(field) is not None)
    return f"{{{','.join(f'{gojson.quote(field)}:{_member(field, member)}' for field, member in members)}}}"


def _member(field: str, value: object) -> str:
    inside = _INSIDE.get(field)
    return _object(value, inside) if inside and isinstance(value, Mapping) else gojson.marshal(value)

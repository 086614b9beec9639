"""Values of inputs against the schemas that a manifest notes, as Airflow checks params before there is a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from airflow_argo.compiler.objects import SCHEMAS
from airflow_argo.diagnostics import InputError


def check_values(manifest: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
    """Checks values for inputs of a workflow. Source: airflow.sdk Param.resolve.

    Raises:
        InputError: one isn't what its schema says; the first in the order of the schemas.
    """
    noted = ((manifest.get("metadata") or {}).get("annotations") or {}).get(SCHEMAS)
    if noted is None or not parameters:
        return
    from jsonschema import FormatChecker, ValidationError, validate  # here: it takes a while to import

    for name, how in json.loads(noted).items():
        if name not in parameters:
            continue
        value = _value(name, parameters[name], how)
        try:
            validate(value, how["schema"], format_checker=FormatChecker())
        except ValidationError as error:
            place = "".join(f".{key}" for key in error.absolute_path)
            raise InputError(f"input '{name}{place}' is not valid: {error.message}", _cure(error.schema)) from None


def _value(name: str, given: Any, how: Mapping[str, Any]) -> Any:
    """The value as tasks will see it."""
    if not isinstance(given, str) or how["is"] == "text":
        return given
    try:
        return json.loads(given)
    except ValueError:
        raise InputError(f"input '{name}' is no JSON: {given!r}", _cure(how["schema"])) from None


def _cure(schema: Any) -> str:
    return f"give what its schema says: {json.dumps(schema, ensure_ascii=False)}"

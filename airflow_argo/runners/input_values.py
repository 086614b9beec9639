"""Values of inputs against the schemas that a manifest notes, as Airflow checks params before there is a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from airflow_argo.compiler.objects import SCHEMAS
from airflow_argo.diagnostics import InputError
from airflow_argo.pod.airflow_task.workflows import DAG_ID_LABEL

DATES: Final = ("logical_date", "data_interval_start", "data_interval_end")
CONF: Final = "conf"
"""Inputs of every run of a DAG."""


def check_values(manifest: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
    """Checks values for inputs of a workflow. Source: airflow.sdk Param.resolve.

    Raises:
        InputError: of a DAG's run, a date is none, or the configuration no object; or a value isn't what its schema says, the
            first in the order of the schemas.
    """
    notes = (manifest.get("metadata") or {}).get("annotations") or {}
    if DAG_ID_LABEL in notes:
        _check_run(parameters)
    noted = notes.get(SCHEMAS)
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


def _check_run(parameters: Mapping[str, Any]) -> None:
    """Checks what a run is told about itself; an empty text is no date, which is fine."""
    for name in DATES:
        text = str(parameters.get(name) or "")
        try:
            datetime.fromisoformat(text.replace("Z", "+00:00") or "2024-01-31")
        except ValueError:
            raise InputError(f"input '{name}' is no date: '{text}'", "write 2024-01-31, or 2024-01-31T06:00:00+00:00") from None
    conf = parameters.get(CONF, "{}")
    if isinstance(conf, str):
        try:
            conf = json.loads(conf)
        except ValueError:
            raise InputError(f"input '{CONF}' is no JSON: '{conf}'", 'write {"name": value}') from None
    if not isinstance(conf, dict):
        raise InputError(f"input '{CONF}' is no object: {json.dumps(conf)}", 'write {"name": value}')


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

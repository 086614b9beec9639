"""Values of inputs against the schemas that a manifest notes, as Airflow checks params before there is a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from airflow_argo.argo.inputs import inputs_of
from airflow_argo.diagnostics import InputError
from airflow_argo.pod.airflow_task.workflows import DAG_ID_LABEL, SCHEMAS
from airflow_argo.pod.run import parameter_text

DATES: Final = ("logical_date", "data_interval_start", "data_interval_end")
CONF: Final = "conf"
"""Inputs of every run of a DAG."""


def input_values(manifest: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The values for inputs of a workflow, as its tasks can read them. Source: airflow.sdk Param.resolve, process_params.

    A param of a DAG without a value has that of its name in `conf`. Text for an input that is JSON is made JSON where its
    schema allows a text, and not what it says as JSON: people write `-p name=value`.

    Raises:
        InputError: of a DAG's run, a date is none, or the configuration no object; or a value isn't what its schema says, the
            first in the order of the schemas.
    """
    notes = (manifest.get("metadata") or {}).get("annotations") or {}
    schemas = json.loads(notes.get(SCHEMAS) or "{}")
    values = dict(parameters)
    if DAG_ID_LABEL in notes:
        conf = _checked_conf(parameters)
        how = schemas.pop(CONF, None)
        if conf and how:
            _check(CONF, conf, how["schema"])
        values = {**_of_conf(manifest, schemas, conf), **values}
    return {**values, **{name: _checked(name, values[name], how) for name, how in schemas.items() if name in values}}


def _checked_conf(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The run's configuration, once what the run is told about itself is checked; an empty text is no date, which is fine."""
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
    return conf


def _of_conf(manifest: Mapping[str, Any], schemas: Mapping[str, Any], conf: Mapping[str, Any]) -> dict[str, Any]:
    """Name → value of the inputs that have none in the manifest, but one in the configuration."""
    lacking = [name for name, has_value in inputs_of(manifest.get("spec") or {}, {}).items() if not has_value]
    kinds = {name: (schemas.get(name) or {}).get("is", "json") for name in lacking}
    return {name: parameter_text(conf[name], kinds[name]) for name in lacking if name in conf}


def _checked(name: str, given: Any, how: Mapping[str, Any]) -> Any:
    """The value, as what the input holds."""
    schema = how["schema"]
    if not isinstance(given, str) or how["is"] == "text":
        _check(name, given, schema)
        return given
    try:
        value = json.loads(given)
        _check(name, value, schema)
    except (ValueError, InputError) as error:
        if schema and _is_valid(given, schema):  # one that allows anything would make texts of typos
            return json.dumps(given, ensure_ascii=False)
        if isinstance(error, InputError):
            raise
        raise InputError(f"input '{name}' is no JSON: {given!r}", _cure(schema)) from None
    return given


def _check(name: str, value: Any, schema: Any) -> None:
    from jsonschema import FormatChecker, ValidationError, validate  # here: it takes a while to import

    try:
        validate(value, schema, format_checker=FormatChecker())
    except ValidationError as error:
        place = "".join(f".{key}" for key in error.absolute_path)
        raise InputError(f"input '{name}{place}' is not valid: {error.message}", _cure(error.schema)) from None


def _is_valid(value: Any, schema: Any) -> bool:
    try:
        _check("", value, schema)
    except InputError:
        return False
    return True


def _cure(schema: Any) -> str:
    return f"give what its schema says: {json.dumps(schema, ensure_ascii=False)}"

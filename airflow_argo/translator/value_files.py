"""Files of Variables and Connections, as `airflow variables export` and `airflow connections export` write them.

Their values become environment variables, where Airflow looks for them first, in whatever process reads a DAG file or runs its
tasks here. Source: airflow.secrets.local_filesystem, airflow.cli.commands.variable_command and connection_command.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow_argo.diagnostics import InputError, Origin

VARIABLE_PREFIX, CONNECTION_PREFIX = "AIRFLOW_VAR_", "AIRFLOW_CONN_"

_GIVEN_BY = {"Variable": ("--variables", VARIABLE_PREFIX), "Connection": ("--connections", CONNECTION_PREFIX)}


def how_to_give(kind: str, name: str) -> str:
    """How one gives a Variable or Connection that isn't known."""
    flag, prefix = _GIVEN_BY[kind]
    return f"give it by {flag} FILE, or by {prefix}{name.upper()}"


def variables_in(path: Path) -> dict[str, str]:
    """Environment variables for a file of Variables: `.json`, `.yaml` or `.env`.

    Raises:
        InputError: it can't be read, or two names differ only in capitals, which Airflow's environment doesn't tell apart.
    """
    return _as_environment(path, VARIABLE_PREFIX, {name: _variable(value) for name, value in _read(path).items()})


def connections_in(path: Path) -> dict[str, str]:
    """Environment variables for a file of Connections: a URI, or fields as JSON, each.

    Raises:
        InputError: it can't be read, or one is neither.
    """
    return _as_environment(
        path, CONNECTION_PREFIX, {name: _connection(name, value, path) for name, value in _read(path).items()}
    )


def _variable(value: Any) -> str:
    """The text that Airflow stores: `airflow variables import` keeps texts, and writes JSON of the rest."""
    if isinstance(value, Mapping) and "value" in value and set(value) <= {"value", "description"}:
        value = value["value"]
    return value if isinstance(value, str) else json.dumps(value)


def _connection(name: str, value: Any, path: Path) -> str:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        if isinstance(value.get("uri"), str):
            return str(value["uri"])
        return json.dumps({key: part for key, part in value.items() if part is not None and key not in ("conn_id", "id")})
    if isinstance(value, str) and value:
        return value
    raise InputError(f"connection '{name}' is neither a URI nor a map of its fields", "write its URI", Origin(str(path)))


def _read(path: Path) -> dict[str, Any]:
    import yaml

    at = Origin(str(path))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"it can't be read: {error}", "give a file of JSON, YAML or NAME=value lines", at) from None
    if path.suffix == ".env":
        return _lines(text, path)
    try:
        found = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:
        place = getattr(error, "problem_mark", None)
        line = place.line + 1 if place else getattr(error, "lineno", None)
        raise InputError("it is no JSON or YAML", "correct it", Origin(str(path), line)) from None  # the error may show values
    if not isinstance(found, dict):
        raise InputError("it is no map of names to values", "write it as Airflow exports it", at)
    return {str(name): value for name, value in found.items()}


def _lines(text: str, path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, sign, value = line.partition("=")
        if not sign or not name.strip():
            raise InputError("this is no NAME=value", "correct it", Origin(str(path), number))
        found[name.strip()] = value
    return found


def _as_environment(path: Path, prefix: str, values: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    names: dict[str, str] = {}
    for name, value in values.items():
        key = prefix + name.upper()
        if key in found:
            message = f"'{names[key]}' and '{name}' differ only in capitals, and environment variables can't tell them apart"
            raise InputError(message, "rename one", Origin(str(path)))
        if "\0" in value or "\0" in key or "=" in key:
            raise InputError(f"'{name}' can't be an environment variable", "rename it", Origin(str(path)))
        found[key], names[key] = value, name
    return found

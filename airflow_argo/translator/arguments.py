"""Arguments of a function as they are written in the DAG file: Airflow passes them as they are, so only exact copies travel."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from airflow_argo.model.values import Constant, Record, Value
from airflow_argo.pod.values import TYPE
from airflow_argo.translator.dag_folders import DAG_FILES


def argument_json(value: Any) -> Any:
    """The value as JSON with marks.

    Raises:
        TypeError: no copy of it would be the same: an object of a class, or of a subclass of a plain type.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) is list:
        return [argument_json(part) for part in value]
    if type(value) is dict:
        if not all(type(key) is str for key in value):
            raise TypeError("a dict with keys that are no texts")
        made = {key: argument_json(part) for key, part in value.items()}
        return mark("dict", [[key, part] for key, part in made.items()]) if TYPE in made else made
    write = _WRITERS.get(type(value))
    if write is None or (isinstance(value, datetime) and value.tzinfo is not None):
        raise TypeError(f"it is {shown(value)}")
    return mark(*write(value))


def mark(kind: str, of: Any) -> dict[str, Any]:
    """What stands for a value of another type. Source: airflow_argo.pod.values."""
    return {TYPE: kind, "of": of}


def marked(kind: str, of: Value) -> Value:
    """A value of a kind that JSON doesn't have."""
    if isinstance(of, Constant):
        return Constant.of(mark(kind, of.value))
    return Record(((TYPE, Constant.of(kind)), ("of", of)))


def shown(value: Any) -> str:
    """A value for people."""
    kind = type(value)
    in_dag_file = kind.__module__.startswith(DAG_FILES)
    return (
        f"a {kind.__qualname__}" if kind.__module__ == "builtins" or in_dag_file else f"a {kind.__module__}.{kind.__qualname__}"
    )


def _sequence(value: Any) -> tuple[str, Any]:
    return type(value).__name__, [argument_json(part) for part in value]


_WRITERS: dict[type, Callable[[Any], tuple[str, Any]]] = {
    tuple: _sequence,
    set: _sequence,
    frozenset: _sequence,
    datetime: lambda value: ("datetime", [value.isoformat(), None]),
    date: lambda value: ("date", value.isoformat()),
    timedelta: lambda value: ("parts of a timedelta", [value.days, value.seconds, value.microseconds]),
    Decimal: lambda value: ("text of a decimal", str(value)),
    bytes: lambda value: ("bytes", base64.b64encode(value).decode()),
}

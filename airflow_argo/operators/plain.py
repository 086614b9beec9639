"""What authors write in Python, as JSON has it: dates and lazy sequences among it, as templates and XComs give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from airflow_argo.diagnostics import InputError


def plain(value: Any, place: str) -> Any:
    """The value as JSON has it: dates as ISO 8601 texts, all sequences as lists.

    Args:
        place: what it is, for the error: `parameters.day`.

    Raises:
        InputError: something in it has no form in JSON.
    """
    match value:
        case None | bool() | int() | float() | str():
            return value
        case date():  # a datetime too
            return value.isoformat()
        case Mapping():
            return {str(key): plain(part, f"{place}.{key}") for key, part in value.items()}
        case bytes() | bytearray():
            pass
        case _ if hasattr(value, "openapi_types"):  # an object of Kubernetes' client
            from kubernetes.client import ApiClient

            return ApiClient().sanitize_for_serialization(value)
        case Sequence():
            return [plain(part, f"{place}[{index}]") for index, part in enumerate(value)]
    raise InputError(f"{place} is of type {type(value).__name__}", "give texts, numbers, dates, and lists and dicts of them")


def plain_dict(value: Any, place: str) -> dict[str, Any]:
    """A dict of plain values; None is an empty one.

    Raises:
        InputError: it is none, or something in it has no form in JSON.
    """
    if value is None:
        return {}
    if isinstance(value, Mapping):
        made: dict[str, Any] = plain(value, place)
        return made
    cure = "give a dict; a template gives one if the DAG has render_template_as_native_obj=True"
    raise InputError(f"{place} is of type {type(value).__name__}, not a dict", cure)

"""What a task reports, and how it ends otherwise than well."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Sequence

from .values import encoded, packed

FINAL_EXIT_CODE = 100
"""The exit code of a task that must not be tried again. Source: AirflowFailException."""

MAX_MAP_LENGTH = int(os.environ.get("AIRFLOW__CORE__MAX_MAP_LENGTH", "1024"))

RETURN_VALUE = "return_value"
"""The key of what a task returns."""

PACKED_ABOVE = 4 * 1024
"""Characters: shorter values aren't worth it, and people may read them."""

Call = Dict[str, Any]
Report = Dict[str, Any]


class SkipTask(Exception):
    """The task ends skipped."""


def stored_key(key: Any) -> str:
    """The key under which Airflow stores what is pushed: part of an address. Source: airflow.sdk.api.client, XComOperations.

    What follows a `?` or `#` is cut off, `%2F` is read as `/`, `a/../b` as `b`.

    Raises:
        TypeError: it is no text.
        ValueError: Airflow takes no such key.
    """
    if not isinstance(key, str):
        raise TypeError(f"the key of an XCom must be a text, and {key!r} is a {type(key).__name__}")
    if any(char < " " or char == "\x7f" for char in key):
        raise ValueError(f"Airflow takes no XCom under the key {key!r}: it has a control character in it")
    parts: List[str] = []
    for part in key.partition("?")[0].partition("#")[0].split("/"):
        if part == ".." and not parts:
            raise ValueError(f"Airflow takes no XCom under the key {key!r}: for it that is another address")
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    found = "/".join(parts)
    if not found:
        raise ValueError(f"Airflow takes no XCom under the key {key!r}: for it that is none")
    if "%" in found:
        from urllib.parse import unquote  # few keys need it

        found = unquote(found)
    return found


def pulled_key(key: Any) -> str:
    """The key under which Airflow looks for what is pulled.

    Raises:
        TypeError: it is no text.
        ValueError: Airflow fails to look for it.
    """
    found = stored_key(key)
    if "?" in key or "#" in key:
        raise ValueError(f"Airflow pulls nothing by the key {key!r}: it has a ? or # in it")
    return found


def report_value(call: Call, result: Any, report: Report) -> None:
    """Reports what a task returns."""
    if result is None or call.get("quiet"):
        if call.get("split"):
            raise TypeError("tasks are mapped over what this one returns, and it returns nothing")
        return
    if call.get("split"):
        _check_mappable(result)
    if call.get("spread"):
        if not isinstance(result, dict):
            raise TypeError(f"with multiple_outputs the task must return a dict, and this is a {type(result).__name__}")
        for key in result:
            if not isinstance(key, str):
                raise TypeError(f"with multiple_outputs the keys must be texts, and {key!r} is a {type(key).__name__}")
        for key, value in result.items():
            if key != RETURN_VALUE:
                report["pushed"][stored_key(key)] = encoded(value)
    if call.get("split"):
        if len(result) > MAX_MAP_LENGTH:
            raise ValueError(f"tasks are mapped over what this one returns, and {len(result)} are more than {MAX_MAP_LENGTH}")
        keyed = isinstance(result, dict)
        report["items"] = [encoded(item) for item in ([(str(key), result[key]) for key in result] if keyed else result)]
        report["keyed"] = keyed
    report["value"] = encoded(result)


def _check_mappable(result: Any) -> None:
    """A loop runs over a value: a dict gives (key, value), text is no list. Source: airflow.sdk is_mappable_value."""
    if not isinstance(result, (dict, list, tuple)):
        raise TypeError(f"tasks are mapped over what this one returns, and a {type(result).__name__} is no list or dict")


def with_packed(report: Report, plain: Sequence[str]) -> Report:
    """The report, whose long values are compressed, but for the outputs that Argo reads, by their names in `plain`."""
    pushed = {key: text if key in plain else _shorter(text) for key, text in report["pushed"].items()}
    made = {**report, "pushed": pushed}
    if "value" in report and RETURN_VALUE not in plain:
        made["value"] = _shorter(report["value"])
    if "items" in report and RETURN_VALUE not in plain:
        made["items"] = [_shorter(item) for item in report["items"]]
    return made


def _shorter(text: str) -> str:
    return min(text, packed(text), key=len) if len(text) > PACKED_ABOVE else text

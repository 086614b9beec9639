"""What steps pushed, as values that Airflow stores as it would have stored the tasks' own."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from airflow_argo.pod import large
from airflow_argo.pod.values import CLASS, DATA, TYPE, VERSION, from_json, unpacked


def pushed_value(text: str) -> Any:
    """The value of an encoded text.

    Of a class that can't be read here, since Airflow isn't allowed to or it is in no module of this machine, it is an object
    that is stored alike: Airflow stores such values too, and fails whoever pulls them.
    """
    return json.loads(base64.b64decode(text), object_hook=_value)


def _value(found: dict[str, Any]) -> Any:
    if found.get(TYPE) == "packed":
        return json.loads(unpacked(found["of"]), object_hook=_value)
    if found.get(TYPE) == "large":
        return pushed_value(large.found(*found["of"]))
    try:
        return from_json(found)
    except Exception:  # whatever Airflow or the class raises; what isn't of a class is raised on
        stored: Any = found.get("of")
        if found.get(TYPE) not in ("airflow", "unreadable") or not _is_stored(stored):
            raise
        return _stand_in(stored)


def _is_stored(found: Any) -> bool:
    return isinstance(found, Mapping) and CLASS in found


def _stand_in(stored: Mapping[str, Any]) -> Any:
    """An object that Airflow stores so. Source: airflow.sdk.serde.serialize."""
    module, _, name = str(stored[CLASS]).rpartition(".")
    data = _with_stand_ins(stored.get(DATA))
    fields = {"__module__": module, "__qualname__": name, VERSION: stored.get(VERSION, 0), "serialize": lambda _: data}
    return type(name, (), fields)()


def _with_stand_ins(data: Any) -> Any:
    if _is_stored(data):
        return _value({TYPE: "airflow", "of": data})
    if isinstance(data, dict):
        return {key: _with_stand_ins(part) for key, part in data.items()}
    return [_with_stand_ins(part) for part in data] if isinstance(data, list) else data

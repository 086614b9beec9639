"""The shape that the models of hera give a document: of the SDK that Argo recommends, made from Argo's own schema.

The models drop unknown fields in silence, so what a document has and its model hasn't is found by comparing the two. Importing
them takes most of a second, so that it is done when the first document is checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from airflow_argo.lint.schemas.fault import NOT_ALLOWED, REQUIRED, UNKNOWN_FIELD, WRONG_TYPE, ShapeFault


def hera_is_installed() -> bool:
    """Whether there are models to check by."""
    try:
        return find_spec("hera.workflows") is not None
    except ModuleNotFoundError:
        return False


class HeraSchema:
    """The models of hera."""

    def faults(self, document: Mapping[str, Any]) -> Iterator[ShapeFault]:
        """Fields that the model doesn't have, and values that it doesn't take."""
        import hera.workflows.models as models
        from pydantic import ValidationError

        model = getattr(models, document["kind"])
        try:
            parsed = model.model_validate(document)
        except ValidationError as error:
            yield from (_fault(found, document) for found in error.errors(include_url=False, include_context=False))
            return
        except RecursionError:
            yield ShapeFault("", WRONG_TYPE, "it is nested too deeply")
            return
        yield from _unknown(document, parsed, "")


def _fault(error: Mapping[str, Any], document: Any) -> ShapeFault:
    path, value = "", document
    for part in error["loc"]:
        if isinstance(part, int) and isinstance(value, list) and part < len(value):
            path, value = f"{path}[{part}]", value[part]
        elif isinstance(value, Mapping) and part in value:
            path, value = f"{path}.{part}" if path else str(part), value[part]
        elif error["type"] == "missing" and part == error["loc"][-1]:
            path = f"{path}.{part}" if path else str(part)
    if error["type"] == "missing":
        return ShapeFault(path, REQUIRED, f"{path.rpartition('.')[2]} is required")
    kind = NOT_ALLOWED if error["type"] in ("enum", "literal_error") else WRONG_TYPE
    return ShapeFault(path, kind, f"{error['msg'][:1].lower()}{error['msg'][1:]}")


def _unknown(given: Any, parsed: Any, path: str) -> Iterator[ShapeFault]:
    """Fields of a document that its model has lost."""
    if isinstance(given, Mapping):
        fields = getattr(type(parsed), "model_fields", None)
        if fields is None or "root" in fields:
            inner = parsed if isinstance(parsed, Mapping) else {}
            for name, value in given.items():
                if name in inner:
                    yield from _unknown(value, inner[name], _joined(path, name))
            return
        if not fields:
            return  # a plugin may have any
        names = {field.alias or name: name for name, field in fields.items()}
        for name, value in given.items():
            if name in names:
                yield from _unknown(value, getattr(parsed, names[name]), _joined(path, name))
            elif not isinstance(name, str) or name not in fields:
                yield ShapeFault(_joined(path, name), UNKNOWN_FIELD, f"there is no field '{name}'", tuple(names))
    elif isinstance(given, list) and isinstance(parsed, list):
        for index, (one, other) in enumerate(zip(given, parsed, strict=False)):
            yield from _unknown(one, other, f"{path}[{index}]")


def _joined(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)

"""The shape that the models of hera give a document: of the SDK that Argo recommends, made from Argo's own schema.

The models drop unknown fields in silence, so what a document has and its model hasn't is found by comparing the two. Importing
them takes most of a second, so that it is done when the first document is checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from types import UnionType
from typing import Any, Union, get_args, get_origin

from airflow_argo.lint.schemas.fault import NOT_ALLOWED, REQUIRED, UNKNOWN_FIELD, WRONG_TYPE, ShapeFault


def hera_is_installed() -> bool:
    """Whether there are models to check by."""
    return find_spec("hera") is not None


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
            errors = error.errors(include_url=False, include_context=False)
            yield from (_fault(one, document) for one in errors if not _is_quantity(model, one))
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


def _is_quantity(model: Any, error: Mapping[str, Any]) -> bool:
    """Whether a number stands for a resource quantity, which the model wants as text and Kubernetes takes as both."""
    if error["type"] != "string_type" or not isinstance(error["input"], (int, float)) or isinstance(error["input"], bool):
        return False
    at: Any = model
    for part in error["loc"]:
        at = _inside(at, part)
    return getattr(at, "__name__", "") == "Quantity"


def _inside(annotation: Any, part: object) -> Any:
    """The type of a field, of an item of a list, or of a value of a map."""
    fields = getattr(annotation, "model_fields", None)
    if fields is not None:
        found = next((field.annotation for name, field in fields.items() if part in (name, field.alias)), None)
        return _without_none(found)
    arguments = get_args(annotation)
    return _without_none(arguments[-1]) if arguments else annotation


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) not in (Union, UnionType):
        return annotation
    return next((one for one in get_args(annotation) if one is not type(None)), None)


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

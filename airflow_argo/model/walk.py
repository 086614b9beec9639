"""Finding things in the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def found_in(something: Any, kind: type[T]) -> Iterator[T]:
    """All things of a kind in something of the model, at any depth, in the order of its fields."""
    if isinstance(something, kind):
        yield something
    elif isinstance(something, tuple):
        for part in something:
            yield from found_in(part, kind)
    else:
        for name in field_names(something):
            yield from found_in(getattr(something, name), kind)


def field_names(something: Any) -> tuple[str, ...]:
    """The names of the fields of something of the model; none of anything else."""
    class_: Any = type(something)
    return _field_names(class_)


@cache  # a large workflow has few classes
def _field_names(class_: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(class_)) if is_dataclass(class_) else ()

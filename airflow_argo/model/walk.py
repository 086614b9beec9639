"""Finding things in the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def found_in(something: Any, kind: type[T]) -> Iterator[T]:
    """All things of a kind in something of the model, at any depth, in the order of its fields."""
    waiting = [something]
    while waiting:
        one = waiting.pop()
        if isinstance(one, kind):
            yield one
        elif isinstance(one, tuple):
            waiting.extend(reversed(one))
        elif names := field_names(one):
            waiting.extend([getattr(one, name) for name in reversed(names)])


def field_names(something: Any) -> tuple[str, ...]:
    """The names of the fields of something of the model; none of anything else."""
    class_: Any = type(something)
    return _field_names(class_)


@cache  # a large workflow has few classes
def _field_names(class_: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(class_)) if is_dataclass(class_) else ()

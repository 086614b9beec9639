"""Finding things in the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

T = TypeVar("T")


def found_in(something: Any, kind: type[T]) -> Iterator[T]:
    """All things of a kind in something of the model, at any depth, in the order of its fields."""
    if isinstance(something, kind):
        yield something
    elif isinstance(something, tuple):
        for part in something:
            yield from found_in(part, kind)
    elif is_dataclass(something):
        for one in fields(something):
            yield from found_in(getattr(something, one.name), kind)

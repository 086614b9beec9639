"""What a schema finds, whichever it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

UNKNOWN_FIELD, WRONG_TYPE, REQUIRED, NOT_ALLOWED, TOO_LONG, COUNT, RULE = range(7)


@dataclass(frozen=True, slots=True)
class ShapeFault:
    """One thing that is wrong with the shape of a document.

    Attributes:
        path: such as `spec.templates[0].container.imagee`.
        kind: one of the constants of this module.
        found: what is wrong, in one sentence.
    """

    path: str
    kind: int
    found: str
    known: tuple[str, ...] = ()


class Schema(Protocol):
    """The shapes of documents by kind."""

    def faults(self, document: Mapping[str, Any]) -> Iterable[ShapeFault]:
        """All that is wrong with a document of one of Argo's kinds."""

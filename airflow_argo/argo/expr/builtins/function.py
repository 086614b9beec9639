"""What the language knows of one of its functions."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from airflow_argo.argo.golang.signatures import ANY, kind_of
from airflow_argo.argo.golang.values import Panic

Validator = Callable[[list["str | None"]], str]
"""From the Go types of the arguments (None is nil) to the type of the result; raises ArgumentsRefused."""

NUMBER_KINDS = frozenset(
    ("float32", "float64", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64")
)
LIST_KINDS = frozenset(("interface", "slice", "array"))


class ArgumentsRefused(Exception):
    """The arguments of a call can't fit; ``str()`` is expr-lang's message."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language that takes no closure.

    Attributes:
        name: as it is called.
        run: takes the values of the arguments; raises Panic.
        overloads: Go signatures, tried in this order.
        validate: instead of overloads, where the arguments are checked by their kinds.
        grows: the result counts against the memory that an expression may use.
    """

    name: str
    run: Callable[..., object]
    overloads: tuple[str, ...] = ()
    validate: Validator | None = None
    grows: bool = False

    def call(self, arguments: list[Any]) -> object:
        """The result; the number of arguments is only checked here where the checker couldn't see the call.

        Raises:
            Panic: the arguments don't fit.
        """
        least, most = _accepted(self.run)
        if not least <= len(arguments) <= most:
            raise Panic(f"invalid number of arguments for {self.name} (got {len(arguments)})")
        return self.run(*arguments)

    @property
    def value_type(self) -> str:
        """The type of the function itself, where its name stands alone."""
        return self.overloads[0] if self.overloads else "func(...interface {}) (interface {}, error)"


@lru_cache(maxsize=256)
def _accepted(run: Callable[..., object]) -> tuple[int, float]:
    """How many arguments a function takes, at least and at most."""
    params = inspect.signature(run).parameters.values()
    if any(param.kind is param.VAR_POSITIONAL for param in params):
        return 0, math.inf
    return sum(param.default is param.empty for param in params), len(params)


def shown(type_name: str | None) -> str:
    """A type as Go's `%s` prints it."""
    return type_name if type_name is not None else "%!s(<nil>)"


def kind(type_name: str | None) -> str:
    """The kind of a type behind its pointer; "invalid" of nil."""
    return "invalid" if type_name is None else kind_of(type_name.lstrip("*"))


def expect_arguments(types: list[str | None], count: int) -> None:
    """Refuse any other number of arguments."""
    if len(types) != count:
        raise ArgumentsRefused(f"invalid number of arguments (expected {count}, got {len(types)})")


def one_of(kinds: frozenset[str], result: str | None, refusal: str) -> Validator:
    """Checks that the only argument is of one of these kinds.

    Args:
        kinds: what is accepted.
        result: the type of the result; None for that of the argument.
        refusal: the message; `{}` is the argument's type.
    """

    def validate(types: list[str | None]) -> str:
        expect_arguments(types, 1)
        if kind(types[0]) not in kinds:
            raise ArgumentsRefused(refusal.format(shown(types[0])))
        return result if result is not None else types[0] or ANY

    return validate

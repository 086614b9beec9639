"""`once`: functools.cached_property as it is from Python 3.12 on.

Before, one lock is held for all instances of a class while the property of one is worked out: a login program that hangs for
one connection would hold up every other connection of a triggerer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from typing_extensions import Self

Value = TypeVar("Value")


class once(Generic[Value]):  # noqa: N801 - a decorator
    """A property that is worked out when it is first asked for; by two threads that ask at once, twice."""

    def __init__(self, work_out: Callable[[Any], Value]) -> None:
        self._work_out, self._name = work_out, work_out.__name__
        self.__doc__ = work_out.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> Self: ...

    @overload
    def __get__(self, owner: object, kind: type) -> Value: ...

    def __get__(self, owner: object | None, kind: type) -> Self | Value:
        if owner is None:
            return self
        return owner.__dict__.setdefault(self._name, self._work_out(owner))  # type: ignore[no-any-return] # __dict__ has Any

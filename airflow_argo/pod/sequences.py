"""What the instances of a mapped task gave, as a Python task gets it that takes all of them."""

from __future__ import annotations

import copy
import itertools
from typing import Any, Iterator, List, Optional, Sequence


class LazyXComSequence(Sequence[Any]):
    """No list: it can't be added to, isn't JSON, and Airflow doesn't store it. Source: airflow.sdk LazyXComSequence.

    There each look at an element reads it anew, so that what a task does to one is gone afterwards.
    """

    def __init__(self, of: Optional[List[Any]]) -> None:
        self._of = of or []
        self._is_counted = False

    def __repr__(self) -> str:
        if not self._is_counted:
            return "LazyXComSequence(<unevaluated length>)"
        return f"LazyXComSequence([{len(self._of)} item{'' if len(self._of) == 1 else 's'}])"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return all(one == two for one, two in itertools.zip_longest(self, other, fillvalue=object()))

    def __hash__(self) -> int:
        return hash(tuple(self._of))

    def __iter__(self) -> Iterator[Any]:
        return iter(copy.deepcopy(self._of))

    def __len__(self) -> int:
        self._is_counted = True
        return len(self._of)

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, (int, slice)):
            raise TypeError(f"Sequence indices must be integers or slices not {type(key).__name__}")
        return copy.deepcopy(self._of[key])

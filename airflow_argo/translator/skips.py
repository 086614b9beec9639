"""Exit codes that mean skipped."""

from __future__ import annotations

from collections.abc import Container
from typing import Any


def skip_codes_of(codes: Any) -> frozenset[int]:
    """The codes that an operator's skip_on_exit_code names, by itself or as anything that has `in`."""
    if codes is None:
        return frozenset()
    if isinstance(codes, int):
        return frozenset({codes})
    assert isinstance(codes, Container)
    return frozenset(code for code in range(256) if code in codes)

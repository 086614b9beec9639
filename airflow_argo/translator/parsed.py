"""Python texts as trees, each parsed once though many look into it. Whoever gets one leaves it as it is."""

from __future__ import annotations

import ast
from functools import lru_cache


@lru_cache(maxsize=64)
def tree_of(text: str) -> ast.Module:
    """The tree of a text.

    Raises:
        SyntaxError: it is no Python.
    """
    return ast.parse(text)


@lru_cache(maxsize=64)
def nodes_in(text: str) -> tuple[ast.AST, ...]:
    """All nodes of a text, in the order of `ast.walk`.

    Raises:
        SyntaxError: it is no Python.
    """
    return tuple(ast.walk(tree_of(text)))

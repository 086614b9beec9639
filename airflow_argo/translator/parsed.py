"""Python texts as trees, each parsed once though many look into it. Whoever gets one leaves it as it is."""

from __future__ import annotations

import ast
from collections.abc import Iterable
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


def names_read_in(node: ast.AST) -> list[str]:
    """The names that a node reads, in the order of `ast.walk`."""
    return names_read(ast.walk(node))


def names_read(nodes: Iterable[ast.AST]) -> list[str]:
    """Those that are read by one of the nodes itself."""
    return [node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]

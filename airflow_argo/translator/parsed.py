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
    return tuple(nodes_under(tree_of(text)))


def nodes_under(node: ast.AST) -> list[ast.AST]:
    """A node and all below it, in the order of `ast.walk`, and in half of its time."""
    found = [node]
    for one in found:  # which grows meanwhile
        for name in one._fields:
            part = getattr(one, name, None)
            if isinstance(part, list):
                found += [item for item in part if isinstance(item, ast.AST)]
            elif isinstance(part, ast.AST):
                found.append(part)
    return found


def names_read_in(node: ast.AST) -> list[str]:
    """The names that a node reads, in the order of `ast.walk`."""
    return names_read(nodes_under(node))


def names_read(nodes: Iterable[ast.AST]) -> list[str]:
    """Those that are read by one of the nodes itself."""
    return [node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]


def called_name(call: ast.Call) -> str:
    """The last name of what is called, `c` of `a.b.c()`; empty if it has none."""
    return str(getattr(call.func, "id", None) or getattr(call.func, "attr", ""))

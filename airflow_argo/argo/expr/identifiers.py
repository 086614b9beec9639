"""Which variables an expression needs. Source: util/template/expression_template.go, getIdentifiers."""

from __future__ import annotations

from functools import lru_cache

from airflow_argo.argo.expr.nodes import Binary, Identifier, Member, Node, String, walk
from airflow_argo.argo.expr.parser import parse


def identifiers(expression: str) -> tuple[str, ...]:
    """The names and dotted paths that an expression needs before it can run, as Argo sees it.

    All of them count, whether evaluation would reach them or not: `tasks`, `tasks.a`, `tasks.a.status`, and names of `let`
    too. A path is not needed where `??` or `?.` guards it; the name at its start still is.

    Returns:
        In the order in which Argo meets them: parts before the whole.
    Raises:
        ExprSyntaxError: the text is no expression.
    """
    return _identifiers(expression)


@lru_cache(maxsize=4096)
def _identifiers(expression: str) -> tuple[str, ...]:
    return needed(parse(expression))


def needed(tree: Node) -> tuple[str, ...]:
    """The same for a parsed expression."""
    guarded = guarded_members(tree)
    found: dict[str, None] = {}
    for node in walk(tree):
        if isinstance(node, Identifier):
            found.setdefault(node.name)
        elif isinstance(node, Member) and id(node) not in guarded and (path := member_path(node)) is not None:
            found.setdefault(path)
    return tuple(found)


def guarded_members(tree: Node) -> set[int]:
    """The member nodes, by identity, that may be absent: all on the left of a `??`, and what a `?.` is applied to."""
    guarded: set[int] = set()
    for node in walk(tree):
        if isinstance(node, Binary) and node.operator == "??":
            guarded |= {id(part) for part in walk(node.left) if isinstance(part, Member)}
        elif isinstance(node, Member) and node.optional and isinstance(node.of, Member):
            guarded.add(id(node.of))
    return guarded


def member_path(node: Member) -> str | None:
    """`a['b'].c` as `a.b.c`; None if a part is no literal name, optional, or doesn't start at a variable."""
    names: list[str] = []
    current: Node = node
    while isinstance(current, Member):
        if current.optional or not isinstance(current.name, String):
            return None
        names.append(current.name.value)
        current = current.of
    if not isinstance(current, Identifier):
        return None
    return ".".join([current.name, *reversed(names)])

"""The rewritings of expr-lang's optimizer that show in results or errors. The others only save time.

`x && false` is false without a look at x; `x in ['a', 'b']` looks into a map, so that an x that is no text is an error;
`filter(…)[0]` and `count(…) > 0` stop at the first hit, before an item further on can fail. Source: expr-lang, optimizer/.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from airflow_argo.argo.expr import nodes as ast
from airflow_argo.argo.expr.errors import ExprError
from airflow_argo.argo.expr.operators import float_power, float_quotient, modulo
from airflow_argo.argo.golang.strconv import wrap_int64

_Rewrite = Callable[[ast.Node], ast.Node]


def optimize(source: str, node: ast.Node) -> ast.Node:
    """The tree that expr-lang runs for this one.

    Raises:
        ExprError: a division of constants by zero.
    """
    node = _everywhere(node, _text_set)
    node = _everywhere(node, lambda part: _fold(source, part))
    for rewrite in (_find_last, _find_first, _combine_predicates, _sum_of_array, _any_of_count, _threshold):
        node = _everywhere(node, rewrite)
    return node


def _everywhere(node: ast.Node, rewrite: _Rewrite) -> ast.Node:
    """Rewrite all nodes, parts before the whole. Chains of operators are taken in a loop: they may be long."""
    if not isinstance(node, ast.Binary):
        return rewrite(_with_parts(node, lambda part: _everywhere(part, rewrite)))
    chain = [node]
    while isinstance(chain[-1].left, ast.Binary):
        chain.append(chain[-1].left)
    left = _everywhere(chain[-1].left, rewrite)
    for link in reversed(chain):
        right = _everywhere(link.right, rewrite)
        if left is not link.left or right is not link.right:
            link = replace(link, left=left, right=right)
        left = rewrite(link)
    return left


_PARTS: dict[type, tuple[str, ...]] = {
    ast.Unary: ("operand",),
    ast.Chain: ("chained",),
    ast.Predicate: ("body",),
    ast.Member: ("of", "name"),
    ast.Slice: ("of", "start", "stop"),
    ast.Call: ("callee", "arguments"),
    ast.Builtin: ("arguments",),
    ast.Let: ("value", "body"),
    ast.Sequence: ("nodes",),
    ast.Array: ("items",),
    ast.Conditional: ("condition", "then", "otherwise"),
    ast.Map: ("pairs",),
    ast.Pair: ("key", "value"),
}
"""The fields of a node that hold nodes, or tuples of them."""


def _with_parts(node: ast.Node, new: _Rewrite) -> ast.Node:
    changed: dict[str, Any] = {}
    for name in _PARTS.get(type(node), ()):
        part = getattr(node, name)
        rewritten = _each(part, new) if isinstance(part, tuple) else part and new(part)
        if rewritten is not part:
            changed[name] = rewritten
    return replace(node, **changed) if changed else node


def _each(nodes: tuple[ast.Node, ...], new: _Rewrite) -> tuple[ast.Node, ...]:
    rewritten = tuple(new(node) for node in nodes)
    return nodes if all(one is other for one, other in zip(nodes, rewritten, strict=True)) else rewritten


# --- constants


def _text_set(node: ast.Node) -> ast.Node:
    match node:
        case ast.Binary(operator="in", right=ast.Array(items=items)) if items:
            texts = [item.value for item in items if isinstance(item, ast.String)]
            if len(texts) == len(items):
                return replace(node, right=ast.StringSet(frozenset(texts)))
    return node


def _fold(source: str, node: ast.Node) -> ast.Node:
    match node:
        case ast.Unary(operator="-", operand=ast.Integer(value=number)):
            return ast.Integer(wrap_int64(-number), at=node.at)
        case ast.Unary(operator="-", operand=ast.Float(value=real)):
            return ast.Float(-real, at=node.at)
        case ast.Unary(operator="+", operand=ast.Integer() | ast.Float() as number_node):
            return replace(number_node, at=node.at)
        case ast.Unary(operator="!" | "not", operand=ast.Bool(value=truth)):
            return ast.Bool(not truth, at=node.at)
        case ast.Binary(operator="and" | "&&" | "or" | "||"):
            return _fold_logic(node)
        case ast.Binary(operator="==", left=ast.Integer() | ast.String() | ast.Bool() as left, right=right) if type(
            left
        ) is type(right):
            return ast.Bool(left == right, at=node.at)
        case ast.Binary(operator="+", left=ast.String(value=one), right=ast.String(value=other)):
            return ast.String(one + other, at=node.at)
        case ast.Binary(operator="%", left=ast.Integer(), right=ast.Integer(value=0)):
            raise ExprError("integer divide by zero", source, node.at)
        case ast.Binary(left=ast.Integer() | ast.Float() as left, right=ast.Integer() | ast.Float() as right):
            return _fold_arithmetic(node, left, right)
    return node


def _fold_logic(node: ast.Binary) -> ast.Node:
    decides = node.operator in ("or", "||")  # true decides an `or`, false an `and`
    sides = [side.value if isinstance(side, ast.Bool) else None for side in (node.left, node.right)]
    if sides[0] is (not decides):
        return replace(node.right, at=node.at)
    if sides[1] is (not decides):
        return replace(node.left, at=node.at)
    return ast.Bool(decides, at=node.at) if decides in sides else node


_EXACT: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_REAL: dict[str, Callable[[float, float], float]] = {"/": float_quotient, "**": float_power, "^": float_power}


def _fold_arithmetic(node: ast.Binary, left: ast.Integer | ast.Float, right: ast.Integer | ast.Float) -> ast.Node:
    both_integers = isinstance(left, ast.Integer) and isinstance(right, ast.Integer)
    if node.operator in _REAL:
        return ast.Float(_REAL[node.operator](float(left.value), float(right.value)), at=node.at)
    if node.operator == "%" and both_integers:
        return ast.Integer(modulo(left.value, right.value), at=node.at)
    if node.operator not in _EXACT:
        return node
    if both_integers:
        return ast.Integer(wrap_int64(_EXACT[node.operator](left.value, right.value)), at=node.at)
    return ast.Float(_EXACT[node.operator](float(left.value), float(right.value)), at=node.at)


# --- built-ins


def _find_last(node: ast.Node) -> ast.Node:
    return _find(node, "last", -1, "findLast")


def _find_first(node: ast.Node) -> ast.Node:
    return _find(node, "first", 0, "find")


def _find(node: ast.Node, function: str, index: int, name: str) -> ast.Node:
    match node:
        case ast.Member(of=ast.Builtin(name="filter", arguments=arguments), name=ast.Integer(value=position), optional=False):
            if position == index:
                return ast.Builtin(name, arguments, throws=True, at=node.at)
        case ast.Builtin(name=called, arguments=(ast.Builtin(name="filter", arguments=arguments),)) if called == function:
            return ast.Builtin(name, arguments, at=node.at)
    return node


_COMBINED = {
    ("all", "and"): "and",
    ("all", "&&"): "&&",
    ("any", "or"): "or",
    ("any", "||"): "||",
    ("none", "and"): "or",
    ("none", "&&"): "||",
}


def _combine_predicates(node: ast.Node) -> ast.Node:
    """`all(x, p) && all(x, q)` runs over x once, with `p && q`."""
    match node:
        case ast.Binary(left=ast.Builtin() as left, right=ast.Builtin() as right) if left.name == right.name:
            combined = _COMBINED.get((left.name, node.operator))
            if combined is None or left.arguments[0] != right.arguments[0]:
                return node
            one, other = left.arguments[1], right.arguments[1]
            assert isinstance(one, ast.Predicate)
            assert isinstance(other, ast.Predicate)
            body = _combine_predicates(ast.Binary(combined, one.body, other.body))
            return ast.Builtin(left.name, (left.arguments[0], ast.Predicate(body)), at=node.at)
    return node


def _sum_of_array(node: ast.Node) -> ast.Node:
    """`sum([a, b, c])` is `a + (b + c)`, unless all are constants."""
    match node:
        case ast.Builtin(name="sum", arguments=(ast.Array(items=items),)) if len(items) >= 2:
            if all(isinstance(item, (ast.Integer, ast.Float, ast.String, ast.Bool)) for item in items):
                return node
            total = items[-1]
            for item in reversed(items[:-1]):
                total = ast.Binary("+", item, total)
            return replace(total, at=node.at)
    return node


def _any_of_count(node: ast.Node) -> ast.Node:
    match node:
        case ast.Binary(
            operator=">" | ">=", left=ast.Builtin(name="count", arguments=(_, _) as arguments), right=ast.Integer(value=n)
        ):
            if (node.operator, n) in ((">", 0), (">=", 1)):
                return ast.Builtin("any", arguments, at=node.at)
    return node


def _threshold(node: ast.Node) -> ast.Node:
    match node:
        case ast.Binary(left=ast.Builtin(name="count", arguments=(_, _)) as count, right=ast.Integer(value=n)) if n >= 0:
            enough = {">": n + 1, ">=": n, "<": n, "<=": n + 1}.get(node.operator, 0)
            if enough > 1:
                return replace(node, left=replace(count, threshold=enough))
    return node

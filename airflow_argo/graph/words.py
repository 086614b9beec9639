"""Expressions of a manifest as people would say them: `int(trim(tasks['flip'].outputs?.parameters?.n)) > 2` is `flip.n > 2`.

What only turns values from one form into another (numbers out of text, JSON, base64), what provides for their absence, and
where Argo keeps them is left out. The result is for reading; nothing evaluates it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator

from airflow_argo.argo.expr import nodes as ast

OUTCOME, VALUES = "outcome", "values"
"""Outputs in which our compiler wraps what a step gives."""

_WRAPPERS = frozenset(
    ["int", "float", "string", "trim", "fromJSON", "toJSON", "toJson", "asInt", "asFloat", "b64dec", "b64enc"]
)
_WRAPPED = frozenset((OUTCOME, "outcomes", VALUES))
_CARRIED = "carried"
_NEGATED = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_AND, _OR = ("&&", "and"), ("||", "or")

Label = Callable[[str], str]
"""The author's id of a task."""


def said(node: ast.Node, label: Label) -> str:
    """An expression in words."""
    return _Words(label).say(simplified(node))


def name(path: tuple[str | int, ...], label: Label) -> str:
    """A variable: `flip.n`, `count`, `item`."""
    match path:
        case ("tasks" | "steps", str(task), "outputs", "parameters", "outcome", "items" | "value" | "pushed", *rest):
            return _dotted([label(task), *rest])
        case ("tasks" | "steps", str(task), "outputs", "parameters" | "result" as where, *rest):
            own = [where] if where == "result" else rest[1:] if rest and rest[0] in _WRAPPED else rest
            return _dotted([label(task), *own])
        case ("tasks" | "steps", str(task), *rest):
            return _dotted([label(task), *rest])
        case ("inputs", "parameters", first, *rest):
            return _dotted(rest if first == _CARRIED and rest else [first, *rest])
        case ("workflow", "parameters", *rest) if rest:
            return _dotted(rest)
    return _dotted(path)


def variables(node: ast.Node) -> Iterator[tuple[str | int, ...]]:
    """The paths of all variables in an expression, the longest of each; some may come twice."""
    found = path_of(node)
    if found is not None and found[0] in ("tasks", "steps", "inputs", "workflow", "item"):
        yield found
        return
    for part in ast.children(node):
        yield from variables(part)


def path_of(node: ast.Node) -> tuple[str | int, ...] | None:
    """The segments of a variable, as in ("tasks", "a", "outputs", "parameters", "x"), through whatever only converts it."""
    node = _bare(node)
    match node:
        case ast.Identifier(name=name):
            return (name,)
        case ast.Pointer():
            return ("#",)
        case ast.Member(of=ast.Map(), name=key):  # a table of texts, looked up
            return path_of(key)
        case ast.Member(of=of, name=key):
            before = path_of(of)
            segment = _segment(key)
            return None if before is None or segment is None else (*before, segment)
    return None


def _segment(key: ast.Node) -> str | int | None:
    match key:
        case ast.String(value=name):
            return name
        case ast.Integer(value=number):
            return number
        case ast.Pointer():
            return "#"
    return None


def _bare(node: ast.Node) -> ast.Node:
    """Without what only converts a value or provides for its absence."""
    while True:
        inner = _unwrapped(node)
        if inner is node:
            return node
        node = inner


def _unwrapped(node: ast.Node) -> ast.Node:
    match node:
        case ast.Chain(chained=inner):
            return inner
        case ast.Builtin(name=name, arguments=(inner, *_)) if name in _WRAPPERS or (name == "lower" and _is_trim(inner)):
            return inner
        case ast.Call(callee=callee, arguments=(ast.String(value=text),)) if _function(callee) == "b64dec":
            return ast.String(base64.b64decode(text).decode(errors="replace"))
        case ast.Call(callee=callee, arguments=(inner,)) if _function(callee) in _WRAPPERS:
            return inner
        case ast.Binary(operator="??", left=inner):
            return inner
        case ast.Conditional(then=ast.Nil() | ast.String(value=""), otherwise=inner):
            return inner
        case ast.Conditional(then=inner, otherwise=otherwise) if _is_nothing(otherwise):
            return inner
        case ast.Member(of=ast.Builtin(name="map", arguments=(ast.Array(items=(inner,)), _)), name=ast.Integer(value=0)):
            return inner  # `map([x], …)[0]` is how an expression names a value
    return node


def _is_trim(node: ast.Node) -> bool:
    return isinstance(node, ast.Builtin) and node.name == "trim"


def _is_nothing(node: ast.Node) -> bool:
    """Whether an expression is the branch that isn't meant: nil, an empty text or list, or an error with a message."""
    match node:
        case ast.Nil() | ast.String(value="") | ast.Array(items=()):
            return True
        case ast.Builtin(name="int", arguments=(ast.String(),)):
            return True
    return False


def _function(callee: ast.Node) -> str:
    match callee:
        case ast.Identifier(name=name):
            return name
        case ast.Member(name=ast.String(value=name)):
            return name
    return ""


# --- logic that reads well


def conjuncts(node: ast.Node) -> list[ast.Node]:
    """What must all be so, from left to right."""
    return _operands(node, _AND)


def _operands(node: ast.Node, operators: tuple[str, ...]) -> list[ast.Node]:
    """The operands of a chain of one operator, of any length."""
    found: list[ast.Node] = []
    todo = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, ast.Binary) and part.operator in operators:
            todo += [part.left, part.right]
        else:
            found.append(part)
    return list(reversed(found))


def is_guard(node: ast.Node) -> bool:
    """Whether a condition only says that a value is there: `x != nil`, or several of them."""
    match node:
        case ast.Binary(operator="!=", right=ast.Nil()):
            return True
        case ast.Binary(operator=operator) if operator in (*_AND, *_OR):
            return all(is_guard(part) for part in _operands(node, (operator,)))
    return False


def simplified(node: ast.Node) -> ast.Node:
    """The condition without guards, with `!` only before what can't be said otherwise, without what follows from the rest."""
    match node:
        case ast.Unary(operator="!" | "not", operand=inner):
            simple = simplified(inner)
            return _negated(simple) or ast.Unary("!", simple)
        case ast.Binary(operator=operator) if operator in _AND:
            return _joined("&&", [part for part in conjuncts(node) if not is_guard(part)] or [node])
        case ast.Binary(operator=operator) if operator in _OR:
            return _joined("||", _operands(node, _OR))
    return node


def _joined(operator: str, parts: list[ast.Node]) -> ast.Node:
    """The parts in a chain, each once. In `a || (b && !a)` the `!a` goes without saying, also with `&&` and `||` exchanged."""
    other = "||" if operator == "&&" else "&&"
    simple = list(dict.fromkeys(simplified(part) for part in parts))
    opposites = {_negated(part) for part in simple}
    found: list[ast.Node] = []
    for part in simple:
        inner = _operands(part, (other,))
        kept = [one for one in inner if len(inner) == 1 or one not in opposites]
        found.append(_chain(other, kept or inner))
    return _chain(operator, found)


def _chain(operator: str, parts: list[ast.Node]) -> ast.Node:
    chain = parts[0]
    for part in parts[1:]:
        chain = ast.Binary(operator, chain, part)
    return chain


def _negated(node: ast.Node) -> ast.Node | None:
    """The opposite, if it can be said without a `!` around it all."""
    match node:
        case ast.Unary(operator="!" | "not", operand=inner):
            return inner
        case ast.Binary(operator=operator, left=left, right=right) if operator in _NEGATED:
            return ast.Binary(_NEGATED[operator], left, right)
        case ast.Binary(operator=operator) if operator in (*_AND, *_OR):
            parts = [_negated(part) or ast.Unary("!", part) for part in _operands(node, (operator,))]
            return _chain("||" if operator in _AND else "&&", parts)
    return None


# --- words


class _Words:
    """Says expressions in a language close to Python's."""

    def __init__(self, label: Label) -> None:
        self.label = label

    def say(self, node: ast.Node, binding: int = 0) -> str:
        """The text, in parentheses if it binds less than what is around it."""
        node = _bare(node)
        path = path_of(node)
        if path is not None:
            return name(path, self.label)
        match node:
            case ast.Binary():
                return self._binary(node, binding)
            case ast.Unary(operator="!" | "not", operand=inner):
                return f"not {self.say(inner, 3)}"
            case ast.Unary(operator=operator, operand=inner):
                return f"{operator}{self.say(inner, 6)}"
            case ast.Conditional(condition=condition, then=then, otherwise=otherwise):
                return f"{self.say(then, 1)} if {self.say(condition, 1)} else {self.say(otherwise, 1)}"
        return self._literal(node)

    def _binary(self, node: ast.Binary, binding: int) -> str:
        operator = {"&&": "and", "||": "or"}.get(node.operator, node.operator)
        own = {"or": 1, "and": 2}.get(operator, 4 if operator in (*_NEGATED, "in") else 5)
        if operator in ("and", "or"):
            parts = _operands(node, (_AND if operator == "and" else _OR))
            text = f" {operator} ".join(self.say(part, own + 1) for part in parts)
        else:
            text = f"{self.say(node.left, own + 1)} {operator} {self.say(node.right, own + 1)}"
        return f"({text})" if own < binding else text

    def _literal(self, node: ast.Node) -> str:
        match node:
            case ast.Nil():
                return "null"
            case ast.Bool(value=value):
                return str(value).lower()
            case ast.Integer(value=number) | ast.Float(value=number):
                return str(number)
            case ast.String(value=value):
                return _quoted(value)
            case ast.Array(items=items):
                return f"[{', '.join(self.say(item) for item in items)}]"
            case ast.Map(pairs=pairs):
                return f"{{{', '.join(f'{self.say(pair.key)}: {self.say(pair.value)}' for pair in pairs)}}}"
            case ast.Member(of=of, name=key):
                return f"{self.say(of, 7)}[{self.say(key)}]"
            case ast.Call(callee=callee, arguments=arguments):
                return self._call(_function(callee), arguments)
            case ast.Builtin(name=name, arguments=arguments):
                return self._call(name, arguments)
            case ast.Predicate(body=body):
                return self.say(body)
        return "…"

    def _call(self, name: str, arguments: tuple[ast.Node, ...]) -> str:
        return f"{name}({', '.join(self.say(one) for one in arguments)})"


def _dotted(segments: list[str | int] | tuple[str | int, ...]) -> str:
    text = str(segments[0])
    for segment in segments[1:]:
        text += f"[{segment}]" if isinstance(segment, int) else f".{segment}"
    return text


def _quoted(value: str) -> str:
    """A text as a literal; one that is JSON of something else stands for that, since expressions can't hold it otherwise."""
    try:
        found = json.loads(value)
    except ValueError:
        return f"'{value}'"
    return value if isinstance(found, list | dict) else f"'{value}'"

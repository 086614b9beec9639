"""The syntax tree of expr-lang: frozen nodes, each with the place of its token. Comparing two trees ignores places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a source, in characters from 0; `end` is behind the last."""

    start: int
    end: int


NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class _Placed:
    at: Span = field(default=NOWHERE, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Nil(_Placed):
    """`nil`."""


@dataclass(frozen=True, slots=True)
class Identifier(_Placed):
    """A name of the environment or of a `let`."""

    name: str


@dataclass(frozen=True, slots=True)
class Integer(_Placed):
    """A literal of Go's int."""

    value: int


@dataclass(frozen=True, slots=True)
class Float(_Placed):
    """A literal of Go's float64."""

    value: float


@dataclass(frozen=True, slots=True)
class Bool(_Placed):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class String(_Placed):
    """A string literal, or a name behind a dot."""

    value: str


@dataclass(frozen=True, slots=True)
class Bytes(_Placed):
    """A literal like `b'...'`."""

    value: bytes


@dataclass(frozen=True, slots=True)
class Unary(_Placed):
    """`!`, `not`, `-` or `+`."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(_Placed):
    """An operator between two operands; `a not in b` is a `not` around an `in`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Chain(_Placed):
    """The whole of `a?.b.c`: nil at a `?.` is nil for all of it."""

    chained: Node


@dataclass(frozen=True, slots=True)
class Member(_Placed):
    """`a.b`, `a["b"]`, `a[1]`, or with `?.` where nil gives nil; `method` if it is called."""

    of: Node
    name: Node
    optional: bool = False
    method: bool = False


@dataclass(frozen=True, slots=True)
class Slice(_Placed):
    """`a[from:to]`; either end may be missing."""

    of: Node
    start: Node | None
    stop: Node | None


@dataclass(frozen=True, slots=True)
class Call(_Placed):
    """A call of a function of the environment, or of a method."""

    callee: Node
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Builtin(_Placed):
    """A call of a function of the language.

    The optimizer sets `throws` (a `find` that must find) and `threshold` (a `count` that may stop there).
    """

    name: str
    arguments: tuple[Node, ...]
    throws: bool = False
    threshold: int | None = None


@dataclass(frozen=True, slots=True)
class Predicate(_Placed):
    """The closure that a built-in like `filter` takes."""

    body: Node


@dataclass(frozen=True, slots=True)
class Pointer(_Placed):
    """`#` (name ""), `#index` or `#acc` in a closure."""

    name: str


@dataclass(frozen=True, slots=True)
class Let(_Placed):
    """`let name = value; body`."""

    name: str
    value: Node
    body: Node


@dataclass(frozen=True, slots=True)
class Sequence(_Placed):
    """`a; b`: the value of the last."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Conditional(_Placed):
    """`c ? a : b`, or `if c { a } else { b }`."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Array(_Placed):
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Pair(_Placed):
    """One entry of a map literal."""

    key: Node
    value: Node


@dataclass(frozen=True, slots=True)
class Map(_Placed):
    """`{a: 1, "b": 2, (c): 3}`."""

    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class StringSet(_Placed):
    """The right side of an `in` over string literals, which the optimizer makes a map of."""

    values: frozenset[str]


Node = (
    Nil
    | Identifier
    | Integer
    | Float
    | Bool
    | String
    | Bytes
    | Unary
    | Binary
    | Chain
    | Member
    | Slice
    | Call
    | Builtin
    | Predicate
    | Pointer
    | Let
    | Sequence
    | Conditional
    | Array
    | Map
    | Pair
    | StringSet
)


def children(node: Node) -> tuple[Node, ...]:
    """The direct parts of a node, in the order in which expr-lang visits them."""
    match node:
        case Unary(operand=part) | Chain(chained=part) | Predicate(body=part):
            return (part,)
        case Binary(left=left, right=right):
            return (left, right)
        case Member(of=of, name=name):
            return (of, name)
        case Slice(of=of, start=start, stop=stop):
            return (of, *(end for end in (start, stop) if end is not None))
        case Call(callee=callee, arguments=arguments):
            return (callee, *arguments)
        case Builtin(arguments=arguments):
            return arguments
        case Let(value=value, body=body):
            return (value, body)
        case Sequence(nodes=nodes) | Array(items=nodes):
            return nodes
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
        case Map(pairs=pairs):
            return pairs
        case Pair(key=key, value=value):
            return (key, value)
    return ()


def walk(root: Node) -> Iterator[Node]:
    """All nodes, parts before the whole, left before right; of any depth."""
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, seen = stack.pop()
        if seen:
            yield node
            continue
        stack.append((node, True))
        stack.extend((child, False) for child in reversed(children(node)))

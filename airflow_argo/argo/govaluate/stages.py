"""From tokens to stages, the tree that is evaluated. Source: govaluate, stagePlanner.go.

Operators of one precedence are first planned from right to left and then turned around; that shows where several of them that
only count as equal meet, so it is done here in the same two steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from airflow_argo.argo.golang.moment import Time
from airflow_argo.argo.govaluate.errors import GovaluateError
from airflow_argo.argo.govaluate.tokens import Kind, Token, Value

LITERAL, ACCESS, NOOP = "literal", "access", "noop"


@dataclass(slots=True, eq=False)
class Stage:
    """One operation.

    Attributes:
        symbol: the operator; of a prefix with a "u" before it; LITERAL, ACCESS or NOOP (parentheses).
        left: the left operand.
        right: the right operand, or the only one.
        value: of a literal; the parts of an accessor.
        complaint: the message if an operand is of the wrong type.
    """

    symbol: str
    left: Stage | None = None
    right: Stage | None = None
    value: Any = None
    complaint: str = ""

    def swap_operation(self, other: Stage) -> None:
        """Exchange everything but the operands."""
        for name in ("symbol", "value", "complaint"):
            mine, its = getattr(self, name), getattr(other, name)
            setattr(self, name, its)
            setattr(other, name, mine)


_MODIFIER = "Value '{}' cannot be used with the modifier '{}', it is not a number"

_LEVELS: tuple[tuple[frozenset[str], Kind, str], ...] = (
    (frozenset((",",)), Kind.SEPARATOR, ""),
    (
        frozenset(("?", ":", "??")),
        Kind.TERNARY,
        "Value '{}' cannot be used with the ternary operator '{}', it is not a bool",
    ),
    (frozenset(("||",)), Kind.LOGICALOP, "Value '{}' cannot be used with the logical operator '{}', it is not a bool"),
    (frozenset(("&&",)), Kind.LOGICALOP, "Value '{}' cannot be used with the logical operator '{}', it is not a bool"),
    (
        frozenset(("==", "!=", ">", ">=", "<", "<=", "=~", "!~", "in")),
        Kind.COMPARATOR,
        "Value '{}' cannot be used with the comparator '{}', it is not a number",
    ),
    (frozenset(("^", "&", "|")), Kind.MODIFIER, _MODIFIER),
    (frozenset((">>", "<<")), Kind.MODIFIER, _MODIFIER),
    (frozenset(("+", "-")), Kind.MODIFIER, _MODIFIER),
    (frozenset(("*", "/", "%")), Kind.MODIFIER, _MODIFIER),
    (frozenset(("**",)), Kind.MODIFIER, _MODIFIER),
)
"""Operators from the weakest to the strongest."""

_PREFIX_COMPLAINT = "Value '{}' cannot be used with the prefix '{}'"

_PRECEDENCE = {
    symbol: level
    for level, symbols in enumerate(
        (
            (NOOP,),
            (LITERAL, ACCESS),
            ("u-", "u!", "u~"),
            ("**",),
            ("+", "-"),
            ("^", "&", "|"),
            (">>", "<<"),
            ("*", "/", "%"),
            ("==", "!=", ">", ">=", "<", "<=", "=~", "!~", "in"),
            ("?", ":", "??"),
            ("&&",),
            ("||",),
            (",",),
        )
    )
    for symbol in symbols
}
_PRECEDENCE[ACCESS] = -1  # of its own; only whether two are equal counts


def plan(tokens: list[Token]) -> Stage | None:
    """The tree of a condition whose tokens are in order; what follows a complete condition is ignored.

    Raises:
        GovaluateError: an operand is missing.
    """
    if not tokens:
        return None
    stage = _Planner(tokens).all()
    if stage is not None:
        _reorder(stage)
    return stage


class _Planner:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0

    def all(self) -> Stage | None:
        return self.level(0) if self.position < len(self.tokens) else None

    def next(self) -> Token:
        if self.position >= len(self.tokens):
            length = len(self.tokens)
            raise GovaluateError(f"runtime error: index out of range [{length}] with length {length}")
        self.position += 1
        return self.tokens[self.position - 1]

    def level(self, number: int) -> Stage | None:
        """Operands joined by the operators of a level, nested to the right."""
        if number == len(_LEVELS):
            return self.operand()
        symbols, kind, complaint = _LEVELS[number]
        operands = [self.level(number + 1)]
        operators: list[str] = []
        while self.position < len(self.tokens):
            token = self.tokens[self.position]
            if token.kind is not kind or token.value not in symbols:
                break
            self.position += 1
            operators.append(str(token.value))
            operands.append(self.level(number + 1))
        stage = operands.pop()
        while operators:
            stage = Stage(operators.pop(), operands.pop(), stage, complaint=complaint)
        return stage

    def operand(self) -> Stage | None:
        token = self.next()
        match token.kind:
            case Kind.ACCESSOR:
                follows = self.position < len(self.tokens) and self.tokens[self.position].kind is Kind.CLAUSE
                return Stage(ACCESS, right=self.all() if follows else None, value=token.value)
            case Kind.CLAUSE:
                inner = self.all()
                self.next()
                return Stage(NOOP, right=inner)
            case Kind.CLAUSE_CLOSE:
                self.position -= 1
                return None
            case Kind.NUMERIC | Kind.STRING | Kind.PATTERN | Kind.BOOLEAN | Kind.TIME:
                return Stage(LITERAL, value=_literal(token.kind, token.value))
            case Kind.PREFIX:
                return Stage(f"u{token.value}", right=self.operand(), complaint=_PREFIX_COMPLAINT)
        raise GovaluateError(f"Unable to plan token kind: '{token.kind.value}', value: '{token.value}'")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression as a value."""

    text: str

    def __str__(self) -> str:
        return self.text


def _literal(kind: Kind, value: Value) -> Any:
    if isinstance(value, Time):
        return float(value.unix)
    return Pattern(str(value)) if kind is Kind.PATTERN else value


def _reorder(root: Stage) -> None:
    """Turn each run of equal precedence around, down the right side of the tree and within all left sides."""
    run: list[Stage] = []
    precedence = _PRECEDENCE[root.symbol]
    stage: Stage | None = root
    while stage is not None:
        following = stage.right
        if stage.left is not None:
            _reorder(stage.left)
        if _PRECEDENCE[stage.symbol] != precedence:
            _mirror(run)
            run = []
            precedence = _PRECEDENCE[stage.symbol]
        run.append(stage)
        stage = following
    _mirror(run)


def _mirror(stages: list[Stage]) -> None:
    """Make `a op (b op c)` to `(a op b) op c`, in place."""
    count = len(stages)
    if count < 2:
        return
    for stage in stages:
        stage.left, stage.right = stage.right, stage.left
    root, end = stages[0], stages[-1]
    end.left, root.right = root.right, end.left
    for position in range((count - 2) // 2 + 1):
        one, other = stages[position + 1], stages[count - position - 1]
        one.right, other.right = other.right, one.right
    for position in range(count // 2):
        stages[position].swap_operation(stages[count - position - 1])


Operation = Callable[[Any, Any], Any]

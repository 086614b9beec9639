"""From the text of a condition to its tokens, odd corners included. Source: govaluate, parsing.go and lexerState.go.

A backslash takes the next character as it is, anywhere. Either quote ends a string, whichever began it. A string that looks
like a date is one. Symbols stick together: `==-1` is no token.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from airflow_argo.argo.golang.layout import ANSIC, KITCHEN, RFC3339, RUBY_DATE, UNIX_DATE, parse_time
from airflow_argo.argo.golang.moment import Time
from airflow_argo.argo.golang.regexp import RegexpError, compile_regexp
from airflow_argo.argo.golang.strconv import NumberSyntaxError, parse_float
from airflow_argo.argo.golang.text import WHITE_SPACE
from airflow_argo.argo.golang.values import Panic, format_value
from airflow_argo.argo.govaluate.errors import GovaluateError


class Kind(Enum):
    """What a token is; the names show in messages."""

    UNKNOWN = "UNKNOWN"
    PREFIX = "PREFIX"
    NUMERIC = "NUMERIC"
    BOOLEAN = "BOOLEAN"
    STRING = "STRING"
    PATTERN = "PATTERN"
    TIME = "TIME"
    VARIABLE = "VARIABLE"
    SEPARATOR = "SEPARATOR"
    ACCESSOR = "ACCESSOR"
    COMPARATOR = "COMPARATOR"
    LOGICALOP = "LOGICALOP"
    MODIFIER = "MODIFIER"
    CLAUSE = "CLAUSE"
    CLAUSE_CLOSE = "CLAUSE_CLOSE"
    TERNARY = "TERNARY"


Value = str | float | bool | Time | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A token and what it stands for; that of an accessor (`a.B`) are its parts, that of a pattern its text."""

    kind: Kind
    value: Value

    def __str__(self) -> str:
        value = self.value
        if self.kind in (Kind.CLAUSE, Kind.CLAUSE_CLOSE):
            shown = str(ord(str(value)))  # Go prints the character's number
        elif isinstance(value, tuple):
            shown = f"[{' '.join(value)}]"
        else:
            shown = format_value(value)
        return f"{self.kind.value} [{shown}]"


_OPERAND = frozenset((Kind.NUMERIC, Kind.BOOLEAN, Kind.VARIABLE, Kind.STRING, Kind.CLAUSE))
_AFTER_VALUE = frozenset((Kind.MODIFIER, Kind.COMPARATOR, Kind.LOGICALOP, Kind.CLAUSE_CLOSE, Kind.SEPARATOR))
_START = _OPERAND | {Kind.PREFIX, Kind.PATTERN, Kind.ACCESSOR, Kind.TIME}

FOLLOWERS: dict[Kind, frozenset[Kind]] = {
    Kind.UNKNOWN: _START,
    Kind.CLAUSE: _START | {Kind.CLAUSE_CLOSE},
    Kind.CLAUSE_CLOSE: _AFTER_VALUE | _OPERAND | {Kind.PATTERN, Kind.TIME, Kind.TERNARY},
    **dict.fromkeys((Kind.NUMERIC, Kind.BOOLEAN, Kind.STRING, Kind.VARIABLE), _AFTER_VALUE | {Kind.TERNARY}),
    **dict.fromkeys((Kind.TIME, Kind.PATTERN), _AFTER_VALUE),
    Kind.ACCESSOR: _AFTER_VALUE | {Kind.CLAUSE, Kind.TERNARY},
    Kind.MODIFIER: _OPERAND | {Kind.PREFIX, Kind.ACCESSOR, Kind.CLAUSE_CLOSE},
    Kind.COMPARATOR: _START | {Kind.CLAUSE_CLOSE},
    Kind.LOGICALOP: (_START - {Kind.PATTERN}) | {Kind.CLAUSE_CLOSE},
    Kind.PREFIX: (_OPERAND - {Kind.STRING}) | {Kind.ACCESSOR, Kind.CLAUSE_CLOSE},
    Kind.TERNARY: (_START - {Kind.PATTERN}) | {Kind.SEPARATOR},
    Kind.SEPARATOR: _START - {Kind.PATTERN},
}
"""What may follow a token of a kind."""

_MAY_BE_LAST = frozenset(
    (
        Kind.CLAUSE_CLOSE,
        Kind.NUMERIC,
        Kind.BOOLEAN,
        Kind.STRING,
        Kind.TIME,
        Kind.PATTERN,
        Kind.VARIABLE,
        Kind.ACCESSOR,
    )
)

PREFIXES = frozenset(("-", "!", "~"))
MODIFIERS = frozenset(("+", "-", "*", "/", "%", "**", "&", "|", "^", ">>", "<<"))
LOGICAL = frozenset(("&&", "||"))
COMPARATORS = frozenset(("==", "!=", ">", ">=", "<", "<=", "=~", "!~", "in"))
TERNARIES = frozenset(("?", ":", "??"))

_LAYOUTS = (
    ANSIC,
    UNIX_DATE,
    RUBY_DATE,
    KITCHEN,
    RFC3339,
    "2006-01-02",
    "2006-01-02 15:04",
    "2006-01-02 15:04:05",
    "2006-01-02 15:04:05-07:00",
    "2006-01-02T15Z0700",
    "2006-01-02T15:04Z0700",
    "2006-01-02T15:04:05Z0700",
    "2006-01-02T15:04:05.999999999Z0700",
)
"""What a string may look like to be taken for a time."""


_LIKE_A_TIME = re.compile("[0-9]|mon|tue|wed|thu|fri|sat|sun", re.IGNORECASE)
"""How all of them begin."""


def tokenize(text: str) -> list[Token]:
    """The tokens of a condition.

    Raises:
        GovaluateError: a character starts no token, or parentheses don't balance.
    """
    reader = _Reader(text)
    found: list[Token] = []
    previous = Kind.UNKNOWN
    while (token := reader.token(previous)) is not None:
        found.append(token)
        previous = token.kind
    check_balance(found)
    return found


def check_balance(tokens: list[Token]) -> None:
    """Refuse a different number of opening and closing parentheses; their order is not looked at."""
    opened = sum(token.kind is Kind.CLAUSE for token in tokens)
    if opened != sum(token.kind is Kind.CLAUSE_CLOSE for token in tokens):
        raise GovaluateError("Unbalanced parenthesis")


def check_order(tokens: list[Token]) -> None:
    """Refuse tokens that can't follow each other.

    Raises:
        GovaluateError: with govaluate's message.
    """
    last: Token | None = None
    for token in tokens:
        kind = last.kind if last else Kind.UNKNOWN
        if token.kind not in FOLLOWERS[kind]:
            if last is not None and kind is Kind.VARIABLE and token.kind is Kind.CLAUSE:
                raise GovaluateError(f"Undefined function {last.value}")
            raise GovaluateError(f"Cannot transition token types from {last or 'UNKNOWN [<nil>]'} to {token}")
        last = token
    if last is None or last.kind not in _MAY_BE_LAST:
        raise GovaluateError("Unexpected end of expression")


def with_patterns(tokens: list[Token]) -> list[Token]:
    """The tokens with the string behind each `=~` and `!~` taken as a regular expression.

    Raises:
        GovaluateError: it is none.
    """
    result = list(tokens)
    for position, token in enumerate(tokens):
        if token.kind is Kind.COMPARATOR and token.value in ("=~", "!~"):
            following = tokens[position + 1]
            if following.kind is Kind.STRING:
                _check_pattern(str(following.value))
                result[position + 1] = Token(Kind.PATTERN, following.value)
    return result


def _check_pattern(pattern: str) -> None:
    try:
        compile_regexp(pattern)
    except RegexpError as error:
        raise GovaluateError(str(error)) from None


class _Reader:
    """A place in the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def more(self) -> bool:
        return self.position < len(self.text)

    def read(self) -> str:
        if not self.more():
            length = len(self.text)
            raise GovaluateError(f"runtime error: index out of range [{length}] with length {length}")
        self.position += 1
        return self.text[self.position - 1]

    def token(self, previous: Kind) -> Token | None:
        while self.more():
            char = self.read()
            if char not in WHITE_SPACE:
                return self.token_from(char, previous)
        return None

    def token_from(self, char: str, previous: Kind) -> Token:
        if _is_numeric(char):
            return self.number(char)
        if char == ",":
            return Token(Kind.SEPARATOR, ",")
        if char == "[":
            name = self.until(_is_not_bracket, spaces=True, closed_by="Unclosed parameter bracket")
            return Token(Kind.VARIABLE, name)
        if _is_letter(char):
            return self.word()
        if not _is_not_quote(char):
            return self.string()
        if char in "()":
            return Token(Kind.CLAUSE if char == "(" else Kind.CLAUSE_CLOSE, char)
        return self.symbol(previous)

    def until(self, inside: Callable[[str], bool], *, spaces: bool = False, closed_by: str = "") -> str:
        """The text as far as it is inside.

        Args:
            inside: which characters are.
            spaces: white space is inside too; otherwise it ends the text, or is skipped before it.
            closed_by: the error if nothing ends the text; then the character that ends it is passed over.
        """
        pieces: list[str] = []
        while self.more():
            char = self.read()
            if char == "\\":
                pieces.append(self.read())
                continue
            if char in WHITE_SPACE and not spaces:
                if pieces:
                    return "".join(pieces)
                continue
            if not inside(char):
                self.position -= 0 if closed_by else 1
                return "".join(pieces)
            pieces.append(char)
        if closed_by:
            raise GovaluateError(closed_by)
        return "".join(pieces)

    def again(self, inside: Callable[[str], bool]) -> str:
        """The same, from the character that was just read."""
        self.position -= 1
        return self.until(inside)

    def number(self, char: str) -> Token:
        if char == "0" and self.text.startswith("x", self.position) and self.position + 1 < len(self.text):
            self.position += 1
            digits = self.until(_is_hex_digit)
            try:
                return Token(Kind.NUMERIC, _hex(digits))
            except ValueError:
                raise GovaluateError(f"Unable to parse hex value '{digits}' to uint64\n") from None
        digits = self.again(_is_numeric)
        try:
            return Token(Kind.NUMERIC, parse_float(digits))
        except NumberSyntaxError:
            raise GovaluateError(f"Unable to parse numeric value '{digits}' to float64\n") from None

    def word(self) -> Token:
        word = self.again(_is_name_character)
        if word.find(".") > 0:
            return _accessor(word)
        if word in ("true", "false"):
            return Token(Kind.BOOLEAN, word == "true")
        if word in ("in", "IN"):
            return Token(Kind.COMPARATOR, "in")
        return Token(Kind.VARIABLE, word)

    def string(self) -> Token:
        text = self.until(_is_not_quote, spaces=True, closed_by="Unclosed string literal")
        time = _time(text)
        return Token(Kind.STRING, text) if time is None else Token(Kind.TIME, time)

    def symbol(self, previous: Kind) -> Token:
        symbol = self.again(_is_symbol)
        if symbol in PREFIXES and Kind.PREFIX in FOLLOWERS[previous]:
            return Token(Kind.PREFIX, symbol)
        for kind, symbols in _SYMBOLS.items():
            if symbol in symbols:
                return Token(kind, symbol)
        raise GovaluateError(f"Invalid token: '{symbol}'")


_SYMBOLS = {
    Kind.MODIFIER: MODIFIERS,
    Kind.LOGICALOP: LOGICAL,
    Kind.COMPARATOR: COMPARATORS,
    Kind.TERNARY: TERNARIES,
}


def _accessor(word: str) -> Token:
    if word.endswith("."):
        raise GovaluateError(f"Hanging accessor on token '{word}'")
    parts = word.split(".")
    for part in parts[1:]:
        if part[:1] != part[:1].upper() or len(part[:1].upper()) > 1:
            raise GovaluateError(f"Unable to access unexported field '{part}' in token '{word}'")
    return Token(Kind.ACCESSOR, tuple(parts))


def _hex(digits: str) -> float:
    number = int(digits, 16) if digits.isascii() else -1
    if not 0 <= number < 2**64:
        raise ValueError(digits)
    return float(number)


def _time(text: str) -> Time | None:
    if not _LIKE_A_TIME.match(text):
        return None
    found = (_parsed(layout, text) for layout in _LAYOUTS)
    return next((time for time in found if time is not None), None)


def _parsed(layout: str, text: str) -> Time | None:
    try:
        return parse_time(layout, text)
    except Panic:
        return None


def _is_digit(char: str) -> bool:
    return unicodedata.category(char) == "Nd"


def _is_letter(char: str) -> bool:
    return unicodedata.category(char) in ("Lu", "Ll", "Lt", "Lm", "Lo")


def _is_hex_digit(char: str) -> bool:
    return _is_digit(char) or char.lower() in "abcdef"


def _is_numeric(char: str) -> bool:
    return _is_digit(char) or char == "."


def _is_not_quote(char: str) -> bool:
    return char not in "'\""


def _is_not_bracket(char: str) -> bool:
    return char != "]"


def _is_name_character(char: str) -> bool:
    return _is_letter(char) or _is_digit(char) or char in "_."


def _is_symbol(char: str) -> bool:
    return not (_is_digit(char) or _is_letter(char) or char in "()[]'\"")

"""From the text of an expression to its tokens. Source: expr-lang, parser/lexer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from airflow_argo.argo.expr.errors import ExprSyntaxError
from airflow_argo.argo.expr.nodes import Span
from airflow_argo.argo.golang.strconv import quote


class Kind(str, Enum):
    """What a token is."""

    IDENTIFIER = "Identifier"
    NUMBER = "Number"
    STRING = "String"
    BYTES = "Bytes"
    OPERATOR = "Operator"
    BRACKET = "Bracket"
    EOF = "EOF"


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `value` is the text that a literal stands for, otherwise the text itself."""

    kind: Kind
    value: str
    at: Span

    def __str__(self) -> str:
        return f"{self.kind.value}({quote(self.value)})" if self.value else self.kind.value


WORD_OPERATORS = frozenset(("not", "in", "or", "and", "matches", "contains", "startsWith", "endsWith", "let", "if", "else"))

_SPACE_OR_COMMENT = re.compile(
    r"(?:[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|//[^\n]*(?:\n|$)|/\*(?s:.*?)\*/)+"
)
_WORD = re.compile(r"[\w$]+")
_OPERATOR = re.compile(r"\?[.?]?|\|\|?|::?|[&!=*<>][&=*]?|[,;%+\-^/]|\.\.?")
_NUMBERS = tuple(
    re.compile(rf"{prefix}[{digits}]*(?:\.(?!\.)[{digits}]*)?(?:[eE][+-]?[{digits}]*)?")
    for prefix, digits in ((r"\.(?=[0-9])", "0-9_"), ("0[xX]", "0-9a-fA-F_"), ("0[oO]", "0-7_"), ("0[bB]", "01_"), ("", "0-9_"))
)
_ESCAPE_DIGITS = {"x": 2, "X": 2, "u": 4, "U": 8}
_SHORT_ESCAPES = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "`": "`",
    "?": "?",
}
_OCTAL_ESCAPE = re.compile(r"[0-3][0-7]{2}")
_BRACED_ESCAPE = re.compile(r"\{([0-9a-fA-F]{1,6})\}")


def is_word_character(char: str) -> bool:
    """A letter, a decimal digit, `_` or `$`: what names are made of."""
    return char in "_$" or unicodedata.category(char) in ("Lu", "Ll", "Lt", "Lm", "Lo", "Nd")


def tokens(source: str) -> Iterator[Token]:
    """The tokens one after the other, at last an EOF.

    Raises:
        ExprSyntaxError: when the first character that can't be read is reached.
    """
    position = 0
    while True:
        if space := _SPACE_OR_COMMENT.match(source, position):
            position = space.end()
        if position >= len(source):
            yield Token(Kind.EOF, "", Span(max(len(source) - 1, 0), len(source)))
            return
        token = _token(source, position)
        yield token
        position = token.at.end
        if token.value == "#" and token.kind is Kind.OPERATOR:
            end = _word_end(source, position)
            if end > position:
                yield Token(Kind.IDENTIFIER, source[position:end], Span(position, end))
                position = end


def _token(source: str, start: int) -> Token:
    char = source[start]
    following = source[start + 1 : start + 2]
    if char in "\"'":
        return _string(source, start, start)
    if char in "bB" and following and following in "\"'":
        return _string(source, start, start + 1)
    if char == "`":
        return _raw_string(source, start)
    if char in "0123456789" or (char == "." and following and following in "0123456789"):
        return _number(source, start)
    if char in "()[]{}":
        return Token(Kind.BRACKET, char, Span(start, start + 1))
    if char == "#":
        end = start + 1 + source.startswith("##", start)
        return Token(Kind.OPERATOR, source[start:end], Span(start, end))
    if source.startswith("/*", start):
        raise _error(source, "unclosed comment", len(source) + 1)
    if operator := _OPERATOR.match(source, start):
        return Token(Kind.OPERATOR, operator.group(), Span(*operator.span()))
    if is_word_character(char):
        end = _word_end(source, start)
        word = source[start:end]
        return Token(Kind.OPERATOR if word in WORD_OPERATORS else Kind.IDENTIFIER, word, Span(start, end))
    raise _error(source, f"unrecognized character: {_code_point(char)}", start + 1)


def _word_end(source: str, start: int) -> int:
    match = _WORD.match(source, start)
    end = match.end() if match else start
    for position in range(start, end):
        if not is_word_character(source[position]):  # \w also has some numerals and connectors
            return position
    return end


def _code_point(char: str) -> str:
    return f"U+{ord(char):04X} '{char}'"


def _error(source: str, fault: str, end: int) -> ExprSyntaxError:
    return ExprSyntaxError(fault, source, Span(max(end - 1, 0), end))


def _number(source: str, start: int) -> Token:
    end = next(match.end() for form in _NUMBERS if (match := form.match(source, start)))
    if end < len(source) and is_word_character(source[end]):
        raise _error(source, f"bad number syntax: {quote(source[start : end + 1])}", end + 1)
    return Token(Kind.NUMBER, source[start:end], Span(start, end))


def _raw_string(source: str, start: int) -> Token:
    """Between backticks everything is literal; two backticks are one."""
    position = start + 1
    while True:
        position = source.find("`", position)
        if position < 0:
            raise _error(source, "literal not terminated", len(source) + 1)
        if not source.startswith("``", position):
            break
        position += 2
    value = source[start + 1 : position].replace("``", "`")
    return Token(Kind.STRING, value, Span(start, position + 1))


def _string(source: str, start: int, quote_at: int) -> Token:
    end = _string_end(source, quote_at)
    body = source[quote_at + 1 : end - 1]
    of_bytes = quote_at > start
    try:
        value = _unescaped(body.replace("\r\n", "\n").replace("\r", "\n"), of_bytes=of_bytes)
    except ValueError as error:
        raise _error(source, str(error), end) from None
    return Token(Kind.BYTES if of_bytes else Kind.STRING, value, Span(start, end))


def _string_end(source: str, quote_at: int) -> int:
    """Behind the closing quote; the scanner checks the escapes that it knows, `_unescaped` has the last word."""
    position = quote_at + 1
    while True:
        char = source[position : position + 1]
        if char in ("", "\n"):
            raise _error(source, "literal not terminated", position + 1)
        position += 1
        if char == source[quote_at]:
            return position
        if char == "\\":
            position = _escape_end(source, position, source[quote_at])


def _escape_end(source: str, position: int, quote_char: str) -> int:
    char = source[position : position + 1]
    if char and char in "abfnrtv\\" + quote_char:
        return position + 1
    if char and char in "01234567":
        return _digits_end(source, position, "01234567", 3)
    if char == "u" and source.startswith("{", position + 1):
        braced = _BRACED_ESCAPE.match(source, position + 1)
        if not braced:
            raise _error(source, "invalid char escape", position + 2)
        return braced.end()
    if char and char in "xuU":
        return _digits_end(source, position + 1, "0123456789abcdefABCDEF", _ESCAPE_DIGITS[char])
    raise _error(source, "invalid char escape", position + 1)


def _digits_end(source: str, start: int, digits: str, count: int) -> int:
    for position in range(start, start + count):
        if source[position : position + 1] not in tuple(digits):
            raise _error(source, "invalid char escape", position + 1)
    return start + count


def _unescaped(body: str, *, of_bytes: bool) -> str:
    r"""The text of a literal. In bytes `\xff` is a byte, in a string a character.

    Raises:
        ValueError: an escape means nothing.
    """
    pieces: list[str] = []
    position = 0
    while True:
        backslash = body.find("\\", position)
        pieces.append(body[position : backslash if backslash >= 0 else None])
        if backslash < 0:
            break
        piece, position = _escape(body, backslash + 1, of_bytes=of_bytes)
        pieces.append(piece)
    return "".join(pieces)


def _escape(body: str, position: int, *, of_bytes: bool) -> tuple[str, int]:
    char = body[position]
    if char in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[char], position + 1
    if octal := _OCTAL_ESCAPE.match(body, position):
        return _character(int(octal.group(), 8), of_bytes=of_bytes), octal.end()
    if char in "0123":
        raise ValueError("unable to unescape octal sequence in string")
    if char not in _ESCAPE_DIGITS or (of_bytes and char in "uU"):
        raise ValueError("unable to unescape string")
    if braced := _BRACED_ESCAPE.match(body, position + 1) if char == "u" else None:
        return _character(int(braced[1], 16), of_bytes=False), braced.end()
    end = position + 1 + _ESCAPE_DIGITS[char]
    return _character(int(body[position + 1 : end], 16), of_bytes=of_bytes), end


def _character(code: int, *, of_bytes: bool) -> str:
    if of_bytes:
        return chr(code) if code < 0x80 else chr(0xDC00 + code)
    if code > 0x10FFFF:
        raise ValueError("unable to unescape string")
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)

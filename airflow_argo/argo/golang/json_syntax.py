"""What Go's JSON reader says of a text that is no JSON. Source: Go's encoding/json, scanner.go."""

from __future__ import annotations

from collections.abc import Callable

from airflow_argo.argo.golang.strconv import quote

_SPACE = " \t\r\n"
_LITERALS = {"t": "true", "f": "false", "n": "null"}
_END = "unexpected end of JSON input"


class _Fault(Exception):
    """Found the fault; its argument is the message."""


def syntax_error(text: str) -> str:
    """Go's message about the first fault of a text that is no JSON."""
    scanner = _Scanner(text)
    try:
        scanner.document()
    except _Fault as fault:
        return str(fault)
    return _END


class _Scanner:
    """Reads byte by byte. Go's reader is fed one space at the end, which is what some messages are about."""

    def __init__(self, text: str) -> None:
        self.bytes = text.encode("utf-8", "surrogateescape").decode("latin-1")
        self.position = 0
        self.open: list[str] = []

    def char(self) -> str:
        return self.bytes[self.position] if self.position < len(self.bytes) else " "

    def fail(self, context: str) -> _Fault:
        char = self.char()
        shown = {"'": "\\'", '"': '"'}.get(char, quote(char)[1:-1])
        return _Fault(f"invalid character '{shown}' {context}")

    def at_end(self) -> bool:
        return self.position >= len(self.bytes)

    def spaces(self) -> None:
        while not self.at_end() and self.char() in _SPACE:
            self.position += 1

    def take(self, wanted: str) -> bool:
        if self.at_end() or self.char() not in wanted:
            return False
        self.position += 1
        return True

    def require(self, accepted: Callable[[str], bool], context: str) -> None:
        if not accepted(self.char()):
            raise self.fail(context)
        if self.at_end():
            raise _Fault(_END)
        self.position += 1

    def document(self) -> None:
        """One value after the other closes what was opened, until the outermost is closed."""
        self.value()
        while self.open:
            self.spaces()
            if self.at_end():
                raise _Fault(_END)
            if self.open[-1] == "[":
                self.after_element()
            else:
                self.after_pair()
        self.spaces()
        if not self.at_end():
            raise self.fail("after top-level value")

    def value(self) -> None:
        """A whole scalar, or the opening of a list or object up to its first scalar."""
        while True:
            self.spaces()
            if self.at_end():
                raise _Fault(_END)
            if self.take("["):
                self.open.append("[")
                self.spaces()
                if self.take("]"):
                    self.open.pop()
                    return
            elif self.take("{"):
                self.open.append("{")
                self.spaces()
                if self.take("}"):
                    self.open.pop()
                    return
                self.key()
            else:
                self.scalar()
                return

    def after_element(self) -> None:
        if self.take("]"):
            self.open.pop()
        elif self.take(","):
            self.value()
        else:
            raise self.fail("after array element")

    def after_pair(self) -> None:
        if self.take("}"):
            self.open.pop()
        elif self.take(","):
            self.key()
            self.value()
        else:
            raise self.fail("after object key:value pair")

    def key(self) -> None:
        self.spaces()
        if self.at_end():
            raise _Fault(_END)
        if not self.take('"'):
            raise self.fail("looking for beginning of object key string")
        self.string()
        self.spaces()
        if self.at_end():
            raise _Fault(_END)
        if not self.take(":"):
            raise self.fail("after object key")

    def scalar(self) -> None:
        if self.take('"'):
            self.string()
        elif self.char() in _LITERALS:
            self.literal(_LITERALS[self.char()])
        elif self.char() in "-0123456789":
            self.number()
        else:
            raise self.fail("looking for beginning of value")

    def literal(self, word: str) -> None:
        self.position += 1
        for letter in word[1:]:
            if self.char() != letter:
                raise self.fail(f"in literal {word} (expecting '{letter}')")
            self.position += 1

    def string(self) -> None:
        while not self.take('"'):
            if self.at_end():
                raise _Fault(_END)
            if self.char() < " ":
                raise self.fail("in string literal")
            if self.take("\\"):
                self.escape()
            else:
                self.position += 1

    def escape(self) -> None:
        if self.take("u"):
            for _ in range(4):
                self.require(_is_hex, "in \\u hexadecimal character escape")
        else:
            self.require(lambda char: char in 'bfnrt\\/"', "in string escape code")

    def number(self) -> None:
        self.take("-")
        if not self.take("0"):
            self.require(_is_digit, "in numeric literal")
            self.digits()
        if self.take("."):
            self.require(_is_digit, "after decimal point in numeric literal")
            self.digits()
        if self.take("eE"):
            self.take("+-")
            self.require(_is_digit, "in exponent of numeric literal")
            self.digits()

    def digits(self) -> None:
        while self.take("0123456789"):
            pass


def _is_digit(char: str) -> bool:
    return char in "0123456789"


def _is_hex(char: str) -> bool:
    return char in "0123456789abcdefABCDEF"

"""Go's fmt.Sprintf of one integer, as `withSequence.format` gets it. Source: Go's fmt/print.go (doPrintf), fmt/format.go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from airflow_argo.argo.golang.strconv import quote

_DIRECTIVE: Final = re.compile(r"%([-+# 0]*)(\[\d*\])?(\d+|\*)?(?:\.(\d+|\*)?)?(\[\d*\])?(.)?", re.DOTALL)
_BASES: Final = {"v": 10, "d": 10, "b": 2, "o": 8, "O": 8, "x": 16, "X": 16}
_MAX_RUNE: Final = 0x10FFFF
_REPLACEMENT: Final = 0xFFFD
_MAX_WIDTH: Final = 1_000_000
"""A larger width or precision is none (tooLarge)."""


@dataclass(frozen=True, slots=True)
class _Directive:
    """One `%…` of a format, read."""

    flags: str
    width: int | None
    precision: int | None
    verb: str

    def plus(self) -> bool:
        """Whether positive numbers have a sign; `%+v` means something else."""
        return "+" in self.flags and self.verb != "v"

    def zeros(self) -> bool:
        """Whether it is filled up with zeros, which is done on the left only."""
        return "0" in self.flags and "-" not in self.flags


def sprintf(form: str, number: int) -> str:
    """The text of a number in a format; what Go objects to stands in the text, as with Go."""
    arguments = _Arguments(number)
    text = _DIRECTIVE.sub(arguments.put, form)
    return text if arguments.reordered or arguments.at > 0 else f"{text}%!(EXTRA int={number})"


class _Arguments:
    """What directives take their values from: the number alone."""

    def __init__(self, number: int) -> None:
        self.number, self.at, self.reordered = number, 0, False

    def put(self, match: re.Match[str]) -> str:
        """What becomes of a directive."""
        flags, before, width, precision, after, verb = match.groups()
        if verb is None:
            return "%!(NOVERB)"
        if verb == "%":
            return "%"
        sized = width not in (None, "*") or "." in match[0][:-1]
        known = [self._move(index) for index in (before, after) if index]
        if not all(known) or (before and sized):
            return f"%!{verb}(BADINDEX)"
        read = _Directive(flags, self._size(width), self._precision(match[0], precision), verb)
        bad = "%!(BADPREC)" if precision == "*" and read.precision is None else ""
        if self.at > 0:
            return f"{bad}%!{verb}(MISSING)"
        self.at = 1
        return bad + _formatted(read, self.number)

    def _move(self, index: str) -> bool:
        self.reordered = True
        self.at = 0
        return index == "[1]"

    def _size(self, text: str | None) -> int | None:
        if text != "*":
            return None if text is None or int(text) > _MAX_WIDTH else int(text)
        self.at += 1
        return abs(self.number) if self.at == 1 and abs(self.number) <= _MAX_WIDTH else None

    def _precision(self, directive: str, text: str | None) -> int | None:
        if text is None and "." in directive[:-1]:
            return 0
        size = self._size(text)
        return None if text == "*" and self.number < 0 else size


def _formatted(read: _Directive, number: int) -> str:
    if read.verb in _BASES:
        return _integer(read, number)
    if read.verb in "cq":
        rune = chr(number if 0 <= number <= _MAX_RUNE and not 0xD800 <= number <= 0xDFFF else _REPLACEMENT)
        shown = rune if read.verb == "c" else _quoted_rune(rune, ascii_only="+" in read.flags)
        return _padded(read, shown, "0" if read.zeros() else " ")
    if read.verb == "T":
        return _padded(read, "int", "0" if read.zeros() else " ")
    if read.verb == "U":
        digits = format(number % (1 << 64), "X").rjust(max(read.precision or 4, 4), "0")
        shown = f" '{chr(number)}'" if "#" in read.flags and 0 <= number <= _MAX_RUNE and chr(number).isprintable() else ""
        return _padded(read, f"U+{digits}{shown}", " ")
    return f"%!{read.verb}(int={_integer(read, number)})"


def _quoted_rune(rune: str, *, ascii_only: bool) -> str:
    inside = quote(rune)[1:-1]
    if ascii_only and ord(rune) > 0x7F:
        inside = f"\\u{ord(rune):04x}" if ord(rune) <= 0xFFFF else f"\\U{ord(rune):08x}"
    return "'" + {"'": "\\'", '\\"': '"'}.get(inside, inside) + "'"


def _integer(read: _Directive, number: int) -> str:
    """Source: fmtInteger."""
    if read.precision == 0 and number == 0:
        return " " * (read.width or 0)
    sign = "-" if number < 0 else "+" if read.plus() else " " if " " in read.flags else ""
    least = read.precision or 0
    if read.precision is None and read.zeros() and read.width is not None:
        least = read.width - len(sign)
    digits = _digits(abs(number), _BASES.get(read.verb, 10)).rjust(least, "0")
    return _padded(read, sign + _prefix(read, digits) + (digits.upper() if read.verb == "X" else digits), " ")


def _digits(number: int, base: int) -> str:
    return format(number, {2: "b", 8: "o", 10: "d", 16: "x"}[base])


def _prefix(read: _Directive, digits: str) -> str:
    if read.verb == "O":
        return "0o"
    if "#" not in read.flags:
        return ""
    return {"b": "0b", "x": "0x", "X": "0X", "o": "" if digits.startswith("0") else "0"}.get(read.verb, "")


def _padded(read: _Directive, text: str, fill: str) -> str:
    width = read.width or 0
    return text.ljust(width) if "-" in read.flags else text.rjust(width, fill)

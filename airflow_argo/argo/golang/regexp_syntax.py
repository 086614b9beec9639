r"""Go's regular expression syntax (RE2), translated into Python's.

What Go has and Python hasn't (possessive-looking repetitions are errors, `$` is the very end, `\w` is ASCII, classes like
`[[:alpha:]]`, `\pL` and `\Q…\E`, flags in the middle) is rewritten; what Go refuses (look-around, back-references) is refused
with Go's message. Source: Go's regexp/syntax, parse.go.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from airflow_argo.argo.golang.values import Unsupported

_MAX_REPEAT = 1000
_ASCII = 128
_PERL_CLASSES = {"d": "0-9", "s": r"\t\n\f\r ", "w": "0-9A-Za-z_"}
_POSIX_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_WORD_EDGE = "(?:(?<![0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<=[0-9A-Za-z_])(?![0-9A-Za-z_]))"
_NO_WORD_EDGE = "(?:(?<![0-9A-Za-z_])(?![0-9A-Za-z_])|(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_]))"
_NOTHING = "(?!)"
_CHARACTER_ESCAPES = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_REPEAT = re.compile(r"\{(\d+)(,?)(\d*)\}")
_GROUP_NAME = re.compile(r"\(\?P?<([^>]*)(>?)")
_FLAGS = re.compile(r"\(\?([imsU]*)(-[imsU]*)?([:)])")


class RegexpError(ValueError):
    """A pattern is none; ``str()`` is Go's message."""

    def __init__(self, code: str, expression: str) -> None:
        super().__init__(code, expression)
        self.code, self.expression = code, expression

    def __str__(self) -> str:
        return f"error parsing regexp: {self.code}: `{self.expression}`"


@dataclass(frozen=True, slots=True)
class Translated:
    """A pattern in Python's syntax, and the names of its groups by number."""

    pattern: str
    names: dict[str, int]


@dataclass(slots=True)
class _Flags:
    ignore_case: bool = False
    multi_line: bool = False
    dot_all: bool = False
    ungreedy: bool = False


@dataclass(slots=True)
class _Group:
    """An open group: how it was opened, the flags outside, and the pieces of its alternatives so far."""

    opening: str
    outside: _Flags
    pieces: list[str] = field(default_factory=list)
    atom: bool = False
    last_repeat: str = ""


@lru_cache(maxsize=512)
def translate(pattern: str) -> Translated:
    r"""The pattern in Python's syntax.

    Raises:
        RegexpError: Go refuses the pattern.
        Unsupported: it uses a Unicode script such as `\p{Greek}`.
    """
    return _Translator(pattern).translate()


class _Translator:
    def __init__(self, pattern: str) -> None:
        self.source = pattern
        self.position = 0
        self.flags = _Flags()
        self.groups = [_Group("", self.flags)]
        self.names: dict[str, int] = {}
        self.captures = 0

    def translate(self) -> Translated:
        while self.position < len(self.source):
            self.step(self.source[self.position])
        if len(self.groups) > 1:
            raise RegexpError("missing closing )", self.source)
        return Translated("".join(self.groups[0].pieces), self.names)

    # --- output

    def emit(self, piece: str, *, atom: bool = True) -> None:
        group = self.groups[-1]
        group.pieces.append(piece)
        group.atom = atom
        group.last_repeat = ""

    def literal(self, char: str) -> None:
        piece = re.escape(char)
        if self.flags.ignore_case and char.lower() != char.upper():
            piece = f"(?i:{piece})"
        self.emit(piece)

    def take(self, text: str) -> bool:
        if not self.source.startswith(text, self.position):
            return False
        self.position += len(text)
        return True

    # --- one construct

    def step(self, char: str) -> None:
        if char == "(":
            self.open_group()
        elif char == ")":
            self.close_group()
        elif char == "[":
            self.emit(self.character_class())
        elif char == "\\":
            self.escape()
        elif char in "*+?":
            start = self.position
            self.position += 1
            self.repeat(char, start)
        elif char == "{" and (repeat := _REPEAT.match(self.source, self.position)):
            self.counted(repeat)
        else:
            self.position += 1
            self.simple(char)

    def simple(self, char: str) -> None:
        if char == "|":
            self.emit("|", atom=False)
        elif char == "^":
            self.emit("(?m:^)" if self.flags.multi_line else r"(?:\A)")
        elif char == "$":
            self.emit(r"(?=\n|\Z)" if self.flags.multi_line else r"(?:\Z)")
        elif char == ".":
            self.emit("(?s:.)" if self.flags.dot_all else r"[^\n]")
        else:
            self.literal(char)

    def counted(self, match: re.Match[str]) -> None:
        start = self.position
        self.position = match.end()
        least, comma, most = match.groups()
        low, high = int(least), int(most) if most else -1 if comma else int(least)
        if low > _MAX_REPEAT or high > _MAX_REPEAT or 0 <= high < low:
            raise RegexpError("invalid repeat count", match.group())
        self.repeat(f"{{{low}{comma}{most}}}", start)

    def repeat(self, operator: str, start: int) -> None:
        group = self.groups[-1]
        lazy = self.take("?") != self.flags.ungreedy
        text = self.source[start : self.position]
        if group.last_repeat:
            raise RegexpError("invalid nested repetition operator", group.last_repeat + text)
        if not group.atom:
            raise RegexpError("missing argument to repetition operator", text)
        group.pieces.append(operator + ("?" if lazy else ""))
        group.last_repeat = text

    # --- groups

    def open_group(self) -> None:
        opening = "(?:"
        outside = _Flags(**{name: getattr(self.flags, name) for name in _Flags.__slots__})
        if not self.source.startswith("(?", self.position):
            self.position += 1
            self.captures += 1
            opening = "("
        elif self.source.startswith(("(?P<", "(?<"), self.position):
            self.named_group()
            opening = "("
        elif not self.flag_group():
            self.groups[-1].last_repeat = ""
            return
        self.groups.append(_Group(opening, outside))

    def named_group(self) -> None:
        match = _GROUP_NAME.match(self.source, self.position)
        assert match
        name, closed = match.groups()
        if not closed:
            raise RegexpError("invalid named capture", self.source[self.position :])
        if not name or not all(char.isalnum() or char == "_" for char in name):
            raise RegexpError("invalid named capture", match.group())
        self.position = match.end()
        self.captures += 1
        self.names.setdefault(name, self.captures)

    def flag_group(self) -> bool:
        """`(?i:` opens a group, `(?i)` sets flags for the rest of the one that is open."""
        match = _FLAGS.match(self.source, self.position)
        if match is None or match[2] == "-":
            raise RegexpError("invalid or unsupported Perl syntax", self.wrong_flags())
        self.position = match.end()
        flags = _Flags(**{name: getattr(self.flags, name) for name in _Flags.__slots__})
        for letters, value in ((match[1], True), ((match[2] or "-")[1:], False)):
            for letter in letters:
                setattr(flags, _FLAG_NAMES[letter], value)
        self.flags = flags
        return match[3] == ":"

    def wrong_flags(self) -> str:
        """As far as Go reads before it gives up."""
        if self.source.startswith(("(?=", "(?!"), self.position):
            return self.source[self.position : self.position + 3]
        end = self.position + 2
        while end < len(self.source) and self.source[end] in "imsU-":
            end += 1
        return self.source[self.position : end + 1]

    def close_group(self) -> None:
        if len(self.groups) == 1:
            raise RegexpError("unexpected )", self.source)
        self.position += 1
        group = self.groups.pop()
        self.flags = group.outside
        self.emit(f"{group.opening}{''.join(group.pieces)})")

    # --- escapes

    def escape(self) -> None:
        if self.take(r"\Q"):
            end = self.source.find(r"\E", self.position)
            text = self.source[self.position : end if end >= 0 else None]
            self.position += len(text) + (2 if end >= 0 else 0)
            for char in text:
                self.literal(char)
            return
        following = self.source[self.position + 1 : self.position + 2]
        anchors = {"A": r"(?:\A)", "z": r"(?:\Z)", "b": _WORD_EDGE, "B": _NO_WORD_EDGE}
        if following in anchors and following:
            self.position += 2
            self.emit(anchors[following])
        elif (content := self.class_escape()) is not None:
            self.emit(f"[{content}]" if content else _NOTHING)
        else:
            self.literal(self.character_escape())

    def class_escape(self) -> str | None:
        r"""The inside of a class for `\d`, `\pL` and the like."""
        letter = self.source[self.position + 1 : self.position + 2]
        if letter and letter in "dswDSW":
            self.position += 2
            content = _PERL_CLASSES[letter.lower()]
            return content if letter.islower() else complement(content)
        if letter and letter in "pP":
            return self.unicode_class(negated=letter == "P")
        return None

    def unicode_class(self, *, negated: bool) -> str:
        start = self.position
        self.position += 2
        if self.take("{"):
            end = self.source.find("}", self.position)
            if end < 0:
                raise RegexpError("invalid character class range", self.source[start:])
            name = self.source[self.position : end]
            self.position = end + 1
        else:
            name = self.source[self.position : self.position + 1]
            self.position += 1
        if name.startswith("^"):
            negated, name = not negated, name[1:]
        content = category(name, negated=negated)
        if content is None:
            raise Unsupported(f"the Unicode class {self.source[start : self.position]} in a regular expression")
        return content

    def character_escape(self) -> str:
        """The character that an escape stands for."""
        start = self.position
        if start + 1 >= len(self.source):
            raise RegexpError("trailing backslash at end of expression", "")
        char = self.source[start + 1]
        self.position += 2
        if char in "01234567" and (char == "0" or self.source[self.position : self.position + 1] in tuple("01234567")):
            octal = re.compile("[0-7]{1,3}").match(self.source, start + 1)
            assert octal
            self.position = octal.end()
            return chr(int(octal.group(), 8))
        if char == "x":
            return self.hexadecimal(start)
        if char in _CHARACTER_ESCAPES:
            return chr(_CHARACTER_ESCAPES[char])
        if char.isascii() and not char.isalnum():
            return char
        raise RegexpError("invalid escape sequence", self.source[start : start + 2])

    def hexadecimal(self, start: int) -> str:
        match = re.compile(r"\\x(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{2}))").match(self.source, start)
        if match is None:
            raise RegexpError("invalid escape sequence", self.source[start : start + 3])
        self.position = match.end()
        code = int(match[1] or match[2], 16)
        if code > sys.maxunicode:
            raise RegexpError("invalid escape sequence", match.group())
        return chr(code)

    # --- classes

    def character_class(self) -> str:
        start = self.position
        self.position += 1
        negated = self.take("^")
        contents: list[str] = []
        first = True
        while first or not self.source.startswith("]", self.position):
            if self.position >= len(self.source):
                raise RegexpError("missing closing ]", self.source[start:])
            contents.append(self.class_item(start))
            first = False
        self.position += 1
        content = "".join(contents)
        if not content:
            return "(?s:.)" if negated else _NOTHING
        piece = f"[{'^' if negated else ''}{content}]"
        return f"(?i:{piece})" if self.flags.ignore_case else piece

    def class_item(self, start: int) -> str:
        if self.source.startswith("[:", self.position) and (end := self.source.find(":]", self.position + 2)) >= 0:
            return self.posix_class(end)
        if (content := self.class_escape()) is not None:
            return content
        low = self.class_character(start)
        if not self.source.startswith("-", self.position) or self.source.startswith("-]", self.position):
            return _in_class(low)
        self.position += 1
        range_start = self.position - 2
        high = self.class_character(start)
        if ord(high) < ord(low):
            raise RegexpError("invalid character class range", self.source[range_start : self.position])
        return f"{_in_class(low)}-{_in_class(high)}"

    def posix_class(self, end: int) -> str:
        text = self.source[self.position : end + 2]
        negated = text.startswith("[:^")
        name = text[3 if negated else 2 : -2]
        if name not in _POSIX_CLASSES:
            raise RegexpError("invalid character class range", text)
        self.position = end + 2
        return complement(_POSIX_CLASSES[name]) if negated else _POSIX_CLASSES[name]

    def class_character(self, start: int) -> str:
        if self.position >= len(self.source):
            raise RegexpError("missing closing ]", self.source[start:])
        if self.source[self.position] == "\\":
            return self.character_escape()
        self.position += 1
        return self.source[self.position - 1]


_FLAG_NAMES = {"i": "ignore_case", "m": "multi_line", "s": "dot_all", "U": "ungreedy"}


def _in_class(char: str) -> str:
    return f"\\{char}" if char in "\\]^-[&~|#" else re.escape(char) if char in "\n\t\r" else char


@lru_cache(maxsize=64)
def complement(content: str) -> str:
    """The inside of a class with all characters that this one, of ASCII characters, lacks."""
    inside = re.compile(f"[{content}]")
    return _ranges(code for code in range(_ASCII) if not inside.match(chr(code))) + f"{chr(_ASCII)}-{chr(sys.maxunicode)}"


@lru_cache(maxsize=64)
def category(name: str, *, negated: bool = False) -> str | None:
    """The inside of a class for a general category such as L or Lu, or for all else; None if there is no such category."""
    if name == "Any":
        return "" if negated else f"{chr(0)}-{chr(sys.maxunicode)}"
    if not re.fullmatch("[CLMNPSZ][a-z]?", name):
        return None
    members = [unicodedata.category(chr(code)).startswith(name) for code in range(sys.maxunicode + 1)]
    return _ranges(code for code, is_member in enumerate(members) if is_member is not negated) if any(members) else None


def _ranges(codes: Iterable[int]) -> str:
    """Ascending code points as ranges of a class."""
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)

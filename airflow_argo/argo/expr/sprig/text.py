"""sprig's functions on text."""

from __future__ import annotations

import secrets
import string
import unicodedata
from collections.abc import Callable

from airflow_argo.argo.expr.sprig.cases import camelcase, kebabcase, snakecase
from airflow_argo.argo.expr.sprig.convert import byte_length, part, to_text, to_texts
from airflow_argo.argo.golang import text as gotext
from airflow_argo.argo.golang.strconv import NumberSyntaxError, parse_int, quote
from airflow_argo.argo.golang.text import WHITE_SPACE
from airflow_argo.argo.golang.values import (
    GoFunction,
    Panic,
    StringMap,
    StringSlice,
    format_value,
)


def _abbreviated(text: str, offset: int, width: int) -> str:
    """At most so many bytes, cut with an ellipsis; the offset is somewhere in what stays (goutils, AbbreviateFull)."""
    length = byte_length(text)
    if length <= width:
        return text
    offset = min(offset, length)
    if length - offset < width - 3:
        offset = length - (width - 3)
    if offset <= 4:
        return part(text, 0, width - 3) + "..."
    if width < 7:
        return ""
    if offset + width - 3 < length:
        return "..." + _abbreviated_end(part(text, offset, length), width - 3)
    return "..." + part(text, length - (width - 3), length)


def _abbreviated_end(text: str, width: int) -> str:
    return _abbreviated(text, 0, width) if width >= 4 or not text else ""


def _abbrev(width: int, text: str) -> str:
    return text if width < 4 else _abbreviated(text, 0, width)


def _abbrevboth(left: int, right: int, text: str) -> str:
    if right < 4 or (left > 0 and right < 7):
        return text
    return _abbreviated(text, left, right)


def _trunc(count: int, text: str) -> str:
    length = byte_length(text)
    if count < 0 and length + count > 0:
        return part(text, length + count, length)
    return part(text, 0, count) if 0 <= count < length else text


def _substr(start: int, stop: int, text: str) -> str:
    length = byte_length(text)
    if start < 0:
        return part(text, 0, stop)
    return part(text, start, length if stop < 0 or stop > length else stop)


def _titled(text: str, *, upper: bool) -> str:
    """Each word's first letter in upper or lower case."""
    pieces: list[str] = []
    previous = " "
    for char in text:
        starts = not _continues_word(previous) if upper else previous in WHITE_SPACE
        changed = (char.title() if upper else char.lower()) if starts else char
        pieces.append(changed if len(changed) == 1 else char)
        previous = char
    return "".join(pieces)


def _continues_word(char: str) -> bool:
    """Go's strings.Title takes letters, digits and `_` for parts of words, and of the other ASCII characters none."""
    if char.isascii():
        return char.isalnum() or char == "_"
    return unicodedata.category(char)[0] == "L" or unicodedata.category(char) == "Nd" or char not in WHITE_SPACE


def _as_latin(text: str) -> str:
    """Goutils looks at bytes and takes each for a character."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _nospace(text: str) -> str:
    kept = "".join(char for char in _as_latin(text) if char not in WHITE_SPACE)
    return text if len(kept) == byte_length(text) else kept


def _initials(text: str) -> str:
    pieces: list[str] = []
    gap = True
    for char in _as_latin(text):
        if char in WHITE_SPACE:
            gap = True
        elif gap:
            pieces.append(char)
            gap = False
    return "".join(pieces)


def _swapcase(text: str) -> str:
    pieces: list[str] = []
    start = True
    for char in text:
        category = unicodedata.category(char)
        if category in ("Lu", "Lt"):
            changed, start = char.lower(), False
        elif category == "Ll":
            changed, start = (char.title() if start else char.upper()), False
        else:
            changed, start = char, char in WHITE_SPACE
        pieces.append(changed if len(changed) == 1 else char)
    return "".join(pieces)


def _wrap(text: str, width: int, line_break: str, *, long_words: bool) -> str:
    """Lines of at most so many bytes, broken at spaces (goutils, WrapCustom)."""
    data = text.encode("utf-8", "surrogateescape")
    width = max(width, 1)
    lines: list[bytes] = []
    offset = 0
    while len(data) - offset > width:
        if data[offset : offset + 1] == b" ":
            offset += 1
            continue
        space = data.rfind(b" ", offset, offset + width + 1)
        if space < 0 and long_words:
            lines.append(data[offset : offset + width])
            offset += width
            continue
        if space < 0:
            space = data.find(b" ", offset + width)
        if space < 0:
            break
        lines.append(data[offset:space])
        offset = space + 1
    return (line_break or "\n").encode().join([*lines, data[offset:]]).decode("utf-8", "surrogateescape")


def _quote(*values: object) -> str:
    return " ".join(quote(to_text(value)) for value in values if value is not None)


def _squote(*values: object) -> str:
    return " ".join(f"'{format_value(value)}'" for value in values if value is not None)


def _cat(*values: object) -> str:
    return " ".join(format_value(value) for value in values if value is not None)


def _indent(spaces: int, text: str) -> str:
    if spaces < 0:
        raise Panic("strings: negative Repeat count")
    pad = " " * spaces
    return pad + text.replace("\n", f"\n{pad}")


def _repeat(count: int, text: str) -> str:
    if count < 0:
        raise Panic("strings: negative Repeat count")
    return text * count


def _numbered(parts: list[str]) -> StringMap:
    return StringMap({f"_{position}": text for position, text in enumerate(parts)})


def _atoi(text: str) -> int:
    try:
        return parse_int(text)
    except NumberSyntaxError:
        return 0


def _random(alphabet: str) -> Callable[[int], str]:
    return lambda count: "".join(secrets.choice(alphabet) for _ in range(count))


def _shuffle(text: str) -> str:
    characters = list(text)
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)


def _sort_alpha(value: object) -> StringSlice:
    if not isinstance(value, (list, bytes)):
        return StringSlice([to_text(value)])
    texts = to_texts(list(value) if isinstance(value, bytes) else value)
    return StringSlice(sorted(texts, key=lambda text: text.encode("utf-8", "surrogateescape")))


_T = "func(string) string"
_TT = "func(string, string) string"
_TEST = "func(string, string) bool"
_ALPHABETS = {
    "randAlphaNum": string.ascii_letters + string.digits,
    "randAlpha": string.ascii_letters,
    "randAscii": "".join(map(chr, range(32, 127))),
    "randNumeric": string.digits,
}

FUNCTIONS = (
    GoFunction("hello", "func() string", lambda: "Hello!"),
    GoFunction("abbrev", "func(int, string) string", _abbrev),
    GoFunction("abbrevboth", "func(int, int, string) string", _abbrevboth),
    GoFunction("trunc", "func(int, string) string", _trunc),
    GoFunction("trim", _T, gotext.trim_space),
    GoFunction("upper", _T, gotext.upper),
    GoFunction("lower", _T, gotext.lower),
    GoFunction("title", _T, lambda text: _titled(text, upper=True)),
    GoFunction("untitle", _T, lambda text: _titled(text, upper=False)),
    GoFunction("substr", "func(int, int, string) string", _substr),
    GoFunction("repeat", "func(int, string) string", _repeat),
    *(GoFunction(name, _TT, lambda cutset, text: text.strip(cutset) if cutset else text) for name in ("trimall", "trimAll")),
    GoFunction("trimSuffix", _TT, lambda suffix, text: text.removesuffix(suffix)),
    GoFunction("trimPrefix", _TT, lambda prefix, text: text.removeprefix(prefix)),
    GoFunction("nospace", _T, _nospace),
    GoFunction("initials", _T, _initials),
    *(GoFunction(name, "func(int) string", _random(alphabet)) for name, alphabet in _ALPHABETS.items()),
    GoFunction("swapcase", _T, _swapcase),
    GoFunction("shuffle", _T, _shuffle),
    GoFunction("snakecase", _T, snakecase),
    GoFunction("camelcase", _T, camelcase),
    GoFunction("kebabcase", _T, kebabcase),
    GoFunction("wrap", "func(int, string) string", lambda width, text: _wrap(text, width, "\n", long_words=False)),
    GoFunction(
        "wrapWith",
        "func(int, string, string) string",
        lambda width, line_break, text: _wrap(text, width, line_break, long_words=True),
    ),
    GoFunction("contains", _TEST, lambda wanted, text: wanted in text),
    GoFunction("hasPrefix", _TEST, lambda prefix, text: text.startswith(prefix)),
    GoFunction("hasSuffix", _TEST, lambda suffix, text: text.endswith(suffix)),
    GoFunction("quote", "func(...interface {}) string", _quote),
    GoFunction("squote", "func(...interface {}) string", _squote),
    GoFunction("cat", "func(...interface {}) string", _cat),
    GoFunction("indent", "func(int, string) string", _indent),
    GoFunction("nindent", "func(int, string) string", lambda spaces, text: "\n" + _indent(spaces, text)),
    GoFunction("replace", "func(string, string, string) string", lambda old, new, text: gotext.replace(text, old, new)),
    GoFunction("plural", "func(string, string, int) string", lambda one, many, count: one if count == 1 else many),
    GoFunction("toString", "func(interface {}) string", to_text),
    GoFunction("atoi", "func(string) int", _atoi),
    GoFunction("split", "func(string, string) map[string]string", lambda by, text: _numbered(gotext.split(text, by))),
    GoFunction(
        "splitn",
        "func(string, int, string) map[string]string",
        lambda by, count, text: _numbered(gotext.split(text, by, count)),
    ),
    GoFunction("splitList", "func(string, string) []string", lambda by, text: StringSlice(gotext.split(text, by))),
    GoFunction("toStrings", "func(interface {}) []string", to_texts),
    GoFunction("join", "func(string, interface {}) string", lambda glue, value: glue.join(to_texts(value))),
    GoFunction("sortAlpha", "func(interface {}) []string", _sort_alpha),
)

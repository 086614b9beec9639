"""Go's `encoding/json`, byte for byte: compact, keys sorted, `<`, `>` and `&` escaped, as Argo stores and renders manifests."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from airflow_argo.argo.golang.json_syntax import syntax_error
from airflow_argo.argo.golang.strconv import format_float
from airflow_argo.argo.golang.values import UnsupportedJsonValue

__all__ = [
    "InvalidJson",
    "UnsupportedJsonValue",
    "as_text",
    "indented",
    "is_valid",
    "marshal",
    "marshal_indent",
    "quote",
    "unmarshal",
]

_TO_ESCAPE = re.compile('[\\x00-\\x1f"\\\\<>&\u2028\u2029\ud800-\udfff]')
_TO_ESCAPE_RAW = re.compile('[\\x00-\\x1f"\\\\\u2028\u2029\ud800-\udfff]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


class InvalidJson(ValueError):
    """A text is no JSON; ``str()`` is Go's message."""


def marshal(value: object, *, html: bool = True) -> str:
    """The value as json.Marshal writes it.

    Takes None, bool, int, float, str, bytes (as base64), lists, tuples, mappings with text keys (sorted here), and whatever
    has a ``to_go_json()`` that gives its JSON text. A lone surrogate (a byte that is no UTF-8) becomes U+FFFD.

    Args:
        value: the value.
        html: escape `<`, `>` and `&`, which is Go's default.
    Raises:
        UnsupportedJsonValue: NaN, an infinity, or a type that has no JSON.
    """
    out: list[str] = []
    _write(value, out, _quoted if html else _quoted_raw)
    return "".join(out)


def as_text(value: object) -> str:
    """A JSON value as people are shown it: texts bare, null as nothing, all else as JSON. Source: gjson's Result.String."""
    if value is None:
        return ""
    return value if isinstance(value, str) else marshal(value)


def marshal_indent(value: object, indent: str = "  ") -> str:
    """The value as json.MarshalIndent(value, "", indent) writes it: HTML is escaped here too."""
    return indented(marshal(value), indent)


def indented(text: str, indent: str = "  ") -> str:
    """Compact JSON text, broken into lines as json.Indent does; empty objects and lists stay on their line."""
    out: list[str] = []
    depth = 0
    for piece in _STRUCTURE.findall(text):
        if piece in ("{}", "[]"):
            out.append(piece)
        elif piece in ("{", "["):
            depth += 1
            out.append(f"{piece}\n{indent * depth}")
        elif piece in ("}", "]"):
            depth -= 1
            out.append(f"\n{indent * depth}{piece}")
        elif piece == ",":
            out.append(f",\n{indent * depth}")
        else:
            out.append(": " if piece == ":" else piece)
    return "".join(out)


_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"|\{\}|\[\]|[{}\[\],:]|[^{}\[\],:"]+')


def quote(text: str) -> str:
    """The text as a JSON string, in its quotes, as json.Marshal writes it."""
    return _quoted(text)


def is_valid(text: str) -> bool:
    """Go's json.Valid: one JSON value and nothing else; unlike Python's reader it refuses NaN."""
    try:
        json.loads(text, parse_constant=_refuse, parse_int=_as_text, parse_float=_as_text)
    except (ValueError, RecursionError):
        return False
    return True


def unmarshal(text: str) -> Any:
    """The value as json.Unmarshal into `any` reads it: every number is a float64.

    Raises:
        InvalidJson: the text is no JSON, or a number is too large for a float64; with Go's message.
    """
    try:
        return json.loads(text, parse_constant=_refuse, parse_int=_finite, parse_float=_finite)
    except InvalidJson:
        raise
    except RecursionError:
        raise InvalidJson("exceeded max depth") from None
    except ValueError:
        raise InvalidJson(syntax_error(text)) from None


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def _as_text(number: str) -> str:
    return number


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise InvalidJson(f"json: cannot unmarshal number {number} into Go value of type float64")
    return value


def _quoted(text: str) -> str:
    return f'"{_TO_ESCAPE.sub(_escape, text) if _TO_ESCAPE.search(text) else text}"'


def _quoted_raw(text: str) -> str:
    return f'"{_TO_ESCAPE_RAW.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    if "\ud800" <= char <= "\udfff":
        return "\\ufffd"
    return _SHORT.get(char) or f"\\u{ord(char):04x}"


_Quoted = Callable[[str], str]


def _write(value: object, out: list[str], quoted: _Quoted) -> None:
    writer = _WRITERS.get(type(value), _write_other)
    writer(value, out, quoted)


def _write_text(value: Any, out: list[str], quoted: _Quoted) -> None:
    out.append(quoted(value))


def _write_constant(value: Any, out: list[str], _: _Quoted) -> None:
    out.append(_CONSTANTS[value])


def _write_integer(value: Any, out: list[str], _: _Quoted) -> None:
    out.append(int.__repr__(value))


def _write_real(value: Any, out: list[str], _: _Quoted) -> None:
    out.append(_number(value))


def _write_bytes(value: Any, out: list[str], _: _Quoted) -> None:
    out.append(f'"{base64.b64encode(value).decode()}"')


def _write_object(value: Any, out: list[str], quoted: _Quoted) -> None:
    separator = "{"
    for key in sorted(value, key=_utf8) if any(not key.isascii() for key in value) else sorted(value):
        out.append(f"{separator}{quoted(key)}:")
        _write(value[key], out, quoted)
        separator = ","
    out.append("}" if separator == "," else "{}")


def _utf8(key: str) -> bytes:
    """Go sorts keys by their bytes; the stand-ins for bytes that are no UTF-8 would sort elsewhere."""
    return key.encode("utf-8", "surrogateescape")


def _write_array(value: Any, out: list[str], quoted: _Quoted) -> None:
    separator = "["
    for item in value:
        out.append(separator)
        _write(item, out, quoted)
        separator = ","
    out.append("]" if separator == "," else "[]")


def _write_other(value: Any, out: list[str], quoted: _Quoted) -> None:
    if hasattr(value, "to_go_json"):
        out.append(value.to_go_json())
        return
    for kind, writer in _BASES:
        if isinstance(value, kind):
            writer(value, out, quoted)
            return
    raise UnsupportedJsonValue(f"json: unsupported type: {type(value).__name__}")


_CONSTANTS = {None: "null", True: "true", False: "false"}

_WRITERS: dict[type, Callable[[Any, list[str], _Quoted], None]] = {
    str: _write_text,
    bool: _write_constant,
    type(None): _write_constant,
    int: _write_integer,
    float: _write_real,
    dict: _write_object,
    list: _write_array,
    tuple: _write_array,
    bytes: _write_bytes,
}

_BASES: tuple[tuple[type, Callable[[Any, list[str], _Quoted], None]], ...] = (
    (str, _write_text),
    (int, _write_integer),
    (float, _write_real),
    (Mapping, _write_object),
    (list, _write_array),
    (tuple, _write_array),
)


def _number(value: float) -> str:
    """A float64: an exponent below 1e-6 and from 1e21 on, without leading zeros in it (encoding/json, floatEncoder)."""
    if not math.isfinite(value):
        raise UnsupportedJsonValue(f"json: unsupported value: {format_float(value)}")
    if value != 0 and not 1e-6 <= abs(value) < 1e21:
        return re.sub(r"e-0(\d)$", r"e-\1", format_float(value, "e"))
    return format_float(value, "f")

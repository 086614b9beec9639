"""Built-in functions on text."""

from __future__ import annotations

import base64
from typing import Any

from airflow_argo.argo import gojson
from airflow_argo.argo.expr.builtins.function import Function
from airflow_argo.argo.expr.operators import as_text, go_bytes, go_text, to_int
from airflow_argo.argo.golang import text as gotext
from airflow_argo.argo.golang.encoding import decode_base64
from airflow_argo.argo.golang.values import NilStringSlice, Panic, StringSlice, type_name


def _trim(text: object, cutset: object = None) -> str:
    if cutset is None:
        return gotext.trim_space(as_text(text))
    return as_text(text).strip(as_text(cutset)) if cutset else as_text(text)


def _trim_prefix(text: object, prefix: object = " ") -> str:
    removed = as_text(prefix)
    return as_text(text).removeprefix(removed)


def _trim_suffix(text: object, suffix: object = " ") -> str:
    removed = as_text(suffix)
    return as_text(text).removesuffix(removed)


def _split(text: object, separator: object, limit: object = -1) -> list[str]:
    return _parts(gotext.split(as_text(text), as_text(separator), to_int(limit)), limit)


def _split_after(text: object, separator: object, limit: object = -1) -> list[str]:
    return _parts(gotext.split(as_text(text), as_text(separator), to_int(limit), keep=True), limit)


def _parts(parts: list[str], limit: object) -> StringSlice:
    """Go gives nil for no parts at all, and an empty list for those of an empty text."""
    return NilStringSlice() if limit == 0 else StringSlice(parts)


def _replace(text: object, old: object, new: object, limit: object = -1) -> str:
    return gotext.replace(as_text(text), as_text(old), as_text(new), to_int(limit))


def _repeat(text: object, count: object) -> str:
    repeated, times = as_text(text), to_int(count)
    if times < 0:
        raise Panic(f"invalid argument for repeat (expected positive integer, got {times})")
    if times > 1_000_000:
        raise Panic("memory budget exceeded")
    return repeated * times


def _join(items: Any, glue: object = "") -> str:
    separator = as_text(glue)
    if not isinstance(items, StringSlice) and type_name(items) != "[]interface {}":
        shown = "%!s(<nil>)" if items is None else type_name(items)
        raise Panic(f"invalid argument for join (type {shown})")
    return separator.join(as_text(item) for item in items)


def _index_of(text: object, part: object) -> int:
    return go_bytes(as_text(text)).find(go_bytes(as_text(part)))


def _last_index_of(text: object, part: object) -> int:
    return go_bytes(as_text(text)).rfind(go_bytes(as_text(part)))


def _to_json(value: object) -> str:
    try:
        return gojson.marshal_indent(value)
    except gojson.UnsupportedJsonValue as error:
        raise Panic(str(error)) from None


def _from_json(text: object) -> object:
    try:
        return gojson.unmarshal(as_text(text))
    except ValueError as error:
        raise Panic(str(error)) from None


_TEXT = "func(string) string"
_TEST = "func(string, string) bool"

FUNCTIONS = (
    Function("trim", _trim, (_TEXT, "func(string, string) string")),
    Function("trimPrefix", _trim_prefix, ("func(string, string) string", _TEXT)),
    Function("trimSuffix", _trim_suffix, ("func(string, string) string", _TEXT)),
    Function("upper", lambda text: gotext.upper(as_text(text)), (_TEXT,)),
    Function("lower", lambda text: gotext.lower(as_text(text)), (_TEXT,)),
    Function("split", _split, ("func(string, string) []string", "func(string, string, int) []string")),
    Function("splitAfter", _split_after, ("func(string, string) []string", "func(string, string, int) []string")),
    Function("replace", _replace, ("func(string, string, string, int) string", "func(string, string, string) string")),
    Function("repeat", _repeat, ("func(string, int) string",), grows=True),
    Function(
        "join",
        _join,
        (
            "func([]string, string) string",
            "func([]interface {}, string) string",
            "func([]interface {}) string",
            "func([]string, string) string",
            "func([]string) string",
        ),
    ),
    Function("indexOf", _index_of, ("func(string, string) int",)),
    Function("lastIndexOf", _last_index_of, ("func(string, string) int",)),
    Function("hasPrefix", lambda text, part: as_text(text).startswith(as_text(part)), (_TEST,)),
    Function("hasSuffix", lambda text, part: as_text(text).endswith(as_text(part)), (_TEST,)),
    Function("toJSON", _to_json, ("func(interface {}) string",)),
    Function("fromJSON", _from_json, ("func(string) interface {}",)),
    Function("toBase64", lambda text: base64.b64encode(go_bytes(as_text(text))).decode(), (_TEXT,)),
    Function("fromBase64", lambda text: go_text(decode_base64(as_text(text))), (_TEXT,)),
)

"""`jsonpath(text, selector)` of Argo's expressions: the usual part of github.com/evilmonkeyinc/jsonpath v0.8.1.

Here are `$`, `.name`, `['name']`, `[0]`, `[*]`, `.*`, `..`, `[a:b:c]`, `[0,1]`, `['a','b']`, `.length`, and filters that
ask for a member or compare one with a constant, `[?(@.price < 10)]`. Scripts and other filters are refused as not supported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from airflow_argo.argo import gojson
from airflow_argo.argo.golang.signatures import kind_of
from airflow_argo.argo.golang.strconv import NumberSyntaxError, parse_float
from airflow_argo.argo.golang.values import Int64, Panic, Unsupported, format_value, type_name

_LISTS = "array slice"
_COMPARISON = re.compile(r"(@[^=!<>]*?)\s*(==|!=|<=|>=|<|>)\s*(.+)", re.DOTALL)
_MEMBER = re.compile(r"@(?:\.[\w-]+|\[(?:'[^']*'|-?\d+)\])*")
_CONSTANT = re.compile(r"'[^']*'|\"[^\"]*\"|-?\d+(?:\.\d+)?|true|false")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")


def jsonpath(text: str, selector: str) -> Any:
    """What a selector finds in a JSON text: a value, or a list of values for one that may find several.

    Raises:
        Panic: the text is no JSON, the selector is none, or leads nowhere; with the Go library's message.
        Unsupported: a script, or a filter that is more than one comparison.
    """
    try:
        root = gojson.unmarshal(text)
    except gojson.InvalidJson as error:
        raise Panic(str(error)) from None
    return _apply(_parsed(selector), root, root)


# --- parts of a selector


@dataclass(frozen=True, slots=True)
class _Root:
    """`$`, or `@` within a filter."""

    current: bool = False


@dataclass(frozen=True, slots=True)
class _Key:
    name: str


@dataclass(frozen=True, slots=True)
class _Index:
    position: int


@dataclass(frozen=True, slots=True)
class _Wildcard:
    pass


@dataclass(frozen=True, slots=True)
class _Recursive:
    pass


@dataclass(frozen=True, slots=True)
class _Length:
    pass


@dataclass(frozen=True, slots=True)
class _Range:
    start: int | None
    stop: int | None
    step: int | None


@dataclass(frozen=True, slots=True)
class _Union:
    """Names, or positions."""

    members: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Filter:
    """The member that is asked for, and what it is compared with, if at all."""

    member: tuple[_Part, ...]
    operator: str = ""
    constant: str = ""


_Part = _Root | _Key | _Index | _Wildcard | _Recursive | _Length | _Range | _Union | _Filter


@lru_cache(maxsize=512)
def _parsed(selector: str) -> tuple[_Part, ...]:
    if not selector or selector[0] not in "$@":
        raise Panic(f"invalid JSONPath selector '{selector}' unexpected token '{selector[:1]}' at index 0")
    if len(selector) > 1 and selector[1] not in ".[":
        raise Panic(f"invalid JSONPath selector '{selector}' unexpected token '{selector[1]}' at index 1")
    try:
        return (_Root(selector[0] == "@"), *_parts(selector))
    except _Malformed as error:
        raise Panic(f"invalid JSONPath selector '{selector}' {error}") from None


class _Malformed(Exception):
    pass


def _parts(selector: str) -> Iterator[_Part]:
    position = 1
    while position < len(selector):
        if selector.startswith("..", position):
            yield _Recursive()
            position += 2
            if position >= len(selector):
                return
        elif selector[position] == ".":
            position += 1
        if selector.startswith("[", position):
            end = _subscript_end(selector, position)
            yield _subscript(selector[position:end])
        else:
            end = _name_end(selector, position)
            yield _named(selector[position:end].strip())
        position = end


def _name_end(selector: str, start: int) -> int:
    end = start
    while end < len(selector) and selector[end] not in ".[":
        end += 1
    return end


def _named(name: str) -> _Part:
    if not name:
        raise _Malformed("invalid token. token string is empty")
    if name == "*":
        return _Wildcard()
    return _Length() if name == "length" else _Key(name)


def _subscript_end(selector: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`."""
    depth = 0
    quote = ""
    for position in range(start, len(selector)):
        char = selector[position]
        if quote:
            quote = "" if char == quote and selector[position - 1] != "\\" else quote
        elif char in "'\"":
            quote = char
        else:
            depth += (char in "[(") - (char in "])")
            if depth == 0:
                return position + 1
    raise _Malformed(f"invalid token. '{selector[start:]}' does not match any token format")


def _subscript(text: str) -> _Part:
    inside = text[1:-1].strip()
    malformed = _Malformed(f"invalid token. '{text}' does not match any token format")
    if inside == "*":
        return _Wildcard()
    if inside.startswith("?"):
        return _filter(inside)
    if inside.startswith("("):
        raise Unsupported(f"the script {inside} in a jsonpath")
    if quoted := _QUOTED.fullmatch(inside):
        return _Key(_unquoted(quoted))
    if re.fullmatch(r"[+-]?\d+", inside):
        return _Index(int(inside))
    if re.fullmatch(r"(?:[+-]?\d+)?\s*:\s*(?:[+-]?\d+)?\s*(?::\s*(?:[+-]?\d+)?)?", inside):
        bounds = [int(bound) if bound.strip() else None for bound in inside.split(":")]
        return _Range(*(*bounds, None)[:3])
    return _Union(tuple(_members(inside, malformed)))


def _members(inside: str, malformed: _Malformed) -> Iterator[str | int]:
    position = 0
    while True:
        quoted = _QUOTED.match(inside, position)
        number = re.compile(r"[+-]?\d+").match(inside, position)
        match = quoted or number
        if match is None:
            raise malformed
        yield _unquoted(quoted) if quoted else int(match.group())
        comma = re.compile(r"\s*,\s*").match(inside, match.end())
        if comma is None:
            if inside[match.end() :].strip():
                raise malformed
            return
        position = comma.end()


def _unquoted(match: re.Match[str]) -> str:
    text = match[1] if match[1] is not None else match[2]
    return text.replace("\\" + match.group()[0], match.group()[0])


def _filter(inside: str) -> _Filter:
    condition = inside[2:-1].strip() if inside.startswith("?(") and inside.endswith(")") else ""
    if _MEMBER.fullmatch(condition):
        return _Filter(_parsed(condition))
    comparison = _COMPARISON.fullmatch(condition)
    if comparison and _MEMBER.fullmatch(comparison[1].strip()) and _CONSTANT.fullmatch(comparison[3].strip()):
        return _Filter(_parsed(comparison[1].strip()), comparison[2], comparison[3].strip())
    raise Unsupported(f"the filter [{inside}] in a jsonpath")


# --- finding


def _apply(parts: tuple[_Part, ...], root: Any, current: Any) -> Any:
    if not parts:
        return current
    part, rest = parts[0], parts[1:]
    match part:
        case _Root(current=of_current):
            return _apply(rest, root, current if of_current else root)
        case _Key(name=name):
            if not isinstance(_target("key", current, "map"), dict) or name not in current:
                raise Panic(f"key: invalid token key '{name}' not found")
            return _apply(rest, root, current[name])
        case _Index(position=position):
            return _apply(rest, root, _item(_target("index", current, _LISTS), position))
        case _Wildcard():
            values = _children(_target("wildcard", current, "array map slice"))
            return _for_each(rest, root, values)
        case _Recursive():
            return list(_descend(rest, root, current))
        case _Length():
            return _apply(rest, root, _length(_target("length", current, "array map slice string")))
        case _Range():
            return _several(rest, root, _in_range(part, _target("range", current, _LISTS)))
        case _Union(members=members):
            return _several(rest, root, list(_chosen(members, current)))
        case _Filter():
            kept = [value for value in _children(_target("filter", current, "array map slice")) if _passes(part, root, value)]
            return _several(rest, root, kept)


_KINDS: dict[str, tuple[type, ...]] = {"map": (Mapping,), "array": (), "slice": (list,), "string": (str,)}


def _target(token: str, value: Any, kinds: str) -> Any:
    """The value, which must be of one of these kinds."""
    accepted = tuple(kind for name in kinds.split() for kind in _KINDS[name])
    if value is not None and isinstance(value, accepted):
        return value
    found = "nil" if value is None else kind_of(type_name(value))
    raise Panic(f"{token}: invalid token target. expected [{kinds}] got [{found}]")


def _item(values: list[Any], position: int) -> Any:
    if not -len(values) <= position < len(values):
        raise Panic("index: invalid token out of range")
    return values[position]


def _children(value: Any) -> list[Any]:
    """Items of a list, values of a map in the order of their keys; of anything else none."""
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping):
        return [value[key] for key in sorted(value, key=lambda key: str(key).encode("utf-8", "surrogateescape"))]
    return []


def _for_each(rest: tuple[_Part, ...], root: Any, values: list[Any]) -> list[Any]:
    """What the rest finds in each value; those in which it finds nothing, or nil, are left out."""
    if not rest:
        return list(values)
    found: list[Any] = []
    for value in values:
        try:
            result = _apply(rest, root, value)
        except Unsupported:
            raise
        except Panic:
            continue
        if result is not None:
            found.append(result)
    return found


def _several(rest: tuple[_Part, ...], root: Any, values: list[Any]) -> Any:
    """The same, except that a position counts among the values themselves."""
    if rest and isinstance(rest[0], _Index):
        return _apply(rest, root, values)
    return _for_each(rest, root, values)


def _descend(rest: tuple[_Part, ...], root: Any, current: Any) -> Iterator[Any]:
    if current is None:
        return
    if not rest:
        yield current
    else:
        found = _for_each(rest, root, [current])
        for result in found:
            if isinstance(result, list):
                yield from result
            else:
                yield result
    for child in _children(current):
        yield from _descend(rest, root, child)


def _length(value: Any) -> Any:
    if isinstance(value, Mapping) and "length" in value:
        return value["length"]
    return Int64(len(value.encode("utf-8", "surrogateescape")) if isinstance(value, str) else len(value))


def _in_range(part: _Range, values: list[Any]) -> list[Any]:
    if part.step == 0:
        raise Panic("range: invalid token out of range")
    size = len(values)
    start = 0 if part.start is None else min(max(part.start + size if part.start < 0 else part.start, 0), size)
    stop = size if part.stop is None else min(max(part.stop + size if part.stop < 0 else part.stop, 0), size)
    step = 1 if part.step is None else part.step
    return [values[position] for position in (range(start, stop, step) if step > 0 else range(stop - 1, start - 1, step))]


def _chosen(members: tuple[str | int, ...], current: Any) -> Iterator[Any]:
    names = [member for member in members if isinstance(member, str)]
    if names and len(names) < len(members):
        one, other = ("string", "int") if isinstance(members[0], int) else ("int", "string")
        raise Panic(f"union: invalid token argument. expected [{other}] got [{one}]")
    if names:
        entries = _target("union", current, "map")
        yield from (entries[name] for name in names if name in entries)
        return
    values = _target("union", current, _LISTS)
    for member in members:
        assert isinstance(member, int)
        if -len(values) <= member < len(values):
            yield values[member]


# --- filters


class _Constant(str):
    """A constant as it is written in a filter."""


def _passes(part: _Filter, root: Any, value: Any) -> bool:
    try:
        found = _apply(part.member, root, value)
    except Panic:
        return False
    if not part.operator:
        return _is_there(found)
    one, other = _number(found), _number(_Constant(part.constant))
    if one is not None and other is not None:
        return _ORDERS[part.operator](one, other)
    if part.operator not in ("==", "!=") or found is None:
        return False
    return _ORDERS[part.operator](_comparable(found), _comparable_constant(part.constant))


_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def _is_there(value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return len(value) > 2
    return bool(value)


def _number(value: Any) -> float | None:
    """A number, or a constant that is one; a text from the data never counts as one."""
    if isinstance(value, str) and not isinstance(value, _Constant):
        return None
    try:
        return parse_float(format_value(value))
    except NumberSyntaxError:
        return None


def _comparable(value: Any) -> str:
    """A text in single quotes, anything else as Go prints it."""
    return f"'{value}'" if isinstance(value, str) else format_value(value)


def _comparable_constant(text: str) -> str:
    return f"'{text[1:-1]}'" if text[0] == '"' else text

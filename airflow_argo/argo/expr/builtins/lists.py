"""Built-in functions on lists and maps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cmp_to_key
from typing import Any

from airflow_argo.argo.expr.builtins.function import (
    LIST_KINDS,
    ArgumentsRefused,
    Function,
    Validator,
    expect_arguments,
    kind,
    one_of,
    shown,
)
from airflow_argo.argo.expr.operators import compare, equal, fetch, go_bytes, look_up, to_int
from airflow_argo.argo.golang.signatures import element_type, kind_of
from airflow_argo.argo.golang.values import (
    AnyMap,
    IntSlice,
    NilSlice,
    Pair,
    PairSlice,
    Panic,
    StringSlice,
    UInt8,
    format_string_verb,
    format_value,
    is_integer,
    type_name,
)


def kind_name(value: object) -> str:
    """Go's reflect.Kind of a value, as it prints it."""
    return "invalid" if value is None else kind_of(type_name(value))


def _items(value: Any, doing: str) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, bytes):
        return [UInt8(byte) for byte in value]
    raise Panic(f"cannot {doing} {kind_name(value)}")


def _end(position: int) -> Callable[[Any], object]:
    def run(value: Any) -> object:
        try:
            return fetch(value, position)
        except Panic:
            return None

    return run


def _get(value: Any, key: object) -> object:
    if value is None:
        return None
    if isinstance(value, Mapping):
        return look_up(value, key)
    if isinstance(value, (list, str, bytes)):
        index = to_int(key)
        items = go_bytes(value) if isinstance(value, str) else value
        position = index + len(items) if index < 0 else index
        if not 0 <= position < len(items):
            return None
    elif not isinstance(key, str):
        return None
    try:
        return fetch(value, key)
    except Panic:
        return None


def _take(value: Any, count: Any) -> object:
    if not isinstance(value, (list, bytes)):
        raise Panic(f"cannot take from {kind_name(value)}")
    if not is_integer(count) or type(count) is UInt8:
        raise Panic(f"cannot take {kind_name(count)} elements")
    if count < 0:
        raise Panic("reflect.Value.Slice: slice index out of bounds")
    part = value[: int(count)]
    return part if type(part) is type(value) else type(value)(part)


def _mapping(value: Any, doing: str) -> Mapping[Any, Any]:
    if isinstance(value, Mapping):
        return value
    raise Panic(doing.format(kind_name(value)))


def _keys(value: Any) -> list[Any]:
    return list(_mapping(value, "cannot get keys from {}"))


def _values(value: Any) -> list[Any]:
    entries = _mapping(value, "cannot get values from {}")
    return [entries[key] for key in entries]


def _to_pairs(value: Any) -> PairSlice:
    entries = _mapping(value, "cannot transform {} to pairs")
    return PairSlice(Pair((key, entries[key])) for key in entries)


def _from_pairs(value: Any) -> AnyMap:
    if not isinstance(value, list):
        shown = "<invalid reflect.Value>" if value is None else format_string_verb(value)
        raise Panic(f"cannot transform {shown} from pairs")
    result = AnyMap()
    for pair in value:
        if not isinstance(pair, list):
            raise Panic(f"invalid pair {format_value(pair)}")
        if len(pair) != 2:
            raise Panic(f"invalid pair length {format_value(pair)}")
        result[pair[0]] = pair[1]
    return result


def _reverse(value: Any) -> list[Any]:
    return _items(value, "reverse")[::-1] if type(value) is list else list(_items(value, "reverse"))[::-1]


def _uniq(value: Any) -> list[Any]:
    kept: list[Any] = []
    for item in _items(value, "uniq"):
        if not any(equal(item, other) for other in kept):
            kept.append(item)
    return kept


def _concat(*lists: Any) -> list[Any]:
    joined = [item for part in lists for item in _items(part, "concat")]
    return joined or NilSlice()


def _flatten(value: Any) -> list[Any]:
    flat: list[Any] = []
    for item in _items(value, "flatten"):
        if isinstance(item, (list, bytes)):
            flat.extend(_flatten(item))
        else:
            flat.append(item)
    return flat


def sorted_by(items: list[Any], keys: list[Any], *, descending: bool) -> list[Any]:
    """The items in the order of their keys; equal ones keep their order (Go keeps it for up to 12)."""
    lower = -1 if not descending else 1

    def order(left: int, right: int) -> int:
        if compare("<", keys[left], keys[right]):
            return lower
        return -lower if compare("<", keys[right], keys[left]) else 0

    return [items[position] for position in sorted(range(len(items)), key=cmp_to_key(order))]


def _sort(value: Any, order: object = "asc") -> list[Any]:
    if not isinstance(order, str):
        raise Panic(f"sort order argument must be a string (got {type_name(order)})")
    if order not in ("asc", "desc"):
        raise Panic(f"invalid order {order}, expected asc or desc")
    if type(value) not in (list, StringSlice, IntSlice):
        return NilSlice()
    return sorted_by(value, value, descending=order == "desc")


def _element_of(doing: str) -> Validator:
    def validate(types: list[str | None]) -> str:
        expect_arguments(types, 1)
        given = types[0]
        if given is None or kind(given) not in LIST_KINDS:
            raise ArgumentsRefused(f"cannot get {doing} element from {shown(given)}")
        return given if kind(given) == "interface" else element_type(given)

    return validate


def _validate_take(types: list[str | None]) -> str:
    expect_arguments(types, 2)
    given, count = types
    if given is None or kind(given) not in LIST_KINDS:
        raise ArgumentsRefused(f"cannot take from {shown(given)}")
    if kind(count) not in ("interface", "int", "int8", "int16", "int32", "int64"):
        raise ArgumentsRefused(f"cannot take {shown(count)} elements")
    return given


def _validate_concat(types: list[str | None]) -> str:
    if not types:
        raise ArgumentsRefused("invalid number of arguments (expected at least 1, got 0)")
    for given in types:
        if kind(given) not in LIST_KINDS:
            raise ArgumentsRefused(f"cannot concat {shown(given)}")
    return "[]interface {}"


_MAPS = frozenset(("interface", "map"))
_LIST = "[]interface {}"

FUNCTIONS = (
    Function("first", _end(0), validate=_element_of("first")),
    Function("last", _end(-1), validate=_element_of("last")),
    Function("get", _get),
    Function("take", _take, validate=_validate_take),
    Function("keys", _keys, validate=one_of(_MAPS, _LIST, "cannot get keys from {}")),
    Function("values", _values, validate=one_of(_MAPS, _LIST, "cannot get values from {}")),
    Function("toPairs", _to_pairs, validate=one_of(_MAPS, _LIST, "cannot transform {} to pairs")),
    Function(
        "fromPairs",
        _from_pairs,
        validate=one_of(LIST_KINDS, "map[interface {}]interface {}", "cannot transform {} from pairs"),
    ),
    Function("reverse", _reverse, validate=one_of(LIST_KINDS, _LIST, "cannot reverse {}"), grows=True),
    Function("uniq", _uniq, validate=one_of(LIST_KINDS, _LIST, "cannot uniq {}")),
    Function("concat", _concat, validate=_validate_concat, grows=True),
    Function("flatten", _flatten, validate=one_of(LIST_KINDS, _LIST, "cannot flatten {}"), grows=True),
    Function(
        "sort",
        _sort,
        (
            *(f"func({items}, string) {_LIST}" for items in (_LIST, "[]int", "[]float64", "[]string")),
            *(f"func({items}) {_LIST}" for items in (_LIST, "[]float64", "[]string", "[]int")),
        ),
        grows=True,
    ),
)

"""sprig's functions on lists and maps, and those that choose between values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from airflow_argo.argo.expr.operators import deep_equal
from airflow_argo.argo.expr.sprig.convert import is_empty, items, to_integer, to_text
from airflow_argo.argo.golang.signatures import kind_of
from airflow_argo.argo.golang.values import (
    GoFunction,
    ListSlice,
    NilSlice,
    Panic,
    StringSlice,
    type_name,
)

_Dict = dict[str, Any]

# --- lists


def _list(*values: Any) -> list[Any]:
    return list(values)


def _push(value: Any, item: Any) -> list[Any]:
    return [*items(value, "Cannot push on type {}"), item]


def _prepend(value: Any, item: Any) -> list[Any]:
    return [item, *items(value, "Cannot prepend on type {}")]


def _first(value: Any) -> Any:
    return next(iter(items(value, "Cannot find first on type {}")), None)


def _last(value: Any) -> Any:
    found = items(value, "Cannot find last on type {}")
    return found[-1] if found else None


def _rest(value: Any) -> list[Any]:
    found = items(value, "Cannot find rest on type {}")
    return list(found[1:]) if found else NilSlice()


def _initial(value: Any) -> list[Any]:
    found = items(value, "Cannot find initial on type {}")
    return list(found[:-1]) if found else NilSlice()


def _reverse(value: Any) -> list[Any]:
    return list(items(value, "Cannot find reverse on type {}"))[::-1]


def _compact(value: Any) -> list[Any]:
    return [item for item in items(value, "Cannot compact on type {}") if not is_empty(item)]


def _among(item: Any, others: Any) -> bool:
    return any(deep_equal(item, other) for other in others)


def _uniq(value: Any) -> list[Any]:
    kept: list[Any] = []
    for item in items(value, "Cannot find uniq on type {}"):
        if not _among(item, kept):
            kept.append(item)
    return kept


def _without(value: Any, *omitted: Any) -> list[Any]:
    return [item for item in items(value, "Cannot find without on type {}") if not _among(item, omitted)]


def _has(needle: Any, haystack: Any) -> bool:
    return haystack is not None and _among(needle, items(haystack, "Cannot find has on type {}"))


def _slice(value: Any, *indices: Any) -> Any:
    found = items(value, "list should be type of slice or array but {}")
    if not found:
        return None
    start = to_integer(indices[0]) if indices else 0
    stop = to_integer(indices[1]) if len(indices) > 1 else len(found)
    if not 0 <= start <= stop <= len(found):
        raise Panic("reflect.Value.Slice: slice index out of bounds")
    part = value[start:stop]
    return part if type(part) is type(value) else type(value)(part)


def _concat(*lists: Any) -> list[Any]:
    return [item for value in lists for item in items(value, "Cannot concat type {} as list")] or NilSlice()


def _chunk(size: int, value: Any) -> ListSlice:
    found = items(value, "Cannot chunk type {}")
    if size <= 0:
        raise Panic("runtime error: makeslice: len out of range")
    return ListSlice(list(found[start : start + size]) for start in range(0, len(found), size))


# --- maps


def _get(entries: _Dict, key: str) -> Any:
    return entries.get(key, "")


def _set(entries: _Dict, key: str, value: Any) -> Any:
    changed = _changeable(entries)
    changed[key] = value
    return changed


def _unset(entries: _Dict, key: str) -> Any:
    changed = _changeable(entries)
    changed.pop(key, None)
    return changed


def _changeable(entries: Any) -> _Dict:
    """The map itself, if it was made by the expression; a copy of one that shows variables."""
    if entries is None:
        raise Panic("assignment to entry in nil map")
    return entries if isinstance(entries, dict) else dict(entries)


def _dict(*pairs: Any) -> _Dict:
    found: _Dict = {}
    for position in range(0, len(pairs), 2):
        found[to_text(pairs[position])] = pairs[position + 1] if position + 1 < len(pairs) else ""
    return found


def _merge(*, overwrite: bool) -> Callable[..., Any]:
    def run(target: Any, *sources: Any) -> Any:
        changed = _changeable(target)
        for source in sources:
            _merge_into(changed, source or {}, overwrite=overwrite)
        return changed

    return run


def _merge_into(target: _Dict, source: Mapping[str, Any], *, overwrite: bool) -> None:
    """What the target lacks, or has empty; with `overwrite` all that the source doesn't have empty. Source: dario.cat/mergo."""
    for key, value in source.items():
        mine = target.get(key)
        if value is None and not overwrite:
            continue
        if isinstance(value, Mapping) and isinstance(mine, Mapping):
            merged = _changeable(mine)
            _merge_into(merged, value, overwrite=overwrite)
            target[key] = merged
        elif key not in target or is_empty(mine) or overwrite:
            target[key] = value


def _keys(*maps: Any) -> StringSlice:
    return StringSlice(key for entries in maps for key in entries or {})


def _pick(entries: _Dict, *keys: str) -> _Dict:
    return {key: entries[key] for key in keys if key in entries}


def _omit(entries: _Dict, *keys: str) -> _Dict:
    return {key: value for key, value in entries.items() if key not in keys}


def _dig(*path: Any) -> Any:
    if len(path) < 3:
        raise Panic("dig needs at least three arguments")
    *keys, default, current = path
    for key in keys:
        if not isinstance(key, str):
            raise Panic(f"interface conversion: interface {{}} is {_named(key)}, not string")
    for key in keys:
        if type_name(current) != "map[string]interface {}":
            raise Panic(f"interface conversion: interface {{}} is {_named(current)}, not map[string]interface {{}}")
        if key not in current:
            return default
        current = current[key]
    return current


def _named(value: Any) -> str:
    return "nil" if value is None else type_name(value)


def _deep_copy(value: Any) -> Any:
    if isinstance(value, list):
        return type(value)([_deep_copy(item) for item in value])
    if isinstance(value, dict):
        return type(value)({key: _deep_copy(item) for key, item in value.items()})
    return _deep_copy(dict(value)) if type_name(value) == "map[string]interface {}" else value


# --- choices and types


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if not is_empty(value)), None)


def _default(default: Any, *given: Any) -> Any:
    return given[0] if given and not is_empty(given[0]) else default


def _kind(value: Any) -> str:
    return "invalid" if value is None else kind_of(type_name(value))


def _both(names: str, signature: str, call: Callable[..., Any]) -> tuple[GoFunction, ...]:
    """The function under several names; a `must` one differs in Go only in how it reports errors."""
    return tuple(GoFunction(name, signature, call) for name in names.split())


_OF_LIST = "func(interface {}) "
_LIST = "[]interface {}"
_MAP = "map[string]interface {}"

FUNCTIONS = (
    *_both("list tuple", "func(...interface {}) []interface {}", _list),
    *_both("append push mustAppend mustPush", f"func(interface {{}}, interface {{}}) {_LIST}", _push),
    *_both("prepend mustPrepend", f"func(interface {{}}, interface {{}}) {_LIST}", _prepend),
    *_both("first mustFirst", _OF_LIST + "interface {}", _first),
    *_both("last mustLast", _OF_LIST + "interface {}", _last),
    *_both("rest mustRest", _OF_LIST + _LIST, _rest),
    *_both("initial mustInitial", _OF_LIST + _LIST, _initial),
    *_both("reverse mustReverse", _OF_LIST + _LIST, _reverse),
    *_both("compact mustCompact", _OF_LIST + _LIST, _compact),
    *_both("uniq mustUniq", _OF_LIST + _LIST, _uniq),
    *_both("without mustWithout", f"func(interface {{}}, ...interface {{}}) {_LIST}", _without),
    *_both("has mustHas", "func(interface {}, interface {}) bool", _has),
    *_both("slice mustSlice", "func(interface {}, ...interface {}) interface {}", _slice),
    GoFunction("concat", "func(...interface {}) interface {}", _concat),
    *_both("chunk mustChunk", "func(int, interface {}) [][]interface {}", _chunk),
    GoFunction("dict", f"func(...interface {{}}) {_MAP}", _dict),
    GoFunction("get", f"func({_MAP}, string) interface {{}}", lambda entries, key: _get(entries or {}, key)),
    GoFunction("set", f"func({_MAP}, string, interface {{}}) {_MAP}", _set),
    GoFunction("unset", f"func({_MAP}, string) {_MAP}", _unset),
    GoFunction("hasKey", f"func({_MAP}, string) bool", lambda entries, key: key in (entries or {})),
    GoFunction(
        "pluck",
        f"func(string, ...{_MAP}) {_LIST}",
        lambda key, *maps: [entries[key] for entries in maps if entries and key in entries],
    ),
    GoFunction("keys", f"func(...{_MAP}) []string", _keys),
    GoFunction("values", f"func({_MAP}) {_LIST}", lambda entries: list((entries or {}).values())),
    GoFunction("pick", f"func({_MAP}, ...string) {_MAP}", lambda entries, *keys: _pick(entries or {}, *keys)),
    GoFunction("omit", f"func({_MAP}, ...string) {_MAP}", lambda entries, *keys: _omit(entries or {}, *keys)),
    *_both("merge mustMerge", f"func({_MAP}, ...{_MAP}) interface {{}}", _merge(overwrite=False)),
    *_both("mergeOverwrite mustMergeOverwrite", f"func({_MAP}, ...{_MAP}) interface {{}}", _merge(overwrite=True)),
    GoFunction("dig", "func(...interface {}) (interface {}, error)", _dig),
    *_both("deepCopy mustDeepCopy", "func(interface {}) interface {}", _deep_copy),
    GoFunction("default", "func(interface {}, ...interface {}) interface {}", _default),
    GoFunction("empty", "func(interface {}) bool", is_empty),
    GoFunction("coalesce", "func(...interface {}) interface {}", _coalesce),
    GoFunction("all", "func(...interface {}) bool", lambda *values: not any(map(is_empty, values))),
    GoFunction("any", "func(...interface {}) bool", lambda *values: not all(map(is_empty, values))),
    GoFunction(
        "ternary",
        "func(interface {}, interface {}, bool) interface {}",
        lambda then, otherwise, condition: then if condition else otherwise,
    ),
    GoFunction("typeOf", "func(interface {}) string", type_name),
    GoFunction("typeIs", "func(string, interface {}) bool", lambda name, value: name == type_name(value)),
    GoFunction(
        "typeIsLike",
        "func(string, interface {}) bool",
        lambda name, value: type_name(value) in (name, f"*{name}"),
    ),
    GoFunction("kindOf", "func(interface {}) string", _kind),
    GoFunction("kindIs", "func(string, interface {}) bool", lambda name, value: name == _kind(value)),
    GoFunction("deepEqual", "func(interface {}, interface {}) bool", deep_equal),
)

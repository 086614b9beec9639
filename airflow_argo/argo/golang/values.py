"""Go values in Python.

int is Go's `int`, float `float64`, str `string`, bytes `[]byte`, None nil, list `[]any`, a Mapping `map[string]any`. Where Go
distinguishes further, so does a class here: the difference shows in type checks, in JSON and in comparisons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from airflow_argo.argo.golang.strconv import format_float


class Panic(Exception):
    """What Go code panics or fails with; whoever runs the code gives it a place."""


class UnsupportedJsonValue(ValueError):
    """Go can't write this value as JSON; ``str()`` is Go's message."""


class Unsupported(Panic):
    """Go could do this, and this library can't; the message says what."""

    def __str__(self) -> str:
        return f"{super().__str__()} is not supported here"


class Int64(int):
    """`int64`, which in Go is not `int`."""


class UInt8(int):
    """`uint8`: a byte of a string."""


class NilSlice(list[Any]):
    """`[]any(nil)`: an empty list that equals nil and is `null` in JSON."""

    def to_go_json(self) -> str:
        """Null, as Go writes it."""
        return "null"


class StringSlice(list[str]):
    """`[]string`."""


class NilStringSlice(StringSlice):
    """`[]string(nil)`: no strings, equal to nil, `null` in JSON."""

    def to_go_json(self) -> str:
        """Null, as Go writes it."""
        return "null"


class IntSlice(list[int]):
    """`[]int`."""


class PairSlice(list["Pair"]):
    """`[][2]any`."""


class ListSlice(list[Any]):
    """`[][]any`."""


class Pair(list[Any]):
    """`[2]any`."""


class StringMap(dict[str, str]):
    """`map[string]string`."""


class AnyMap(Mapping[Any, Any]):
    """`map[any]any`, or `map[any][]any` as groupBy makes it: 1, 1.0 and true are three keys. Go has no JSON for it."""

    def __init__(self, entries: Iterable[tuple[object, object]] = (), type_name: str = "") -> None:
        self.type_name = type_name or "map[interface {}]interface {}"
        self._entries: dict[tuple[str, object], tuple[object, object]] = {}
        for key, value in entries:
            self[key] = value

    def __setitem__(self, key: object, value: object) -> None:
        self._entries[_hashable(key)] = (key, value)

    def __getitem__(self, key: object) -> Any:
        return self._entries[_hashable(key)][1]

    def __iter__(self) -> Iterator[Any]:
        return (key for key, _ in self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def to_go_json(self) -> str:
        """Go refuses."""
        raise UnsupportedJsonValue(f"json: unsupported type: {self.type_name}")


def _hashable(key: object) -> tuple[str, object]:
    name = type_name(key)
    if isinstance(key, (list, Mapping)):
        raise Panic(f"hash of unhashable type: {name}")
    return name, key


class Struct:
    """A value of a Go struct type, of which an expression can read the fields.

    Attributes:
        type_name: as Go prints it, such as ``v1alpha1.Artifact``.
        fields: the values of all its fields by name; one type has the same fields always.
    """

    __slots__ = ("fields", "type_name")

    def __init__(self, type_name: str, fields: Mapping[str, object]) -> None:
        self.type_name, self.fields = type_name, fields
        STRUCT_FIELDS.setdefault(type_name, {name: _field_type(value) for name, value in fields.items()})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Struct) and (self.type_name, self.fields) == (other.type_name, other.fields)

    def __hash__(self) -> int:
        return hash(self.type_name)

    def __str__(self) -> str:
        return f"{{{' '.join(format_value(value) for value in self.fields.values())}}}"


STRUCT_FIELDS: dict[str, dict[str, str]] = {}
"""The Go types of the fields of every struct type that a Struct was made of."""


def _field_type(value: object) -> str:
    return "interface {}" if value is None else type_name(value)


class GoFunction:
    """A function as a value, with its Go signature.

    Attributes:
        name: as it is called.
        signature: such as ``func(string, ...interface {}) int64``.
        call: takes Python values of those types; raises Panic.
    """

    __slots__ = ("call", "name", "signature")

    def __init__(self, name: str, signature: str, call: Callable[..., object]) -> None:
        self.name, self.signature, self.call = name, signature, call

    def to_go_json(self) -> str:
        """Go refuses."""
        raise UnsupportedJsonValue(f"json: unsupported type: {self.signature}")


_TYPE_NAMES: dict[type, str] = {
    type(None): "<nil>",
    bool: "bool",
    int: "int",
    Int64: "int64",
    UInt8: "uint8",
    float: "float64",
    str: "string",
    bytes: "[]uint8",
    list: "[]interface {}",
    NilSlice: "[]interface {}",
    StringSlice: "[]string",
    NilStringSlice: "[]string",
    ListSlice: "[][]interface {}",
    IntSlice: "[]int",
    PairSlice: "[][2]interface {}",
    Pair: "[2]interface {}",
    dict: "map[string]interface {}",
    StringMap: "map[string]string",
}


def register_type(python_type: type, name: str) -> None:
    """Name the Go type that a class stands for; done once, where the class is defined."""
    _TYPE_NAMES[python_type] = name


def type_name(value: object) -> str:
    """The Go type, as `%T` prints it."""
    name = _TYPE_NAMES.get(type(value))
    if name is not None:
        return name
    if isinstance(value, AnyMap):
        return value.type_name
    if isinstance(value, GoFunction):
        return value.signature
    if isinstance(value, Struct):
        return value.type_name
    if isinstance(value, Mapping):
        return "map[string]interface {}"
    return type(value).__name__


def is_nil(value: object) -> bool:
    """Nil, or a nil list."""
    return value is None or type(value) in (NilSlice, NilStringSlice)


def is_number(value: object) -> bool:
    """One of Go's plain number types (a duration or a month is none)."""
    return type(value) in _NUMBER_TYPES


def is_integer(value: object) -> bool:
    """One of Go's plain integer types."""
    return type(value) in _INTEGER_TYPES


_INTEGER_TYPES = frozenset((int, Int64, UInt8))
_NUMBER_TYPES = _INTEGER_TYPES | {float}


def format_value(value: object) -> str:
    """The value as Go's `%v` prints it: `[a b]`, `map[k:v]` with sorted keys, `<nil>`."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format_float(value)
    if isinstance(value, bytes):
        return f"[{' '.join(str(byte) for byte in value)}]"
    if isinstance(value, list):
        return f"[{' '.join(format_value(item) for item in value)}]"
    if isinstance(value, Mapping):
        entries = (f"{format_value(key)}:{format_value(value[key])}" for key in _sorted_keys(value))
        return f"map[{' '.join(entries)}]"
    return str(value)


_KEY_ORDER = {"<nil>": 0, "int": 1, "int64": 1, "uint8": 1, "float64": 2, "bool": 3, "string": 4}


def _sorted_keys(mapping: Mapping[Any, object]) -> list[Any]:
    """Go prints maps in key order: of one type by value; for mixed ones the order is Go's secret, so it is by type first."""
    return sorted(mapping, key=lambda key: (_KEY_ORDER.get(type_name(key), 9), key if key is not None else 0))


def format_string_verb(value: object) -> str:
    """The value as Go's `%s` prints it, which complains about whatever is no text: `%!s(int=5)`."""
    if isinstance(value, str):
        return value
    if value is None:
        return "%!s(<nil>)"
    if isinstance(value, list):
        return f"[{' '.join(format_string_verb(item) for item in value)}]"
    if isinstance(value, Mapping):
        entries = (f"{format_string_verb(key)}:{format_string_verb(value[key])}" for key in _sorted_keys(value))
        return f"map[{' '.join(entries)}]"
    if isinstance(value, (bool, float)) or is_integer(value):
        return f"%!s({type_name(value)}={format_value(value)})"
    return format_value(value)

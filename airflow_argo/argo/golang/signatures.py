"""Go's function types, read from how Go writes them: `func(string, ...interface {}) (string, error)`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

ANY = "interface {}"


@dataclass(frozen=True, slots=True)
class Signature:
    """A function type.

    Attributes:
        params: types of the parameters; that of a variadic last one is the type of one argument.
        results: types of the results.
        variadic: the last parameter takes any number of arguments.
    """

    params: tuple[str, ...]
    results: tuple[str, ...]
    variadic: bool = False

    def param(self, position: int) -> str:
        """The type that an argument at this position must have."""
        if self.variadic and position >= len(self.params) - 1:
            return self.params[-1]
        return self.params[position]


@lru_cache(maxsize=512)
def signature(text: str) -> Signature:
    """Read a function type as Go writes it."""
    assert text.startswith("func("), text
    end = _closing(text, 4)
    params = _split(text[5:end])
    variadic = bool(params) and params[-1].startswith("...")
    if variadic:
        params[-1] = params[-1][3:]
    results = text[end + 1 :].strip()
    if results.startswith("("):
        results = results[1:-1]
    return Signature(tuple(params), tuple(_split(results)), variadic)


def _closing(text: str, opening: int) -> int:
    depth = 0
    for position in range(opening, len(text)):
        depth += (text[position] == "(") - (text[position] == ")")
        if depth == 0:
            return position
    raise ValueError(text)


def _split(text: str) -> list[str]:
    parts: list[str] = []
    start = depth = 0
    for position, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            parts.append(text[start:position].strip())
            start = position + 1
    last = text[start:].strip()
    return [*parts, last] if last else parts


def kind_of(type_name: str) -> str:
    """Go's reflect.Kind of a type."""
    if type_name in _KINDS:
        return _KINDS[type_name]
    for prefix, kind in (("[]", "slice"), ("[", "array"), ("map[", "map"), ("func(", "func"), ("*", "ptr")):
        if type_name.startswith(prefix):
            return kind
    return type_name


_KINDS = {
    ANY: "interface",
    "time.Time": "struct",
    "time.Duration": "int64",
    "time.Month": "int",
    "time.Weekday": "int",
}


def element_type(type_name: str) -> str:
    """What a slice, array, map or pointer type has inside."""
    if type_name.startswith("*"):
        return type_name[1:]
    if type_name.startswith("map["):
        return type_name[_bracket_end(type_name, 3) + 1 :]
    return type_name[_bracket_end(type_name, 0) + 1 :]


def key_type(type_name: str) -> str:
    """The type of a map type's keys."""
    return type_name[4 : _bracket_end(type_name, 3)]


def _bracket_end(text: str, opening: int) -> int:
    depth = 0
    for position in range(opening, len(text)):
        depth += (text[position] == "[") - (text[position] == "]")
        if depth == 0:
            return position
    raise ValueError(text)

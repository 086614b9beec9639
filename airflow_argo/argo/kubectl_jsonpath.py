"""kubectl's JSONPath: text with `{…}` in it, each a path into an object. Source: k8s.io/client-go/util/jsonpath.

    template = {text | "{" path "}"}
    path     = ["$" | "@"] {"." name | ".." name | "[" index | slice | union | filter | "*" "]" | ".*"} | quoted text
    filter   = "?(" operand [("==" | "!=" | "<" | "<=" | ">" | ">=") operand] ")"

`range … end` is not read.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from airflow_argo.argo.gojson import as_text

_NAME: Final = re.compile(r"(?:\\.|[^\s.\[\]{}()'\"=<>!?*,:@$|\\])+")
_BRACKET: Final = re.compile(r"\s*(?:(\*)|'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|(-?\d*)(?::(-?\d*))?(?::(-?\d*))?)\s*")
_COMPARISON: Final = re.compile(r"(==|!=|<=|>=|<|>)")
_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class InvalidPath(Exception):
    """A template can't be read; `args[0]` says why."""


class PathError(Exception):
    """A path leads nowhere in an object where kubectl wants it to: an index beyond a list's end, a field of a text."""


Step = Callable[[Any], Iterator[Any]]
"""From a value to those one step further; none where a name isn't there."""


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A template that was read.

    Attributes:
        parts: texts, and paths as their steps.
    """

    parts: tuple[str | tuple[Step, ...], ...]

    def rendered(self, item: Any) -> str:
        """The text for an object, as `kubectl get -o jsonpath=…` prints it.

        Raises:
            PathError: kubectl would end in an error.
        """
        return "".join(part if isinstance(part, str) else " ".join(map(as_text, _walk([item], part))) for part in self.parts)


def read_jsonpath(text: str) -> JsonPath:
    """A template.

    Raises:
        InvalidPath: kubectl can't read it, or it has a `range`.
    """
    parts: list[str | tuple[Step, ...]] = []
    at = 0
    while (start := text.find("{", at)) >= 0:
        end = _closing(text, start)
        parts += [text[at:start], _action(text[start + 1 : end].strip())]
        at = end + 1
    parts.append(text[at:])
    return JsonPath(tuple(part for part in parts if part != ""))


def _closing(text: str, start: int) -> int:
    quote = ""
    for index in range(start + 1, len(text)):
        char = text[index]
        if quote:
            quote = "" if char == quote and text[index - 1] != "\\" else quote
        elif char in "'\"":
            quote = char
        elif char == "}":
            return index
    raise InvalidPath(f"unclosed action: {text[start:]}")


def _action(inside: str) -> str | tuple[Step, ...]:
    if re.match(r"(range|end)\b", inside):
        raise InvalidPath("range and end are not read")
    if inside[:1] in ("'", '"'):
        return _unquoted(inside)
    return tuple(_steps(inside))


def _unquoted(text: str) -> str:
    if len(text) < 2 or text[-1] != text[0]:
        raise InvalidPath(f"unterminated quoted string: {text}")
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), text[1:-1])


def _steps(path: str) -> Iterator[Step]:
    at = 1 if path[:1] in ("$", "@") else 0
    while at < len(path):
        if path.startswith("..", at):
            name = _NAME.match(path, at + 2)
            yield _everywhere(_name(name[0])) if name else _everywhere(None)
            at = name.end() if name else at + 2
        elif path.startswith(".*", at):
            yield _children
            at += 2
        elif path[at] == "[":
            step, at = _bracket(path, at)
            yield step
        else:
            name = _NAME.match(path, at + (path[at] == "."))
            if name is None:
                raise InvalidPath(f"unrecognized character in action: {path[at:]}")
            yield _field(_name(name[0]))
            at = name.end()


def _name(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _bracket(path: str, at: int) -> tuple[Step, int]:
    if path.startswith("[?(", at):
        end = path.find(")]", at)
        if end < 0:
            raise InvalidPath("unterminated filter")
        return _filter(path[at + 3 : end]), end + 2
    end = path.find("]", at)
    if end < 0:
        raise InvalidPath("unterminated array")
    steps = []
    for part in path[at + 1 : end].split(","):
        match = _BRACKET.fullmatch(part)
        if match is None or not part.strip():
            raise InvalidPath(f"invalid array index {part}")
        steps.append(_of_bracket(part, match))
    return _union(steps) if len(steps) > 1 else steps[0], end + 1


def _of_bracket(part: str, match: re.Match[str]) -> Step:
    if match[1]:
        return _children
    name = match[2] if match[2] is not None else match[3]
    if name is not None:
        return _field(_name(name))
    if ":" not in part:
        return _index(int(match[4]))
    return _slice(*(int(bound) if bound else None for bound in match.group(4, 5, 6)))


def _field(name: str) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, dict) and name in value:
            yield value[name]
        elif value is not None and not isinstance(value, dict):
            raise PathError(f"can't find field {name} in {as_text(value)}")

    return step


def _index(number: int) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if not isinstance(value, list):
            raise PathError(f"{as_text(value)} is not array or slice")
        if not -len(value) <= number < len(value):
            raise PathError(f"array index out of bounds: index {number}, length {len(value)}")
        yield value[number]

    return step


def _slice(start: int | None, stop: int | None, every: int | None) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if not isinstance(value, list):
            raise PathError(f"{as_text(value)} is not array or slice")
        yield from value[start:stop:every]

    return step


def _union(steps: list[Step]) -> Step:
    return lambda value: (found for step in steps for found in step(value))


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from (value[key] for key in sorted(value))
    elif isinstance(value, list):
        yield from value


def _everywhere(name: str | None) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if name is None:
            yield value
        elif isinstance(value, dict) and name in value:
            yield value[name]
        for child in _children(value):
            yield from step(child)

    return step


def _filter(condition: str) -> Step:
    left, sign, right = (part.strip() for part in [*_COMPARISON.split(condition, maxsplit=1), "", ""][:3])
    first, second = _operand(left), _operand(right) if sign else None

    def holds(element: Any) -> bool:
        found = first(element)
        if second is None:
            return bool(found)
        others = second(element)
        if not found or not others:
            return False
        try:
            return _COMPARE[sign](found[0], others[0])
        except TypeError:
            raise PathError(f"incompatible types for comparison: {condition}") from None

    def step(value: Any) -> Iterator[Any]:
        if not isinstance(value, list):
            raise PathError(f"{as_text(value)} is not array or slice and cannot be filtered")
        yield from (element for element in value if holds(element))

    return step


def _operand(text: str) -> Callable[[Any], list[Any]]:
    if text[:1] in ("'", '"'):
        quoted = _unquoted(text)
        return lambda _element: [quoted]
    if text in ("true", "false"):
        return lambda _element: [text == "true"]
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        number = float(text) if "." in text else int(text)
        return lambda _element: [number]
    steps = tuple(_steps(text))
    return lambda element: _walk([element], steps)


def _walk(values: list[Any], steps: tuple[Step, ...]) -> list[Any]:
    for step in steps:
        values = [found for value in values for found in step(value)]
    return values

"""successCondition and failureCondition of resource templates: Kubernetes' label selectors, over paths into an object.

    selector    = requirement {"," requirement}
    requirement = key | "!" key | key ("=" | "==" | "!=" | ">" | "<") value | key ("in" | "notin") "(" value {"," value} ")"

Source: k8s.io/apimachinery/pkg/labels; WaitResource in workflow/executor/resource.go, which looks keys up by tidwall/gjson.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from airflow_argo.argo.gojson import as_text

_TOKEN: Final = re.compile(r"\s*(==|!=|[=!<>(),]|[^\s=!<>(),]+)")
_OPERATORS: Final = {"=": "=", "==": "==", "!=": "!=", ">": "gt", "<": "lt", "in": "in", "notin": "notin"}
_NAME: Final = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_VALUE: Final = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_MAX_NAME: Final = 63
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_MISSING: Final = object()


class InvalidCondition(Exception):
    """A condition can't be read; `args[0]` says why, as Kubernetes would."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One comparison of what is at a path; its text is the one that Argo's messages have."""

    key: str
    operator: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{{{self.key} {self.operator} [{' '.join(self.values)}]}}"

    def holds(self, item: Mapping[str, Any]) -> bool:
        """Whether it holds for an object. Source: Requirement.Matches."""
        found = at_path(item, self.key)
        there = found is not _MISSING
        match self.operator:
            case "exists":
                return there
            case "!":
                return not there
            case "in" | "=" | "==":
                return there and as_text(found) in self.values
            case "notin" | "!=":
                return not there or as_text(found) not in self.values
            case _:
                number = as_text(found) if there else ""
                if not _INTEGER.fullmatch(number):
                    return False
                bound = int(self.values[0])
                return int(number) > bound if self.operator == "gt" else int(number) < bound


def read_conditions(text: str) -> list[Requirement]:
    """The requirements of a condition, by key, as Kubernetes orders them. An empty one has none.

    Raises:
        InvalidCondition: it is no label selector.
    """
    tokens = _tokens(text)
    found = []
    at = 0
    while at < len(tokens):
        requirement, at = _requirement(tokens, at)
        found.append(requirement)
        if at < len(tokens):
            if tokens[at] != "," or at + 1 == len(tokens):
                raise InvalidCondition(f"found '{tokens[at]}', expected: ',' or 'end of string'")
            at += 1
    return sorted(found, key=lambda requirement: requirement.key)


def _tokens(text: str) -> list[str]:
    return [match[1] for match in _TOKEN.finditer(text)]


def _requirement(tokens: list[str], at: int) -> tuple[Requirement, int]:
    if tokens[at] == "!":
        return Requirement(_key(tokens, at + 1), "!", ()), at + 2
    key = _key(tokens, at)
    if at + 1 == len(tokens) or tokens[at + 1] == ",":
        return Requirement(key, "exists", ()), at + 1
    sign = tokens[at + 1]
    if sign not in _OPERATORS:
        raise InvalidCondition(f"found '{sign}', expected: in, notin, =, ==, !=, gt, lt")
    operator, at = _OPERATORS[sign], at + 2
    values, at = _listed(tokens, at) if operator in ("in", "notin") else _single(tokens, at)
    for value in values:
        if len(value) > _MAX_NAME or not _VALUE.fullmatch(value):
            raise InvalidCondition(f"'{value}' is no value that a label may have")
    if operator in ("gt", "lt") and not _INTEGER.fullmatch(values[0]):
        raise InvalidCondition("for 'Gt', 'Lt' operators, the value must be an integer")
    return Requirement(key, operator, tuple(sorted(set(values)))), at


def _key(tokens: list[str], at: int) -> str:
    key = tokens[at] if at < len(tokens) else ""
    name = key.rpartition("/")[2]
    if not _NAME.fullmatch(name) or len(name) > _MAX_NAME:
        raise InvalidCondition(f"'{key}' is no key that a label may have")
    return key


def _listed(tokens: list[str], at: int) -> tuple[list[str], int]:
    if at >= len(tokens) or tokens[at] != "(" or ")" not in tokens[at:]:
        raise InvalidCondition(f"found '{tokens[at] if at < len(tokens) else ''}' expected: '('")
    end = tokens.index(")", at)
    inside, values, given = tokens[at + 1 : end], [""], False
    for word in inside:
        if word == ",":
            values.append("")
        elif values[-1] or word in _OPERATORS.keys() - {"in", "notin"}:
            raise InvalidCondition(f"found '{word}', expected: ',', or ')'")
        else:
            values[-1], given = word, True
    if not given and len(values) == 1:
        raise InvalidCondition("for 'in', 'notin' operators, values set can't be empty")
    return values, end + 1


def _single(tokens: list[str], at: int) -> tuple[list[str], int]:
    if at >= len(tokens) or tokens[at] == ",":
        return [""], at
    return [tokens[at]], at + 1


# Paths, as far as a label's key can say one: names and indexes between dots


def at_path(item: object, path: str) -> Any:
    """What is at a path of an object; `_MISSING` if nothing is there. Source: gjson.Get."""
    for part in path.split("."):
        if isinstance(item, Mapping) and part in item:
            item = item[part]
        elif isinstance(item, list) and part.isdecimal() and int(part) < len(item):
            item = item[int(part)]
        else:
            return _MISSING
    return item


def failed_condition(item: Mapping[str, Any], failures: list[Requirement]) -> str | None:
    """What Argo says of the first failure condition that holds; None if none does. Source: matchConditions."""
    return next((f"failure condition '{one}' evaluated true" for one in failures if one.holds(item)), None)

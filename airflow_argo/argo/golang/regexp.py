"""Go's `regexp` by Python's `re`: matching, finding, replacing and splitting with Go's rules for empty matches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from airflow_argo.argo.golang.regexp_syntax import RegexpError, translate

__all__ = ["RegexpError", "compile_regexp", "expand", "find_all", "quote_meta", "replace_all", "split"]

_TEMPLATE = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))")
_META = re.compile(r"[\\.+*?()|\[\]{}^$]")


@lru_cache(maxsize=512)
def compile_regexp(pattern: str) -> re.Pattern[str]:
    """The pattern, compiled.

    Raises:
        RegexpError: Go refuses the pattern.
        Unsupported: it uses a Unicode script.
    """
    return re.compile(translate(pattern).pattern)


def find_all(pattern: str, text: str, limit: int = -1) -> list[re.Match[str]]:
    """The matches from left to right, at most `limit` unless that is negative; none is empty right behind another."""
    return list(islice(_matches(compile_regexp(pattern), text), limit if limit >= 0 else None))


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    position, behind = 0, -1
    while position <= len(text) and (match := pattern.search(text, position)):
        if match.end() > match.start() or match.start() != behind:
            yield match
        behind = match.end()
        position = match.end() if match.end() > match.start() else match.end() + 1


def replace_all(pattern: str, text: str, replacement: str, *, literal: bool = False) -> str:
    """The text with all matches replaced; `$1` and `${name}` in the replacement are groups, unless it is literal."""
    pieces: list[str] = []
    position = 0
    for match in find_all(pattern, text):
        pieces += (text[position : match.start()], replacement if literal else expand(pattern, match, replacement))
        position = match.end()
    return "".join([*pieces, text[position:]])


def expand(pattern: str, match: re.Match[str], template: str) -> str:
    """The template with groups filled in; a group that there isn't is empty (Regexp.Expand)."""
    names = translate(pattern).names

    def group(reference: re.Match[str]) -> str:
        dollar, braced, bare = reference.groups()
        if dollar:
            return "$"
        name = braced or bare
        number = int(name) if name.isdigit() else names.get(name, -1)
        return (match.group(number) or "") if 0 <= number <= match.re.groups else ""

    return _TEMPLATE.sub(group, template)


def split(pattern: str, text: str, limit: int = -1) -> list[str]:
    """The parts of the text between matches: at most `limit`, none for 0, all for less (Regexp.Split)."""
    if limit == 0:
        return []
    if pattern and not text:
        return [""]
    parts: list[str] = []
    start = end = 0
    for match in find_all(pattern, text, limit):
        if limit > 0 and len(parts) == limit - 1:
            break
        end = match.start()
        if match.end() != 0:
            parts.append(text[start:end])
        start = match.end()
    if end != len(text):
        parts.append(text[start:])
    return parts


def quote_meta(text: str) -> str:
    """The text as a pattern that matches just it."""
    return _META.sub(lambda match: f"\\{match.group()}", text)

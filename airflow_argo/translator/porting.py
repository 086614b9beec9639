"""DAG files for Airflow 1.10 or 2 as Airflow 3 reads them, by ruff's AIR rules and those of `porting_edits`.

Nothing is imported and nothing run. What no rule changes is listed, for the author.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from airflow_argo.diagnostics import InputError, Origin
from airflow_argo.translator.dag_file_errors import no_python, no_text
from airflow_argo.translator.porting_context import todays_context
from airflow_argo.translator.porting_dags import arguments_of_dags
from airflow_argo.translator.porting_edits import AFTER, BEFORE, Edit, Rule, explicit_defaults, span_of
from airflow_argo.translator.porting_imports import all_imports, guarded_imports, handed_on, moved
from airflow_argo.translator.porting_left import left_by_hand, left_defaults, left_of_gone
from airflow_argo.translator.porting_modules import IN_OLD_PACKAGES
from airflow_argo.translator.porting_modules import RULES as OF_MODULES
from airflow_argo.translator.porting_names import RENAMED_KEYS
from airflow_argo.translator.porting_plugins import old_homes
from airflow_argo.translator.porting_pods import descriptions_of_pods
from airflow_argo.translator.porting_skips import todays_skips
from airflow_argo.translator.porting_sql import operators_of_sql
from airflow_argo.translator.porting_triggers import without_callables
from airflow_argo.translator.sources import decoded

MOVES = "AIR301,AIR302,AIR303,AIR311,AIR312,AIR321"
"""Ruff's rules on what Airflow 3 moved, renamed and removed. Its other AIR rules are about style."""

UNUSED, UNDEFINED = "F401", "F821"
_OLD_KEYS = tuple(name.encode() for name in RENAMED_KEYS)
_ALIKE = 0.6
_IMPORTS_MOVED = re.compile(r"`airflow[\w.]*` is (moved|removed)")
_IS_AIRFLOWS = re.compile(r"`(airflow(?:\.[^`]*)?)`")


@dataclass(frozen=True, slots=True)
class Ported:
    """A DAG file for Airflow 3.

    Attributes:
        old: the text as it was.
        text: the new text.
        left: what no rule changed: (line in the old text, what it is).
    """

    old: str
    text: str
    left: tuple[tuple[int, str], ...]

    def diff(self, path: str) -> list[str]:
        """What changed, as lines of a unified diff; none if nothing did."""
        return list(unified_diff(self.old.splitlines(), self.text.splitlines(), path, path, lineterm=""))

    def old_line(self, line: int) -> int:
        """The line of the old text that a line of the new one was made of."""
        return _line_in(self.old, line, self.text)

    def new_line(self, line: int) -> int:
        """The line of the new text that was made of a line of the old one."""
        return _line_in(self.text, line, self.old)


def _line_in(other: str, line: int, text: str) -> int:
    """The line of another text that is that of a text, or is like it."""
    lines, others = text.splitlines(), other.splitlines()
    for kind, start, end, other_start, other_end in _changes(text, other):
        if start < line <= end:
            same_place = max(1, min(other_start + line - start, other_end))
            changed = range(other_start + 1, other_end + 1) if kind == "replace" else ()
            return _likest(lines[line - 1], others, changed, same_place)
    return line


@lru_cache(maxsize=16)
def _changes(text: str, other: str) -> Sequence[tuple[str, int, int, int, int]]:
    """What lines of a text are in another: kind, and first line and line after the last, from 0, in both."""
    return SequenceMatcher(None, text.splitlines(), other.splitlines(), autojunk=False).get_opcodes()


def _likest(text: str, lines: list[str], among: Iterable[int], otherwise: int) -> int:
    """The number of the line that a changed one was made of: imports change their places."""
    alike = [(SequenceMatcher(None, text, lines[number - 1]).ratio(), -abs(number - otherwise), number) for number in among]
    ratio, _, number = max(alike, default=(0, 0, otherwise))
    return number if ratio > _ALIKE else otherwise


def may_be_old(data: bytes) -> bool:
    """Whether a file may have something of an older Airflow: it names Airflow, or what only its context had."""
    return b"airflow" in data.lower() or any(name in data for name in _OLD_KEYS)


def ported(path: Path, *, keep_defaults: bool = False) -> Ported:
    """A DAG file as Airflow 3 reads it.

    Args:
        keep_defaults: say what Airflow 2 did where a DAG says nothing: catch up, and run daily.
    Raises:
        InputError: ruff isn't there, or the file is no Python.
    """
    try:
        text = decoded(path.read_bytes())
    except SyntaxError as error:
        raise no_python(error, path) from None
    except UnicodeDecodeError as error:
        raise no_text(error, path) from None
    return ported_text(text, path, keep_defaults=keep_defaults)


def ported_text(old: str, path: Path, *, keep_defaults: bool = False, is_imported: bool = True) -> Ported:
    """The same for a text that isn't in the file, such as one of an archive; `path` is for messages.

    Args:
        is_imported: others may import what it imports.
    """
    says_all = is_of_airflow_3(old, path)
    before = _applied(
        old,
        path,
        (
            *OF_MODULES,
            old_homes(path),
            *BEFORE,
            operators_of_sql,
            descriptions_of_pods,
            without_callables,
            todays_skips,
            _moving(guarded_imports),
        ),
    )
    text = _fixed(before, path)
    if (unknown := _undefined(text, path)) and unknown - _undefined(before, path):
        text = _fixed(
            _applied(before, path, (_moving(all_imports),)), path
        )  # ruff takes a name that is imported as another for it
    text = _applied(text, path, (*AFTER, arguments_of_dags, todays_context))
    if keep_defaults and not says_all:
        text = _applied(text, path, (explicit_defaults,))
    text = _fixed(text, path)
    if any(_IMPORTS_MOVED.search(what) for _, what in _left_by_ruff(text, path)):
        text = _applied(text, path, (_moving(all_imports),))  # ruff took back all its changes of this file
    if is_imported:
        text = _applied(text, path, (_moving(handed_on),))
    text = _without_unused_imports(text, path, _gone_from(old, text, path) if is_imported else lambda _: True)
    defaults = () if says_all else left_defaults(text, kept=keep_defaults)
    found = {*_left_by_ruff(text, path), *left_by_hand(text), *defaults}
    left = {(_line_in(old, line, text), what) for line, what in found} | set(left_of_gone(old))
    return Ported(old, text, tuple(sorted(left)))


def _gone_from(old: str, text: str, path: Path) -> Callable[[_Unused], bool]:
    """Tells which unused names a module can do without: what it used before it was ported, and what Airflow 3 hasn't."""
    before = {one.called for one in _unused(old, path)}
    left = " ".join(what for _, what in _left_by_ruff(text, path))

    def is_gone(one: _Unused) -> bool:
        has_no_home = IN_OLD_PACKAGES.fullmatch(one.name.rpartition(".")[0]) is not None
        return one.called not in before or has_no_home or f"`{one.name}`" in left

    return is_gone


def is_of_airflow_3(text: str, path: Path) -> bool:
    """Whether a file was written for Airflow 3 and no other, whose defaults it then means: it imports what only that has.

    Raises:
        InputError: it is no Python.
    """
    return "airflow.sdk" in text and any(_is_sdks(node) for node in _parsed(text, path).body)


def _is_sdks(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").startswith("airflow.sdk")
    return isinstance(node, ast.Import) and any(alias.name.startswith("airflow.sdk") for alias in node.names)


def _fixed(text: str, path: Path) -> str:
    return _ruff("--fix-only", "--unsafe-fixes", "--select", MOVES, text=text, path=path)


def _moving(chosen: Callable[[ast.Module], Iterable[ast.ImportFrom]]) -> Rule:
    """A rule that moves some of a file's imports as ruff moves each of their names."""

    def rule(tree: ast.Module, data: bytes) -> Iterator[Edit]:
        yield from ((*span_of(node, data), new.encode()) for node, new in moved(chosen(tree), _fix_files))

    return rule


def _fix_files(folder: Path) -> None:
    _run_ruff(folder, "--fix-only", "--unsafe-fixes", "--select", MOVES, str(folder))


def _ruff(*arguments: str, text: str, path: Path) -> str:
    """What ruff says of a text."""
    return _run_ruff(path, *arguments, "--stdin-filename", str(path), "-", text=text)


def _run_ruff(path: Path, *arguments: str, text: str = "") -> str:
    beside = Path(sys.executable).parent / "ruff"
    program = str(beside) if beside.exists() else shutil.which("ruff")
    if program is None:
        raise InputError("ruff isn't installed, whose rules know what moved in Airflow 3", "pip install ruff")
    command = [program, "check", "--isolated", "--quiet", "--preview", "--no-cache", "--ignore-noqa", *arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode not in (0, 1):
        raise InputError(f"ruff can't read it: {done.stderr.strip()}", "correct it", Origin(str(path)))
    return done.stdout


def _parsed(text: str, path: Path) -> ast.Module:
    try:
        return ast.parse(text, str(path))
    except SyntaxError as error:
        raise no_python(error, path) from None


def _applied(text: str, path: Path, rules: tuple[Rule, ...]) -> str:
    """The text after rules of ours, one after the other."""
    for rule in rules:
        data = text.encode()
        after = len(data)
        for start, end, new in sorted(set(rule(_parsed(text, path), data)), reverse=True):
            if end <= after:  # what is in another change is in the next one's text
                data, after = data[:start] + new + data[end:], start
        text = data.decode()
    return text


def _without_unused_imports(text: str, path: Path, is_gone: Callable[[_Unused], bool]) -> str:
    """Without names of Airflow's that nothing uses, of which a module may still hand on those that aren't gone."""
    while edits := {edit for one in _unused(text, path) if is_gone(one) for edit in one.edits}:
        starts = _starts_of_lines(text)
        for first, last, content in sorted(edits, reverse=True):
            start, end = _offset(first, starts), _offset(last, starts)
            text = text[:start] + content + text[end:]
    return text  # of a name that is imported twice, ruff finds the first once the second isn't there


class _Unused(NamedTuple):
    """A name of Airflow's that a file imports and doesn't use.

    Attributes:
        name: `airflow.models.DAG`.
        called: what the file calls it.
        edits: what takes it out: first place, place after the last, new text.
    """

    name: str
    called: str
    edits: tuple[tuple[tuple[int, int], tuple[int, int], str], ...]


def _unused(text: str, path: Path) -> Iterator[_Unused]:
    starts = _starts_of_lines(text)
    for one in json.loads(_ruff("--output-format", "json", "--select", UNUSED, text=text, path=path) or "[]"):
        if found := _IS_AIRFLOWS.search(one["message"]):
            imported = text[_offset(_at(one["location"]), starts) : _offset(_at(one["end_location"]), starts)]
            edits = [(_at(edit["location"]), _at(edit["end_location"]), str(edit["content"])) for edit in _fix_of(one)]
            yield _Unused(found[1], re.split(r"[\s.]", imported)[-1], tuple(edits))


def _fix_of(found: dict[str, Any]) -> list[dict[str, Any]]:
    return (found.get("fix") or {}).get("edits") or []


def _starts_of_lines(text: str) -> list[int]:
    return [0, *accumulate(map(len, text.splitlines(keepends=True)))]


def _offset(place: tuple[int, int], starts: list[int]) -> int:
    """Where ruff's row and column, from 1, are in a text."""
    row, column = place
    return starts[min(row, len(starts)) - 1] + column - 1


def _undefined(text: str, path: Path) -> set[str]:
    """What ruff says of names that a text uses and binds nowhere."""
    return {
        str(one["message"])
        for one in json.loads(_ruff("--output-format", "json", "--select", UNDEFINED, text=text, path=path) or "[]")
    }


def _at(place: dict[str, int]) -> tuple[int, int]:
    return place["row"], place["column"]


def _left_by_ruff(text: str, path: Path) -> Iterator[tuple[int, str]]:
    for found in json.loads(_ruff("--output-format", "json", "--select", MOVES, text=text, path=path) or "[]"):
        if "It still works" not in str(found["message"]):
            yield int(found["location"]["row"]), str(found["message"])

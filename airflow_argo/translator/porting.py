"""DAG files for Airflow 1.10 or 2 as Airflow 3 reads them: what ruff's AIR rules move and rename, and a few things besides.

Nothing is imported and nothing run. What no rule changes is listed, for the author.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_argo.diagnostics import InputError, Origin

RULES = "AIR,F401"
GONE_ARGUMENTS = frozenset({"provide_context", "default_view", "orientation", "sla", "sla_miss_callback"})
"""Keyword arguments that Airflow 3 refuses and that mean nothing there."""

GONE_DECORATORS = frozenset({"apply_defaults"})

GONE_NAMES = {
    "execution_date": "logical_date",
    "next_execution_date": "data_interval_end",
    "next_ds": "data_interval_end | ds",
    "next_ds_nodash": "data_interval_end | ds_nodash",
    "yesterday_ds": "macros.ds_add(ds, -1)",
    "tomorrow_ds": "macros.ds_add(ds, 1)",
    "yesterday_ds_nodash": "macros.ds_add(ds, -1) | replace('-', '')",
    "tomorrow_ds_nodash": "macros.ds_add(ds, 1) | replace('-', '')",
}
"""Names of templates that Airflow 3 lacks, and what says the same. Source: airflow.sdk Context; Airflow 2's context.py."""

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_SPELLINGS = "|".join(sorted(GONE_NAMES, key=len, reverse=True))
_NAME = re.compile(rf"(?<![\w.'\"])({_SPELLINGS})\b(?!\s*=[^=])")

Edit = tuple[int, int, bytes]
"""(first byte, byte after the last, new text)."""


@dataclass(frozen=True, slots=True)
class Ported:
    """A DAG file for Airflow 3.

    Attributes:
        text: the new text.
        left: what no rule changed: (line in the new text, what it is).
    """

    text: str
    left: tuple[tuple[int, str], ...]


def ported(path: Path) -> Ported:
    """A DAG file as Airflow 3 reads it.

    Raises:
        InputError: ruff isn't there, or the file is no Python.
    """
    text = _fixed(path.read_text(encoding="utf-8"), path)
    for rule in (_without_gone_arguments, _without_gone_decorators, _with_todays_dates, _with_todays_templates):
        text = _edited(text, rule)
    text = _fixed(text, path)
    return Ported(text, tuple(_left(text, path)))


def _ruff(*arguments: str, text: str, path: Path) -> str:
    """What ruff says of a text."""
    beside = Path(sys.executable).parent / "ruff"
    program = str(beside) if beside.exists() else shutil.which("ruff")
    if program is None:
        raise InputError("ruff isn't installed, whose rules know what moved in Airflow 3", "pip install ruff")
    command = [program, "check", "--isolated", "--quiet", "--preview", "--select", RULES, *arguments]
    done = subprocess.run(
        [*command, "--stdin-filename", str(path), "-"], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode not in (0, 1):
        raise InputError(f"ruff can't read it: {done.stderr.strip()}", "correct it", Origin(str(path)))
    return done.stdout


def _fixed(text: str, path: Path) -> str:
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise InputError(f"Python can't read it: {error.msg}", "correct it", Origin(str(path), error.lineno)) from None
    return _ruff("--fix-only", "--unsafe-fixes", text=text, path=path)


def _left(text: str, path: Path) -> Iterator[tuple[int, str]]:
    for found in json.loads(_ruff("--output-format", "json", "--no-cache", text=text, path=path) or "[]"):
        if str(found["code"]).startswith("AIR"):
            yield int(found["location"]["row"]), str(found["message"])
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and _name_of(node.func) in ("DAG", "dag"):
            given = {keyword.arg for keyword in node.keywords}
            if None not in given and "catchup" not in given:
                yield node.lineno, "Airflow 2 made up missed runs unless told otherwise, Airflow 3 doesn't: say catchup"
            if None not in given and not given & {"schedule", "timetable"}:
                yield node.lineno, "Airflow 2 ran a DAG daily unless told otherwise, Airflow 3 doesn't: say schedule"


# Edits


def _edited(text: str, rule: Callable[[ast.Module, bytes, list[int]], Iterator[Edit]]) -> str:
    data = text.encode()
    starts = [0, *(match.end() for match in re.finditer(rb"\n", data))]
    for start, end, new in sorted(rule(ast.parse(text), data, starts), reverse=True):
        data = data[:start] + new + data[end:]
    return data.decode()


def _span(node: Any, starts: list[int]) -> tuple[int, int]:
    return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset


def _without_gone_arguments(tree: ast.Module, data: bytes, starts: list[int]) -> Iterator[Edit]:
    for node in ast.walk(tree):
        for keyword in node.keywords if isinstance(node, ast.Call) else ():
            if keyword.arg in GONE_ARGUMENTS:
                start, end = _span(keyword, starts)
                after = re.match(rb"\s*,[ \t]*\n?[ \t]*", data[end:])
                before = re.search(rb",\s*$", data[:start])
                if after:
                    yield start, end + after.end(), b""
                else:
                    yield before.start() if before else start, end, b""


def _without_gone_decorators(tree: ast.Module, _data: bytes, starts: list[int]) -> Iterator[Edit]:
    for node in ast.walk(tree):
        for decorator in getattr(node, "decorator_list", ()):
            if _name_of(decorator) in GONE_DECORATORS:
                yield starts[decorator.lineno - 1], starts[decorator.end_lineno], b""
        if isinstance(node, ast.ImportFrom) and {alias.name for alias in node.names} <= GONE_DECORATORS | {"days_ago"}:
            yield (*_span(node, starts), b"import pendulum" if node.names[0].name == "days_ago" else b"pass")


def _with_todays_dates(tree: ast.Module, data: bytes, starts: list[int]) -> Iterator[Edit]:
    """`days_ago(n)`: the midnight n days ago. Source: Airflow 2's airflow.utils.dates."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name_of(node.func) == "days_ago" and len(node.args) == 1 and not node.keywords:
            first, last = _span(node.args[0], starts)
            yield (*_span(node, starts), b'pendulum.today("UTC").subtract(days=' + data[first:last] + b")")


def _with_todays_templates(tree: ast.Module, data: bytes, starts: list[int]) -> Iterator[Edit]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _TAG.search(node.value):
            start, end = _span(node, starts)
            text = data[start:end].decode()
            new = _TAG.sub(lambda tag: _NAME.sub(lambda name: _spelled(name[1], text), tag[0]), text)  # noqa: B023
            if new != text:
                yield start, end, new.encode()


def _spelled(name: str, literal: str) -> str:
    """What says the same, with quotes that don't end the literal."""
    return GONE_NAMES[name].replace("'", '"') if "'" in literal[:3] and '"' not in literal[:3] else GONE_NAMES[name]


def _name_of(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None

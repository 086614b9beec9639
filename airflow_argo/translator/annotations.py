"""Annotations of functions. Python evaluates them where a function is defined, though hardly anything reads them.

So a slice has those of a function as texts, and what they name stays behind, unless something in it may read them. Annotations
in classes and of variables are evaluated as in the file: fields of dataclasses and models are made of them.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Collection, Iterator
from typing import Any

from airflow_argo.translator.sources import is_authors
from airflow_argo.translator.statements import Function, SourceFile

FUTURE = "from __future__ import annotations\n"
_READING = re.compile(r"\.annotation\b|annotations__|get_annotations|type_hints|singledispatch")
"""What reads the annotations of functions, of Python's own."""


def are_texts(file: SourceFile) -> bool:
    """Whether a file says that none of its annotations are evaluated."""
    imports = (node for node in file.tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__")
    return any(alias.name == "annotations" for node in imports for alias in node.names)


def may_be_read(text: str) -> bool:
    """Whether a module's text names what reads annotations of functions."""
    return bool(_READING.search(text))


def may_read(decorator: Any) -> bool:
    """Whether a decorator, or what makes it, is of an installed package, which may look at anything: `validate_call`."""
    module = str(getattr(decorator, "__module__", None) or getattr(decorator, "__name__", ""))
    is_pythons = module.partition(".")[0] in {*sys.stdlib_module_names, ""}
    return not (is_pythons or is_authors(getattr(sys.modules.get(module), "__file__", None)))


def names_in_annotations(node: ast.AST) -> list[str]:
    """What the annotations of a function name, or those of a class's fields, in texts too."""
    if isinstance(node, ast.ClassDef):
        found = [part.annotation for part in ast.walk(node) if isinstance(part, ast.AnnAssign)]
    else:
        found = list(_of_function(node)) if isinstance(node, Function) else []
    return [part.id for annotation in found for part in _parts(annotation) if isinstance(part, ast.Name)]


def _parts(annotation: ast.expr) -> Iterator[ast.AST]:
    for part in ast.walk(annotation):
        yield part
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            try:
                yield from ast.walk(ast.parse(part.value, mode="eval"))
            except SyntaxError:  # a text of its own: Literal["two words"]
                continue


def _of_function(node: Function) -> Iterator[ast.expr]:
    given = node.args
    stars = [one for one in (given.vararg, given.kwarg) if one is not None]
    for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs, *stars):
        if argument.annotation is not None:
            yield argument.annotation
    if node.returns is not None:
        yield node.returns


def as_texts(text: str, of_file: Collection[str]) -> str:
    """A function's text, with its annotations as texts but for names of Python's own.

    Args:
        text: of the definition alone, at the left margin.
        of_file: the globals of the file.
    """
    node = ast.parse(text).body[0]
    assert isinstance(node, Function)
    lines = [line.encode() for line in text.split("\n")]
    places = [one for one in _of_function(node) if not _is_pythons(one, of_file)]
    for place in sorted(places, key=lambda one: (one.lineno, one.col_offset), reverse=True):
        assert place.end_lineno is not None
        first, last = place.lineno - 1, place.end_lineno - 1
        quoted = repr(ast.unparse(place)).encode()
        lines[first : last + 1] = [lines[first][: place.col_offset] + quoted + lines[last][place.end_col_offset :]]
    return b"\n".join(lines).decode()


def _is_pythons(annotation: ast.expr, of_file: Collection[str]) -> bool:
    if isinstance(annotation, ast.Name):
        return hasattr(builtins, annotation.id) and annotation.id not in of_file
    return isinstance(annotation, ast.Constant)

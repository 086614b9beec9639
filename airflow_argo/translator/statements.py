"""A DAG file as its statements: which of them bind a name, and the text of each as it would stand alone."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from airflow_argo.translator.parsed import nodes_in, tree_of
from airflow_argo.translator.sources import text_of

Function = ast.FunctionDef | ast.AsyncFunctionDef
ENTERED = (ast.With, ast.AsyncWith, ast.If, ast.Try, ast.For, ast.While)
"""Statements that have others of the same scope in them."""


@dataclass(slots=True)
class Statement:
    """A statement at the top of a file, or in a block there, with the names that it binds."""

    node: ast.stmt
    names: frozenset[str]
    in_block: ast.stmt | None


@dataclass(slots=True)
class SourceFile:
    """A DAG file: its text, its statements, the functions that are defined anywhere in it, and the globals that these bind."""

    path: Path
    text: str
    tree: ast.Module
    lines: list[str]
    statements: list[Statement] = field(default_factory=list)
    functions: dict[str, list[Function]] = field(default_factory=dict)
    rebound: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, path: str) -> SourceFile:
        """The file as it is now."""
        return _read(path, text_of(path))

    def binding(self, name: str) -> list[Statement]:
        """The statements that bind a name."""
        return [statement for statement in self.statements if name in statement.names]

    def segment(self, node: ast.stmt) -> str:
        """The text of a statement as it would stand at the top of a file; its decorators included."""
        first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
        text = "\n".join(self.lines[first - 1 : node.end_lineno])
        if self._shares_lines(node):
            return ast.unparse(node)
        if node.col_offset == 0:
            return text
        has_long_text = any(
            isinstance(part, ast.Constant | ast.JoinedStr) and part.end_lineno != part.lineno for part in ast.walk(node)
        )
        return ast.unparse(node) if has_long_text else textwrap.dedent(text)  # dedent would change texts of several lines

    def _shares_lines(self, node: ast.stmt) -> bool:
        """Whether another statement stands in a statement's lines: `a = 1; b = 2`."""
        before = self.lines[node.lineno - 1].encode()[: node.col_offset].strip()
        after = self.lines[(node.end_lineno or node.lineno) - 1].encode()[node.end_col_offset :].strip()
        return bool(before) or (bool(after) and not after.startswith(b"#"))


@lru_cache(maxsize=64)
def _read(path: str, text: str) -> SourceFile:
    tree = tree_of(text)
    found = SourceFile(Path(path), text, tree, text.splitlines())
    found.statements = list(_statements(tree.body, None))
    for node in nodes_in(text):
        if isinstance(node, Function):
            found.functions.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Global):
            found.rebound.update(node.names)
    return found


def _statements(body: Iterable[ast.stmt], block: ast.stmt | None) -> Iterator[Statement]:
    for node in body:
        yield Statement(node, frozenset(_bound_names(node)), block)
        if isinstance(node, ENTERED):
            for inner in (
                node.body,
                getattr(node, "orelse", []),
                getattr(node, "finalbody", []),
                *(handler.body for handler in getattr(node, "handlers", [])),
            ):
                yield from _statements(inner, block or node)


def _bound_names(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=aliases):
            for alias in aliases:
                yield alias.asname or alias.name.split(".")[0]
        case ast.ImportFrom(names=aliases):
            for alias in aliases:
                yield alias.asname or alias.name
        case ast.Assign(targets=targets):
            for target in targets:
                yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
            yield name
        case ast.Expr(value=value):
            root = root_name(value)
            if root:
                yield root
        case _:
            pass


def root_name(node: ast.expr) -> str | None:
    """`a` of `a.b(c).d[e]`: a statement that calls a method may change what the name stands for."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def only_imports(block: ast.stmt) -> bool:
    """Whether a block does no more than to choose among imports, and what stands for them."""
    if isinstance(block, ast.If):
        return all(map(only_imports, [*block.body, *block.orelse]))
    if isinstance(block, ast.Try):
        handled = [node for handler in block.handlers for node in handler.body]
        return all(map(only_imports, [*block.body, *block.orelse, *block.finalbody, *handled]))
    return isinstance(block, ast.Import | ast.ImportFrom | ast.Assign | ast.Pass)

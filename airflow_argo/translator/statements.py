"""A DAG file as its statements: which of them bind a name, and the text of each as it would stand alone."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import CodeType, FunctionType

from airflow_argo.translator.code_objects import names_around
from airflow_argo.translator.parsed import nodes_in, tree_of
from airflow_argo.translator.sources import text_of

Function = ast.FunctionDef | ast.AsyncFunctionDef
ENTERED = (ast.With, ast.AsyncWith, ast.If, ast.Try, ast.For, ast.While)
"""Statements that have others of the same scope in them."""
_BINDS_ANYTHING = frozenset({"globals", "exec", "vars", "locals", "setattr", "__dict__", "modules"})
"""Names and attributes of what may bind names of a file that stand nowhere in it."""


@dataclass(slots=True)
class Statement:
    """A statement at the top of a file, or in a block there, with the names that it binds."""

    node: ast.stmt
    names: frozenset[str]
    in_block: ast.stmt | None


@dataclass(slots=True)
class SourceFile:
    """A DAG file: its text, its statements, the functions that are defined anywhere in it, and the globals that these bind.

    Attributes:
        bound_again: names that stand in more than one binding, those of functions' own variables among them.
        binds_anything: something may bind names otherwise.
    """

    path: Path
    text: str
    tree: ast.Module
    lines: list[str]
    statements: list[Statement] = field(default_factory=list)
    functions: dict[str, list[Function]] = field(default_factory=dict)
    rebound: set[str] = field(default_factory=set)
    bound_again: set[str] = field(default_factory=set)
    binds_anything: bool = False

    @classmethod
    def read(cls, path: str) -> SourceFile:
        """The file as it is now."""
        return _read(path, text_of(path))

    def binding(self, name: str) -> list[Statement]:
        """The statements that bind a name."""
        return [statement for statement in self.statements if name in statement.names]

    def may_bind_again(self, name: str) -> bool:
        """Whether a name may stand for something else at the end of the file than where it is bound first."""
        return self.binds_anything or name in self.rebound or name in self.bound_again

    def names_around(self, function: FunctionType) -> set[str]:
        """The names that functions and classes around a definition bind: its decorators and defaults find those first."""
        if "." not in function.__qualname__:
            return set()
        return names_around(_code_of(self.text, str(self.path)), function.__code__) or set()

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
    bound: set[str] = set()
    for node in nodes_in(text):
        if isinstance(node, Function):
            found.functions.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Global):
            found.rebound.update(node.names)
        for name in _bound_by(node):
            (found.bound_again if name in bound else bound).add(name)
    found.binds_anything = "*" in bound
    return found


def _bound_by(node: ast.AST) -> Iterator[str]:
    """The names that a node by itself binds, in whatever scope; `*` stands for any."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in _BINDS_ANYTHING:
            yield "*"
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.alias(name=name, asname=other):
            yield other or name.partition(".")[0]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name
        case _:
            pass


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


@lru_cache(maxsize=4)
def _code_of(text: str, path: str) -> CodeType:
    return compile(tree_of(text), path, "exec", dont_inherit=True)


def from_def_line(node: Function) -> Function:
    """The same function, without its decorators, for the text from its `def` on."""
    kind = type(node)
    bare = kind(**{name: getattr(node, name) for name in node._fields})
    bare.decorator_list = []
    return ast.copy_location(bare, node)

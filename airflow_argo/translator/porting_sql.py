"""Operators of single databases, which became SQLExecuteQueryOperator: its arguments for theirs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from airflow_argo.translator.porting_edits import Edit, callee_of, name_of, sets_by_stars, span_of, text_in, without_keywords
from airflow_argo.translator.porting_imports import called
from airflow_argo.translator.porting_names import SQL_CONNECTIONS, SQL_HOOK_PARAMS
from airflow_argo.translator.porting_signatures import constructor_of


def operators_of_sql(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """Arguments of these operators, and of the file's classes on them, as SQLExecuteQueryOperator takes them."""
    names = {
        called(alias): alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("airflow.")
        for alias in node.names
        if alias.name in SQL_CONNECTIONS
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and (base := next((one for one in map(name_of, node.bases) if one in names), None)):
            yield from _inside(node, SQL_CONNECTIONS[names[base]], data)
            if constructor_of(node) is None:
                names[node.name] = names[base]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (operator := names.get(callee_of(node) or "")):
            yield from _of_sql(node, operator, data)


def _inside(node: ast.ClassDef, old: str, data: bytes) -> Iterator[Edit]:
    """What a class on such an operator hands on to its constructor, and reads of itself unless it sets that itself."""
    attributes = (one for one in ast.walk(node) if isinstance(one, ast.Attribute) and one.attr == old)
    uses = [one for one in attributes if name_of(one.value) == "self"]
    if not any(isinstance(one.ctx, ast.Store) for one in uses):
        for one in uses:
            _, end = span_of(one, data)
            yield end - len(old), end, b"conn_id"
    for call in (one for one in ast.walk(node) if isinstance(one, ast.Call) and name_of(one.func) == "__init__"):
        for keyword in (one for one in call.keywords if one.arg == old):
            start, _ = span_of(keyword, data)
            yield start, start + len(old), b"conn_id"


def _of_sql(node: ast.Call, operator: str, data: bytes) -> Iterator[Edit]:
    old, in_hook = SQL_CONNECTIONS[operator], SQL_HOOK_PARAMS.get(operator, ())
    given = {keyword.arg: keyword for keyword in node.keywords if keyword.arg}
    moved = [keyword for name, keyword in given.items() if name in in_hook]
    said = []
    if old in given:
        start, _ = span_of(given[old], data)
        yield start, start + len(old), b"conn_id"
    elif "conn_id" not in given and not sets_by_stars(node) and old not in _words(data):
        said.append(f'conn_id="{old.removesuffix("_conn_id")}_default"')
    if moved:
        params = ", ".join(f'"{keyword.arg}": {text_in(keyword.value, data).decode()}' for keyword in moved)
        said.append(f"hook_params={{{params}}}")
        yield from without_keywords(node, moved, data)
    if said and node.keywords:
        start, _ = span_of(node.keywords[0], data)
        yield start, start, f"{', '.join(said)}, ".encode()


@cache
def _words(data: bytes) -> frozenset[str]:
    """Texts that stand in a file by themselves, such as keys of default_args."""
    return frozenset(
        node.value for node in ast.walk(ast.parse(data)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )

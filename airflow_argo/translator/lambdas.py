"""Which lambda of a file a function is: by where its code lies, or, before Python 3.11, by what it does."""

from __future__ import annotations

import ast
import inspect
from types import CodeType

from airflow_argo.translator.parsed import nodes_under


def lambdas_of(code: CodeType, tree: ast.Module) -> list[ast.Lambda]:
    """The lambdas of a file that may have made a code: those that it lies in, or, before Python 3.11, that compile to it."""
    in_line = [
        node
        for node in nodes_under(tree)
        if isinstance(node, ast.Lambda) and node.lineno <= code.co_firstlineno <= (node.end_lineno or node.lineno)
    ]
    if not hasattr(code, "co_positions"):
        return [node for node in in_line if _same_code(node, code)]
    places = [(line, column) for line, _, column, _ in code.co_positions() if line and column]
    around = [node for node in in_line if _argument_names(node) == _argument_names_of(code) and _is_around(node, places)]
    return sorted(around, key=lambda node: (-node.lineno, -node.col_offset))[:1]


def _is_around(node: ast.Lambda, places: list[tuple[int, int]]) -> bool:
    first, last = (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
    return all(first <= place < last for place in places)


def _argument_names(node: ast.Lambda) -> list[str]:
    args = node.args
    names = [argument.arg for argument in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
    return [*names, *(argument.arg for argument in (args.vararg, args.kwarg) if argument)]


def _argument_names_of(code: CodeType) -> list[str]:
    stars = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + stars])


def _same_code(node: ast.Lambda, code: CodeType) -> bool:
    """Whether a lambda compiles to a code, where the code's free variables are variables of a function around it."""
    free = ast.arguments([], [ast.arg(name) for name in code.co_freevars], None, [], [], None, [])
    compiled = compile(ast.fix_missing_locations(ast.Expression(ast.Lambda(free, node))), "<lambda>", "eval")
    around = next(constant for constant in compiled.co_consts if isinstance(constant, CodeType))
    made = next((constant for constant in around.co_consts if isinstance(constant, CodeType)), None)
    return made is not None and _what_it_does(made) == _what_it_does(code)


def _what_it_does(code: CodeType) -> tuple[object, ...]:
    kept = [part for part in code.co_consts if not str(part).endswith(".<lambda>")]  # where a function inside is, by its name
    constants = [_what_it_does(part) if isinstance(part, CodeType) else (type(part), part) for part in kept]
    return code.co_code, code.co_names, code.co_varnames, code.co_freevars, tuple(constants)

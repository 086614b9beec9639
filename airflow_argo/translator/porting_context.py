"""The context that tasks' functions are given: parameters, and keys, that Airflow 3 lacks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from airflow_argo.translator.porting_edits import Edit, decorators_of_tasks, name_of, span_of, text_in, without_parts
from airflow_argo.translator.porting_names import CONTEXT, INSTANCES, is_gone_from_context, today_in_python

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_GIVEN_TO = ("_callable", "_callback")
"""How arguments end that take a function for Airflow to call."""
_METHODS = frozenset({"execute", "poke", "pre_execute", "post_execute", "notify", "choose_branch"})


def todays_context(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """In functions that get the context: parameters, and keys of it, that Airflow 3 lacks."""
    texts = [span_of(node, data) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    for start, end, new in _edits(tree, data):
        around = next((first for first, last in texts if first <= start and end <= last), None)
        yield start, end, new if around is None else new.replace(b'"', _quote_in(data[around:start], data[start:end]))


def _quote_in(before: bytes, old: bytes) -> bytes:
    """The quote that an expression in an f-string may have.

    Args:
        before: what is before it of the f-string.
        old: the expression as it was.
    """
    has = next((quote for quote in (b"'", b'"') if quote in old), None)
    return has or (b"'" if before.lstrip(b"rRfF")[:1] == b'"' else b'"')


def _edits(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    called = _called_by_tasks(tree)
    named = _named_in_calls(tree)
    decorators = decorators_of_tasks(tree)
    for node in ast.walk(tree):
        if isinstance(node, _Function):
            is_airflows = node.name in called or _is_task(node, decorators)
            if is_airflows or (_takes_context(node) and node.name not in named):
                yield from _parameters(node, data)
            if is_airflows or _takes_context(node) or any(map(_asks_for_context, ast.walk(node))):
                yield from _keys(node, _Context.of(node), data)
    for lambda_ in _lambdas(tree):
        yield from _of_lambda(lambda_, data)
        yield from _keys(lambda_.body, _Context.of(lambda_), data)


def _given(tree: ast.Module) -> Iterator[ast.expr]:
    """What arguments of tasks and DAGs are that Airflow calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg and node.arg.endswith(_GIVEN_TO):
            yield node.value
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and str(key.value).endswith(_GIVEN_TO):
                    yield value


def _called_by_tasks(tree: ast.Module) -> set[str]:
    """Names of functions that are given as a task's callable or callback."""
    return {name for value in _given(tree) for part in ast.walk(value) if (name := name_of(part))}


def _lambdas(tree: ast.Module) -> list[ast.Lambda]:
    found = {id(part): part for value in _given(tree) for part in ast.walk(value) if isinstance(part, ast.Lambda)}
    return list(found.values())


def _named_in_calls(tree: ast.Module) -> set[str]:
    """Names of functions that the file itself calls with values of its own, which may be for names of the context."""
    return {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (
            any(keyword.arg and is_gone_from_context(keyword.arg) for keyword in node.keywords)
            or any(not isinstance(value, ast.Name) or value.id not in CONTEXT for value in node.args)
        )
        and (name := name_of(node.func))
    }


def _is_task(node: _Function, decorators: frozenset[str]) -> bool:
    """Whether a function is made a task by its decorator, or is a method that Airflow calls with the context."""
    words = {name_of(part) for decorator in node.decorator_list for part in ast.walk(decorator)}
    return node.name in _METHODS or bool(words & decorators)


def _asks_for_context(node: ast.AST) -> bool:
    """Whether an expression is the context that a function asks for."""
    return isinstance(node, ast.Call) and name_of(node.func) == "get_current_context"


def _takes_context(node: _Function) -> bool:
    """Whether a function, such as a helper in a module of its own, is given the whole context under a name for it."""
    rest = [node.args.kwarg] if node.args.kwarg else []
    return any(argument.arg in CONTEXT for argument in [*_arguments(node), *rest])


def _arguments(node: _Function | ast.Lambda) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


@dataclass(frozen=True, slots=True)
class _Made:
    """What becomes of parameters: edits of the list, and name → expression for those that Airflow 3 doesn't pass."""

    edits: tuple[Edit, ...]
    values: dict[str, str]


def _made_of_others(node: _Function | ast.Lambda, data: bytes) -> _Made:
    """A parameter that Airflow 3 doesn't pass becomes the one that its value is made of, or goes if that is there."""
    arguments = _arguments(node)
    given = {argument.arg for argument in arguments}
    edits: list[Edit] = []
    gone: set[str] = set()
    values: dict[str, str] = {}
    for argument in arguments:
        source = today_in_python(argument.arg, str)
        if source is None:
            continue
        values[argument.arg] = source.text
        if source.needs in given:
            gone.add(argument.arg)
            continue
        given.add(source.needs)
        start, _ = span_of(argument, data)
        edits.append((start, start + len(argument.arg), source.needs.encode()))
    if gone:
        edits += without_parts(_parts(node, gone, data), data)
    return _Made(tuple(edits), values)


def _parts(node: _Function | ast.Lambda, gone: set[str], data: bytes) -> Iterator[tuple[int, int, bool]]:
    """Parameters with their defaults: first byte, byte after the last, whether it goes."""
    positional = [*node.args.posonlyargs, *node.args.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(node.args.defaults))
    pairs = [*zip(positional, [*defaults, *node.args.defaults], strict=True)]
    pairs += zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    for argument, default in pairs:
        start, end = span_of(argument, data)
        yield start, end if default is None else span_of(default, data)[1], argument.arg in gone
    for rest in (node.args.vararg, node.args.kwarg):
        if rest is not None:
            start, end = span_of(rest, data)
            yield data.rindex(b"*", 0, start), end, False


def _parameters(node: _Function, data: bytes) -> Iterator[Edit]:
    """A parameter that Airflow 3 doesn't pass is made, as the function begins, of one that it passes."""
    made = _made_of_others(node, data)
    yield from made.edits
    if not made.values:
        return
    lines = [f"{name} = {text}" for name, text in made.values.items()]
    has_doc = ast.get_docstring(node, clean=False) is not None and len(node.body) > 1
    start, _ = span_of(node.body[1 if has_doc else 0], data)
    begin = data.rfind(b"\n", 0, start) + 1
    indent = data[begin:start].decode()
    end = "; " if indent.strip() else f"\n{indent}"  # a body in the line of its def has no line of its own
    yield start, start, "".join(f"{line}{end}" for line in lines).encode()


def _of_lambda(node: ast.Lambda, data: bytes) -> Iterator[Edit]:
    """The same for a lambda, which has no place for statements."""
    made = _made_of_others(node, data)
    yield from made.edits
    for part in ast.walk(node.body):
        if isinstance(part, ast.Name) and part.id in made.values:
            yield (*span_of(part, data), made.values[part.id].encode())


@dataclass(frozen=True, slots=True)
class _Context:
    """What a function calls the context.

    Attributes:
        names: all that it may be called.
        rest: the one that is `**` of the function, which has no keys that are parameters.
        parameters: names of the context that are parameters, once those of Airflow 2 are made of others.
    """

    names: frozenset[str]
    rest: str | None
    parameters: frozenset[str]

    @classmethod
    def of(cls, node: _Function | ast.Lambda) -> _Context:
        rest = node.args.kwarg.arg if node.args.kwarg else None
        given = {argument.arg for argument in _arguments(node)}
        made = {source.needs for name in given if (source := today_in_python(name, str))}
        asked = (part for part in ast.walk(node) if isinstance(part, ast.Assign) and _asks_for_context(part.value))
        names = {target.id for part in asked for target in part.targets if isinstance(target, ast.Name)}
        return cls(CONTEXT | names | ({rest} if rest else set()), rest, frozenset(given | made))

    def has(self, node: ast.expr) -> bool:
        """Whether an expression is the context."""
        if isinstance(node, ast.Name):
            return node.id in self.names
        return _asks_for_context(node)

    def value(self, of: str, name: str) -> str:
        """The value of a name that Airflow 3 has."""
        return name if of == self.rest and name in self.parameters else f'{of}["{name}"]'


def _keys(node: ast.AST, context: _Context, data: bytes) -> Iterator[Edit]:
    for part in ast.walk(node):
        if isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Constant) and context.has(part.value):
            yield from _read_of(part, part.value, part.slice.value, context, data)
        elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "get" and part.args:
            key = part.args[0]
            if isinstance(key, ast.Constant) and context.has(part.func.value):
                yield from _read_of(part, part.func.value, key.value, context, data)
        elif isinstance(part, ast.Attribute) and part.attr == "execution_date" and isinstance(part.ctx, ast.Load):
            yield from _attribute(part, context, data)
        elif isinstance(part, ast.Attribute) and part.attr == "log" and _named(part.value) in INSTANCES:
            yield span_of(part.value, data)[1], span_of(part, data)[1], b".task.log"
        elif isinstance(part, ast.Attribute) and part.attr == "external_trigger" and _named(part.value) == "dag_run":
            yield (*span_of(part, data), b"(" + text_in(part.value, data) + b'.run_type == "manual")')


def _read_of(node: ast.expr, of: ast.expr, key: Any, context: _Context, data: bytes) -> Iterator[Edit]:
    source = today_in_python(key, lambda name: context.value(text_in(of, data).decode(), name))
    if source is not None:
        yield (*span_of(node, data), source.text.encode())


def _named(of: ast.expr) -> Any:
    """What an object is called: a key of the context, a variable, an attribute."""
    return of.slice.value if isinstance(of, ast.Subscript) and isinstance(of.slice, ast.Constant) else name_of(of)


def _attribute(node: ast.Attribute, context: _Context, data: bytes) -> Iterator[Edit]:
    """`ti.execution_date`, and that of a run."""
    of = node.value
    name = _named(of)
    if name == "dag_run":
        _, end = span_of(of, data)
        yield end, span_of(node, data)[1], b".logical_date"
    elif name in INSTANCES and isinstance(of, ast.Subscript) and context.has(of.value):
        yield (*span_of(node, data), context.value(text_in(of.value, data).decode(), "logical_date").encode())
    elif name in INSTANCES:
        yield (*span_of(node, data), text_in(of, data) + b'.get_template_context()["logical_date"]')

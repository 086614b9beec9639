"""What Airflow 3 wants otherwise and no rule of ruff changes, as edits of a DAG file's text.

A rule is a function from (tree, text) to edits. Edits keep lines where they are, as far as they can.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from airflow_argo.translator.porting_imports import called, statements
from airflow_argo.translator.porting_names import (
    CONTEXT,
    GONE_ARGUMENTS,
    GONE_DECORATORS,
    INSTANCES,
    MOVED_MODULES,
    MOVED_NAMES,
    OLD_HOMES,
    RENAMED_ARGUMENTS,
    RENAMED_CLASSES,
    RENAMED_RULES,
    SQL_CONNECTIONS,
    SQL_HOOK_PARAMS,
    today_in_python,
    with_todays_names,
)

Edit = tuple[int, int, bytes]
"""(first byte, byte after the last, new text)."""

_BEFORE_START = 3
"""Arguments of a DAG before its start date, in Airflow 2: dag_id, description, schedule."""

Rule = Callable[[ast.Module, bytes], Iterator[Edit]]


@cache
def _starts(data: bytes) -> list[int]:
    return [0, *(match.end() for match in re.finditer(rb"\n", data))]


def span_of(node: Any, data: bytes) -> tuple[int, int]:
    """The first byte of a node, and the one after its last."""
    starts = _starts(data)
    return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset


def _text(node: ast.AST, data: bytes) -> bytes:
    start, end = span_of(node, data)
    return data[start:end]


def name_of(node: ast.AST) -> str | None:
    """`c` of `c` and of `a.b.c`."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None


# Imports


def old_homes(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """`from airflow.operators import BashOperator`, as Airflow 1.10 had it, by the module that ruff knows."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in ("airflow.operators", "airflow.sensors"):
            homes = [OLD_HOMES.get(alias.name) for alias in node.names]
            if all(homes):
                lines = [
                    f"from {home} import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
                    for home, alias in zip(homes, node.names, strict=True)
                ]
                yield (*span_of(node, data), "; ".join(lines).encode())


def moved_modules(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """Imports of what ruff doesn't know; a class that was renamed keeps its name in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [(node.module, alias.name) for alias in node.names]
            homes = [_home(*name) for name in names]
            if homes != names:
                yield (*span_of(node, data), statements(node, homes).encode())


def _home(module: str, name: str) -> tuple[str, str]:
    found = (MOVED_MODULES[module], RENAMED_CLASSES.get(name, name)) if module in MOVED_MODULES else (module, name)
    return MOVED_NAMES.get(found, found)


def dates_of_today(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """`days_ago(n)`: the midnight n days ago, in UTC. Source: Airflow 2's airflow.utils.dates."""
    uses = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) == "days_ago" and len(node.args) == 1:
            first = _text(node.args[0], data)
            moved = b'pendulum.today("UTC").subtract(days=' + first + b")"
            if node.keywords:
                moved += b".replace(" + b", ".join(_text(keyword, data) for keyword in node.keywords) + b")"
            uses = True
            yield (*span_of(node, data), moved)
    if uses:
        yield from _importing("pendulum", "import pendulum", tree, data)


def _importing(name: str, statement: str, tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """Adds an import before the first one that may come after it, if the file doesn't bind the name."""
    bound = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    if name in bound:
        return
    imports = [
        node
        for node in tree.body
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and node.module != "__future__")
    ]
    if imports:
        start, _ = span_of(imports[0], data)
        yield start, start, f"{statement}\n".encode()


# Calls


def without_gone_arguments(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """Without keyword arguments that Airflow 3 refuses; those of Airflow 1.10 by their later names."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        given = {keyword.arg for keyword in node.keywords}
        yield from _without(node, [keyword for keyword in node.keywords if keyword.arg in GONE_ARGUMENTS], data)
        for keyword in node.keywords:
            start, _ = span_of(keyword, data)
            if keyword.arg in RENAMED_ARGUMENTS and "task_id" in given:
                yield start, start + len(keyword.arg), RENAMED_ARGUMENTS[keyword.arg].encode()
            elif (
                keyword.arg == "auto_remove"
                and isinstance(keyword.value, ast.Constant)
                and keyword.value.value in (True, False)
            ):
                yield (*span_of(keyword.value, data), b'"success"' if keyword.value.value else b'"never"')
            elif keyword.arg == "trigger_rule" and isinstance(keyword.value, ast.Constant):
                new = RENAMED_RULES.get(str(keyword.value.value))
                if new:
                    yield (*span_of(keyword.value, data), f'"{new}"'.encode())


def _without(node: ast.Call, gone: Collection[ast.keyword], data: bytes) -> Iterator[Edit]:
    """A call without some of its keyword arguments, and the comma after each run of them, or before it where none follows."""
    arguments: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
    for is_gone, run in groupby(sorted(arguments, key=lambda one: span_of(one, data)), lambda one: one in gone):
        first, *others = [span_of(one, data) for one in run]
        start, end = first[0], (others[-1] if others else first)[1]
        if is_gone:
            after = re.match(rb"\s*,[ \t]*\n?[ \t]*", data[end:])
            before = re.search(rb",\s*$", data[:start])
            yield (start, end + after.end(), b"") if after else (before.start() if before else start, end, b"")


def without_gone_decorators(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """Without `@apply_defaults`, which Airflow does by itself since 2.0."""
    starts = _starts(data)
    for node in ast.walk(tree):
        for decorator in getattr(node, "decorator_list", ()):
            if name_of(decorator) in GONE_DECORATORS:
                yield starts[decorator.lineno - 1], starts[decorator.end_lineno], b""
        if isinstance(node, ast.ImportFrom) and {alias.name for alias in node.names} <= GONE_DECORATORS:
            start, end = span_of(node, data)
            yield (start, end + data[end:].startswith(b"\n"), b"") if node in tree.body else (start, end, b"pass")


def without_old_limits(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """Of both `concurrency` and `max_active_tasks`, its later name, Airflow 2 takes the former."""
    for node in dags_in(tree):
        given = {keyword.arg: keyword for keyword in node.keywords}
        if {"concurrency", "max_active_tasks"} <= given.keys():
            yield (*span_of(given["max_active_tasks"].value, data), _text(given["concurrency"].value, data))
            yield from _without(node, [given["concurrency"]], data)


def operators_of_sql(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """Arguments of the operators of single databases, as SQLExecuteQueryOperator takes them."""
    names = {
        called(alias): alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("airflow.")
        for alias in node.names
        if alias.name in SQL_CONNECTIONS
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (operator := names.get(_called_in(node) or "")):
            yield from _of_sql(node, operator, data)


def _called_in(node: ast.Call) -> str | None:
    """What is called: also `Operator` of `Operator.partial(…)`."""
    of = node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr == "partial" else node.func
    return name_of(of)


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
        params = ", ".join(f'"{keyword.arg}": {_text(keyword.value, data).decode()}' for keyword in moved)
        said.append(f"hook_params={{{params}}}")
        yield from _without(node, moved, data)
    if said and node.keywords:
        start, _ = span_of(node.keywords[0], data)
        yield start, start, f"{', '.join(said)}, ".encode()


@cache
def _words(data: bytes) -> frozenset[str]:
    """Texts that stand in a file by themselves, such as keys of default_args."""
    return frozenset(
        node.value for node in ast.walk(ast.parse(data)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


# The context, in templates and in Python


def todays_templates(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """Names in templates that Airflow 3 lacks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            start, end = span_of(node, data)
            text = data[start:end].decode()
            new = with_todays_names(text, quote_of=text)
            if new != text:
                yield start, end, new.encode()


def todays_context(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """In functions that tasks call: parameters, and keys of the context, that Airflow 3 lacks."""
    called = _called_by_tasks(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.name in called or _is_task(node)):
            yield from _parameters(node, data)
            yield from _keys(node, _Context.of(node), data)


def _called_by_tasks(tree: ast.Module) -> set[str]:
    """Names of functions that are given as a task's callable or callback."""
    return {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg and node.arg.endswith(("_callable", "_callback"))
        for part in ast.walk(node.value)
        if (name := name_of(part))
    }


def _is_task(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function is made a task by its decorator, or is a method that Airflow calls with the context."""
    if node.name in ("execute", "poke", "pre_execute", "post_execute", "notify", "choose_branch"):
        return True
    words = {name_of(part) for decorator in node.decorator_list for part in ast.walk(decorator)}
    return bool(words & {"task", "setup", "teardown"})


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef, data: bytes) -> Iterator[Edit]:
    """A parameter that Airflow 3 doesn't pass is made, as the function begins, of one that it passes."""
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    given = {argument.arg for argument in arguments}
    lines: list[str] = []
    for argument in arguments:
        source = today_in_python(argument.arg, str)
        if source is None or source.needs in given:
            continue
        given.add(source.needs)
        start, _ = span_of(argument, data)
        yield start, start + len(argument.arg), source.needs.encode()
        lines.append(f"{argument.arg} = {source.text}")
    if not lines:
        return
    has_doc = ast.get_docstring(node, clean=False) is not None and len(node.body) > 1
    start, _ = span_of(node.body[1 if has_doc else 0], data)
    begin = data.rfind(b"\n", 0, start) + 1
    indent = data[begin:start].decode()
    end = "; " if indent.strip() else f"\n{indent}"  # a body in the line of its def has no line of its own
    yield start, start, "".join(f"{line}{end}" for line in lines).encode()


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
    def of(cls, node: ast.FunctionDef | ast.AsyncFunctionDef) -> _Context:
        rest = node.args.kwarg.arg if node.args.kwarg else None
        given = {argument.arg for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]}
        made = {source.needs for name in given if (source := today_in_python(name, str))}
        return cls(CONTEXT | ({rest} if rest else set()), rest, frozenset(given | made))

    def has(self, node: ast.expr) -> bool:
        """Whether an expression is the context."""
        if isinstance(node, ast.Name):
            return node.id in self.names
        return isinstance(node, ast.Call) and name_of(node.func) == "get_current_context"

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


def _read_of(node: ast.expr, of: ast.expr, key: Any, context: _Context, data: bytes) -> Iterator[Edit]:
    source = today_in_python(key, lambda name: context.value(_text(of, data).decode(), name))
    if source is not None:
        yield (*span_of(node, data), source.text.encode())


def _attribute(node: ast.Attribute, context: _Context, data: bytes) -> Iterator[Edit]:
    """`ti.execution_date`, and that of a run."""
    of = node.value
    name = of.slice.value if isinstance(of, ast.Subscript) and isinstance(of.slice, ast.Constant) else name_of(of)
    if name == "dag_run":
        _, end = span_of(of, data)
        yield end, span_of(node, data)[1], b".logical_date"
    elif name in INSTANCES and isinstance(of, ast.Subscript) and context.has(of.value):
        yield (*span_of(node, data), context.value(_text(of.value, data).decode(), "logical_date").encode())
    elif name in INSTANCES:
        yield (*span_of(node, data), _text(of, data) + b'.get_template_context()["logical_date"]')


# Defaults


def explicit_defaults(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """What Airflow 2 does where a DAG says nothing: it makes up for missed runs, and runs daily from its start date on."""
    needs_days = False
    for node in dags_in(tree):
        given = {keyword.arg for keyword in node.keywords}
        begins = may_begin(node, tree)
        said = [] if "catchup" in given else [f"catchup={begins}"]
        if not given & {"schedule", "schedule_interval", "timetable"} and len(node.args) < 3:
            said.append("schedule=timedelta(days=1)" if begins else "schedule=None")
            needs_days = needs_days or begins
        if said:
            _, end = span_of(node, data)
            inside = data[: end - 1].rstrip()
            comma = "" if inside.endswith((b"(", b",")) else ", "
            yield len(inside), len(inside), (comma + ", ".join(said)).encode()
    if needs_days:
        yield from _importing("timedelta", "from datetime import timedelta", tree, data)


def dags_in(tree: ast.Module) -> Iterator[ast.Call]:
    """Calls that make a DAG and say all that they set, not by `**`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in ("DAG", "dag") and not sets_by_stars(node):
            yield node


def may_begin(node: ast.Call, tree: ast.Module) -> bool:
    """Whether a DAG may have a start date: itself, in default_args that can't be read here, or of a task's."""
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    if "start_date" in given or len(node.args) > _BEFORE_START:
        return True
    calls = (one for one in ast.walk(tree) if isinstance(one, ast.Call) and name_of(one.func) not in ("DAG", "dag"))
    if any(keyword.arg == "start_date" for call in calls for keyword in call.keywords):
        return True
    default = given.get("default_args")
    return default is not None and _may_have(default, "start_date", tree)


def _may_have(of: ast.expr, key: str, tree: ast.Module) -> bool:
    """Whether a dict may have a key: one that is written down at the top of the file, and isn't changed, tells."""
    if isinstance(of, ast.Name):
        uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == of.id]
        written = [node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0] in uses]
        changed = any(f"{of.id}{word}" in ast.unparse(tree) for word in ("[", ".update(", ".setdefault("))
        return len(written) != 1 or changed or _may_have(written[0], key, tree)
    if not isinstance(of, ast.Dict):
        return True
    return any(not isinstance(one, ast.Constant) or one.value == key for one in of.keys)


def sets_by_stars(node: ast.Call) -> bool:
    """Whether a call has keyword arguments that only a run could tell: `**arguments`."""
    return None in {keyword.arg for keyword in node.keywords}


BEFORE: tuple[Rule, ...] = (old_homes, dates_of_today, without_old_limits, operators_of_sql)
"""Rules for texts that ruff hasn't seen yet."""

AFTER: tuple[Rule, ...] = (moved_modules, without_gone_arguments, without_gone_decorators, todays_templates, todays_context)

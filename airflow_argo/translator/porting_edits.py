"""What Airflow 3 wants otherwise and no rule of ruff changes, as edits of a DAG file's text.

A rule is a function from (tree, text) to edits. Edits keep lines where they are, as far as they can.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from itertools import groupby
from typing import Any, Final

from airflow_argo.translator.porting_imports import statements
from airflow_argo.translator.porting_names import (
    CONNECTIONS_OF_GOOGLE,
    GONE_ARGUMENTS,
    GONE_DECORATORS,
    MOVED_MODULES,
    MOVED_NAMES,
    RENAMED_ARGUMENTS,
    RENAMED_CLASSES,
    RENAMED_RULES,
    WORDS_OF_OTHERS,
    with_todays_names,
)
from airflow_argo.translator.porting_signatures import (
    classes_with_bases,
    is_airflows,
    modules_of_names,
    parameters_of_own,
    root_of,
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


def text_in(node: ast.AST, data: bytes) -> bytes:
    """A node's text."""
    start, end = span_of(node, data)
    return data[start:end]


def name_of(node: ast.AST) -> str | None:
    """`c` of `c` and of `a.b.c`."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None


def decorators_of_tasks(tree: ast.Module) -> frozenset[str]:
    """What a file calls Airflow's decorators of tasks."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and str(node.module).startswith("airflow."))
    given = {alias.asname for node in imports for alias in node.names if alias.name in _TASKS and alias.asname}
    return _TASKS | given


_TASKS: Final = frozenset({"task", "setup", "teardown"})


# Imports


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
            first = text_in(node.args[0], data)
            moved = b'pendulum.today("UTC").subtract(days=' + first + b")"
            if node.keywords:
                moved += b".replace(" + b", ".join(text_in(keyword, data) for keyword in node.keywords) + b")"
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
    """Without keyword arguments that Airflow 3 refuses; those of Airflow 1.10 by their later names.

    What a function or class of the file names as a parameter is its own.
    """
    decorators, own, modules = decorators_of_tasks(tree), parameters_of_own(tree), modules_of_names(tree)
    made_here = {"DAG", "dag", "__init__", *classes_with_bases(tree)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        callee, module = callee_of(node), modules.get(root_of(node.func) or "")
        keywords = [keyword for keyword in node.keywords if keyword.arg not in own.get(callee or "", ())]
        given = {keyword.arg for keyword in node.keywords}
        is_tasks = "task_id" in given or any(name_of(part) in decorators for part in ast.walk(node.func))
        is_dict = callee == "dict" and bool(given & _DEFAULTS)
        takes_airflows = is_tasks or is_dict or "dag_id" in given or callee in made_here or is_airflows(module)
        gone = GONE_ARGUMENTS if takes_airflows else GONE_ARGUMENTS - WORDS_OF_OTHERS
        yield from without_keywords(node, [keyword for keyword in keywords if keyword.arg in gone], data)
        if is_tasks and "gcp_conn_id" not in given and (module is None or is_airflows(module)):
            yield from _one_connection(node, [keyword for keyword in keywords if keyword.arg in CONNECTIONS_OF_GOOGLE], data)
        for keyword in keywords:
            yield from _todays_argument(keyword, given, takes_airflows=takes_airflows, is_tasks=is_tasks, data=data)


def _todays_argument(
    keyword: ast.keyword, given: Collection[str | None], *, takes_airflows: bool, is_tasks: bool, data: bytes
) -> Iterator[Edit]:
    """An argument beside those that are given by the name and the value that it has now."""
    start, _ = span_of(keyword, data)
    match keyword:
        case ast.keyword(arg=str(old)) if old in RENAMED_ARGUMENTS and is_tasks:
            yield start, start + len(old), RENAMED_ARGUMENTS[old].encode()
        case ast.keyword(arg="auto_remove", value=ast.Constant(value=True | False as chosen)) if takes_airflows:
            yield (*span_of(keyword.value, data), b'"success"' if chosen else b'"never"')
        case ast.keyword(arg="execution_date" as old) if {"trigger_dag_id", "external_dag_id"} & {*given}:
            yield start, start + len(old), b"logical_date"
        case ast.keyword(arg="use_dill") if "task_id" in given:
            told = b'"dill" if ' + text_in(keyword.value, data) + b' else "pickle"'
            known = {b"True": b'"dill"', b"False": b'"pickle"'}.get(text_in(keyword.value, data), told)
            yield (*span_of(keyword, data), b"serializer=" + known)
        case ast.keyword(arg="trigger_rule"):
            yield from _todays_rule(keyword.value, data)


def _one_connection(node: ast.Call, old: list[ast.keyword], data: bytes) -> Iterator[Edit]:
    """`gcp_conn_id` for the connections that operators of Google's had, where all of them are the same."""
    if old and len({text_in(keyword.value, data) for keyword in old}) == 1:
        start, _ = span_of(old[0], data)
        yield start, start + len(str(old[0].arg)), b"gcp_conn_id"
        yield from without_keywords(node, old[1:], data)


def renamed_keys(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """Arguments among default_args by their later names: Airflow leaves those out that a task doesn't take."""
    for node in ast.walk(tree):
        keys = [key for key in node.keys if isinstance(key, ast.Constant)] if isinstance(node, ast.Dict) else []
        if any(key.value in _DEFAULTS for key in keys):
            for key in (one for one in keys if one.value in RENAMED_ARGUMENTS):
                yield (*span_of(key, data), f'"{RENAMED_ARGUMENTS[str(key.value)]}"'.encode())


_DEFAULTS: Final = frozenset({"owner", "start_date", "retries", "retry_delay", "depends_on_past", "email"})
"""Of these at least one is in default_args, as people write them."""


def todays_rules(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """Trigger rules by their later names: members of the enum, and texts among default_args and other arguments in a dict."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and name_of(node.value) == "TriggerRule" and node.attr.lower() in RENAMED_RULES:
            end = span_of(node, data)[1]
            yield end - len(node.attr), end, RENAMED_RULES[node.attr.lower()].upper().encode()
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "trigger_rule":
                    yield from _todays_rule(value, data)


def _todays_rule(rule: ast.expr, data: bytes) -> Iterator[Edit]:
    """The names of rules in an expression: `"one" if small else "other"` has two."""
    for part in ast.walk(rule):
        if isinstance(part, ast.Constant) and str(part.value) in RENAMED_RULES:
            yield (*span_of(part, data), f'"{RENAMED_RULES[str(part.value)]}"'.encode())


def without_keywords(node: ast.Call, gone: Collection[ast.keyword], data: bytes) -> Iterator[Edit]:
    """A call without some of its keyword arguments."""
    arguments: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
    yield from without_parts([(*span_of(one, data), one in gone) for one in arguments], data)


def without_parts(parts: Iterable[tuple[int, int, bool]], data: bytes) -> Iterator[Edit]:
    """A list with commas without some parts: without the comma after each run of them, or before it where none follows.

    Args:
        parts: (first byte, byte after the last, whether it goes).
    """
    for is_gone, run in groupby(sorted(parts), lambda part: part[2]):
        first, *others = run
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


def with_named_arguments(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """What a DAG is given by its place, by names: Airflow 3 takes its id alone so. Source: Airflow 1.10 and 2, DAG.__init__."""
    modules = modules_of_names(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or name_of(node.func) not in ("DAG", "dag") or len(node.args) > len(_PLACES):
            continue
        is_known = is_airflows(modules.get(root_of(node.func) or "")) and not any(
            isinstance(one, ast.Starred) for one in node.args
        )
        for name, value in zip(_PLACES[1:], node.args[1:] if is_known else (), strict=False):
            start, _ = span_of(value, data)
            yield start, start, f"{name}=".encode()


_PLACES: Final = ("dag_id", "description", "schedule", "start_date", "end_date")
"""The parameters of a DAG in their order, until Airflow 2.3: of those that a later Airflow 2 had only the first three were."""


def without_old_limits(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """Of both `concurrency` and `max_active_tasks`, its later name, Airflow 2 takes the former."""
    for node in dags_in(tree):
        given = {keyword.arg: keyword for keyword in node.keywords}
        if {"concurrency", "max_active_tasks"} <= given.keys():
            yield (*span_of(given["max_active_tasks"].value, data), text_in(given["concurrency"].value, data))
            yield from without_keywords(node, [given["concurrency"]], data)


def with_one_schedule(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """Of several arguments for a DAG's schedule, what Airflow 2 took: the timetable, unless it is empty, else the other.

    Where only a run of the file tells whether it is empty, as in a function that makes DAGs, that is decided there.
    """
    for node in dags_in(tree):
        given = {keyword.arg: keyword for keyword in node.keywords if keyword.arg in _SCHEDULES}
        if len(given) < 2:
            continue
        other = given.get("schedule") or given["schedule_interval"]
        kept = [one for name, one in given.items() if name == "timetable" and not _is_empty(one.value)]
        kept += [] if kept and _is_empty(other.value) else [other]
        yield from without_keywords(node, [one for one in given.values() if one is not kept[0]], data)
        if len(kept) > 1:
            yield (*span_of(kept[0].value, data), b" or ".join(b"(" + text_in(one.value, data) + b")" for one in kept))


def _is_empty(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and not value.value


_SCHEDULES: Final = frozenset({"schedule", "schedule_interval", "timetable"})


def variables_as_texts(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """`Variable.set` with whatever a value is: Airflow 3 takes texts alone, Airflow 2 made texts of all others."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "set"):
            continue
        given = {keyword.arg: keyword.value for keyword in node.keywords} | dict(enumerate(node.args))
        value = given.get("value", given.get(1))
        if name_of(node.func.value) != "Variable" or value is None or given.keys() & {None, "serialize_json", 3}:
            continue
        is_text = isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str))
        made = name_of(value.func) if isinstance(value, ast.Call) else None
        if not is_text and made not in ("str", "dumps", "isoformat", "strftime"):
            yield (*span_of(value, data), b"str(" + text_in(value, data) + b")")


def callee_of(node: ast.Call) -> str | None:
    """What is called: also `Operator` of `Operator.partial(…)`."""
    of = node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr == "partial" else node.func
    return name_of(of)


# Templates


def todays_templates(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """Names in templates that Airflow 3 lacks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            start, end = span_of(node, data)
            text = data[start:end].decode()
            new = with_todays_names(text, quote_of=text)
            if new != text:
                yield start, end, new.encode()


# Defaults


def explicit_defaults(tree: ast.Module, data: bytes) -> Iterator[Edit]:
    """What Airflow 2 does where a DAG says nothing: it makes up for missed runs, and runs daily from its start date on."""
    needs_days = False
    for node in dags_in(tree):
        given = {keyword.arg for keyword in node.keywords}
        begins = may_begin(node, tree)
        said = [] if "catchup" in given else [f"catchup={begins}"]
        if not given & _SCHEDULES and len(node.args) < 3:
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


BEFORE: tuple[Rule, ...] = (with_named_arguments, dates_of_today, without_old_limits, with_one_schedule)
"""Rules for texts that ruff hasn't seen yet."""

AFTER: tuple[Rule, ...] = (
    moved_modules,
    without_gone_arguments,
    renamed_keys,
    todays_rules,
    variables_as_texts,
    without_gone_decorators,
    todays_templates,
)

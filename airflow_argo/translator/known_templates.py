"""What of a template can be rendered now: that in which nothing is of the run, of the pod, or of code that may look at either.

A function of the author's may read a clock or a Variable, so it is called where the task runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment, nodes

TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
"""A tag of Jinja that gives text, or decides about it."""

DAG_FACTS = frozenset(
    {"dag_id", "dag_display_name", "description", "tags", "timezone", "start_date", "end_date", "catchup", "doc_md", "task_ids"}
    | {"max_active_runs", "max_active_tasks", "dagrun_timeout", "fail_fast", "owner"}
)
"""Attributes of a DAG that are the same wherever its file is read; its path isn't."""

TASK_FACTS = frozenset(
    {"task_id", "task_display_name", "task_type", "label", "owner", "email", "pool", "pool_slots", "queue", "priority_weight"}
    | {"retries", "retry_delay", "execution_timeout", "trigger_rule", "doc_md", "doc", "depends_on_past", "max_retry_delay"}
)
"""Attributes of a task that no template changes."""

_PLAIN = (str, int, float, bool, type(None), date, timedelta)
_CALLED = frozenset({"range", "dict", "namespace", "joiner", "cycler"})


def is_itself(text: str, environment: Environment) -> bool:
    """Whether a template gives its own text, as far as can be seen without parsing it. Source: jinja2.lexer.Lexer."""
    reads_lines = environment.line_statement_prefix is not None or environment.line_comment_prefix is not None
    if reads_lines or any(not name.startswith("jinja2.ext.") for name in environment.extensions):
        return False
    marks = (environment.variable_start_string, environment.block_start_string, environment.comment_start_string, "\n", "\r")
    return not any(mark in text for mark in marks)


def plain_macros(macros: Mapping[str, Any]) -> dict[str, Any]:
    """Of the author's macros, those that are values; to read one is to call nobody's code."""
    return {name: value for name, value in macros.items() if _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if type(value) in (list, tuple, set, frozenset):
        return all(map(_is_plain, value))
    if type(value) is dict:
        return all(_is_plain(part) for pair in value.items() for part in pair)
    return isinstance(value, _PLAIN)


def is_known(tree: nodes.Node, environment: Environment, macros: Mapping[str, Any], of_run: frozenset[str]) -> bool:
    """Whether a template, or a part of one, can be rendered now.

    Args:
        macros: the author's that are values.
        of_run: names of the context that the run gives; they win over macros and globals of the same name.
    """
    from jinja2 import meta, nodes

    undeclared = meta.find_undeclared_variables(as_template(tree, environment))
    named = {"dag", "task"} | macros.keys() | _CALLED
    if undeclared - named or (undeclared - {"dag", "task"}) & of_run:
        return False
    shown = {id(part) for output in _all(tree, nodes.Output) for part in output.nodes}
    read = {id(access.node) for access in _all(tree, nodes.Getattr) if _is_fact(access)}
    if any(node.name in ("dag", "task") and id(node) not in shown | read for node in _all(tree, nodes.Name)):
        return False
    return _calls_nothing_unknown(tree, environment, undeclared)


def as_template(tree: nodes.Node, environment: Environment) -> nodes.Template:
    """The template that is one expression, or the tree itself if that is a template."""
    from jinja2 import nodes

    if isinstance(tree, nodes.Template):
        return tree
    assert isinstance(tree, nodes.Expr)
    made = nodes.Template([nodes.Output([tree], lineno=1)], lineno=1)
    made.set_environment(environment)
    return made


def _all(tree: nodes.Node, kind: Any) -> list[Any]:
    found = list(tree.find_all(kind))
    return [tree, *found] if isinstance(tree, kind) else found


def _is_fact(access: nodes.Getattr) -> bool:
    from jinja2 import nodes

    facts = {"dag": DAG_FACTS, "task": TASK_FACTS}
    return isinstance(access.node, nodes.Name) and access.attr in facts.get(access.node.name, ())


def _calls_nothing_unknown(tree: nodes.Node, environment: Environment, undeclared: set[str]) -> bool:
    from jinja2 import defaults, nodes
    from jinja2.filters import FILTERS
    from jinja2.tests import TESTS

    from airflow_argo.translator.airflow_names import airflow_names

    others = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.ContextReference)
    inside = (nodes.ExtensionAttribute, nodes.EnvironmentAttribute, nodes.ImportedName, nodes.InternalName)
    if _all(tree, (*others, nodes.DerivedContextReference, *inside)):
        return False
    filters, tests = {**FILTERS, **airflow_names().filters}, TESTS
    used = [node.name for node in _all(tree, nodes.Filter)]
    if any(name == "random" or environment.filters.get(name) is not filters.get(name, _ABSENT) for name in used):
        return False
    asked = [node.name for node in _all(tree, nodes.Test)]
    if any(environment.tests.get(name) is not tests.get(name, _ABSENT) for name in asked):
        return False
    called = [call.node for call in _all(tree, nodes.Call)]
    names = {node.name for node in called if isinstance(node, nodes.Name)} & undeclared
    if any(name not in _CALLED or environment.globals.get(name) is not defaults.DEFAULT_NAMESPACE[name] for name in names):
        return False
    return not any(isinstance(node, nodes.Getattr) and _is_fact(node) for node in called)


_ABSENT = object()

"""Pulls of XComs with `include_prior_dates`: they give what earlier runs pushed too, of which a workflow knows nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from airflow_argo.translator.parsed import nodes_in

if TYPE_CHECKING:
    from airflow_argo.translator.context import TaskContext

WORD = "include_prior_dates"
_POSITION = 3
"""Where it stands among the arguments of `xcom_pull`."""


def report_prior_dates(shown: str, ctx: TaskContext) -> None:
    """Refuses a pull that reaches back to earlier runs. Source: RuntimeTaskInstance.xcom_pull."""
    found = f"{shown} reaches for values of earlier runs, and a workflow has only values of its own run"
    ctx.report("AA242", found, "keep the value outside, such as in a bucket or a database, and read it there")


def prior_pulls_in_python(text: str) -> tuple[str, ...]:
    """The calls in a Python text that say `include_prior_dates`, other than False.

    Args:
        text: of a file, or of a function or class as it stands in one.
    """
    return _in_python(text) if WORD in text or "xcom_pull" in text else ()


@lru_cache(maxsize=256)
def _in_python(text: str) -> tuple[str, ...]:
    nodes = nodes_in(f"if True:\n{text}" if text[:1].isspace() else text)
    return tuple(ast.unparse(node) for node in nodes if isinstance(node, ast.Call) and _is_prior(node))


def _is_prior(call: ast.Call) -> bool:
    said: list[ast.expr] = [keyword.value for keyword in call.keywords if keyword.arg == WORD]
    if isinstance(call.func, ast.Attribute) and call.func.attr.endswith("xcom_pull"):
        said += call.args[_POSITION : _POSITION + 1]
    return any(not (isinstance(value, ast.Constant) and not value.value) for value in said)


def prior_pulls_in_templates(texts: Iterable[str], environment: Any) -> Iterator[str]:
    """The templates that say `include_prior_dates`, other than False."""
    import jinja2
    from jinja2 import nodes

    for text in texts:
        if "xcom_pull" not in text:
            continue
        try:
            calls = list(environment.parse(text).find_all(nodes.Call))
        except jinja2.TemplateError:  # others say what is wrong with it
            continue
        if any(_is_prior_in_template(call) for call in calls):
            yield text


def _is_prior_in_template(call: Any) -> bool:
    from jinja2 import nodes

    said = [keyword.value for keyword in call.kwargs if keyword.key == WORD]
    if isinstance(call.node, nodes.Getattr) and call.node.attr == "xcom_pull":
        said += call.args[_POSITION : _POSITION + 1]
    return any(not (isinstance(value, nodes.Const) and not value.value) for value in said)

"""Loops: what a task runs over, and how our compiler writes for-loops and while-loops."""

from __future__ import annotations

import json
import re

from airflow_argo.argo.expr import ExprError, parse
from airflow_argo.argo.expr import nodes as ast
from airflow_argo.graph import words
from airflow_argo.graph.conditions import read_items
from airflow_argo.graph.source import Dict, Source, is_group, mapping, mappings, text

EACH = "each"
"""The one task of a for-loop's template. Source: airflow_argo.compiler.loops."""

ITERATION, NEXT, LIMIT = "iteration", "next", "limit"
"""Tasks of a while-loop's template: its iterations, the next level of them, and the check that they weren't too many."""

COUNT = "iterations"
_LOOPS = ("withItems", "withParam", "withSequence")


def is_loop(holder: Dict) -> bool:
    """Whether a task is expanded."""
    return any(holder.get(field) is not None for field in _LOOPS)


def items_of(holder: Dict, source: Source, caller: Dict | None = None) -> str:
    """What a task runs over: a number, or the name of a value; "" if it is no loop.

    Args:
        caller: the task that calls the template which the loop is in.
    """
    if holder.get("withItems") is not None:
        items = holder["withItems"]
        return str(len(items)) if isinstance(items, list) else "?"
    if holder.get("withSequence") is not None:
        return _sequence(mapping(holder, "withSequence"), source, caller)
    if holder.get("withParam") is None:
        return ""
    given = text(holder, "withParam")
    passed = re.fullmatch(r"\{\{inputs\.parameters\.([\w-]+)\}\}", given)
    return _length(_argument(caller, passed[1]) if passed else given) or read_items(
        given, lambda name: _argument(caller, name), source.label
    )


def _length(given: str) -> str:
    try:
        found = json.loads(given)
    except (ValueError, RecursionError):
        return ""
    return str(len(found)) if isinstance(found, list) else ""


def _sequence(sequence: Dict, source: Source, caller: Dict | None) -> str:
    count, start, end = (str(sequence.get(field, "")) for field in ("count", "start", "end"))
    if count:
        return read_items(count, lambda name: _argument(caller, name), source.label)
    try:
        return str(abs(int(end) - int(start or 0)) + 1)
    except ValueError:
        return f"{start or 0} … {read_items(end, lambda name: _argument(caller, name), source.label)}"


def _argument(caller: Dict | None, name: str) -> str:
    given = mappings(mapping(caller or {}, "arguments"), "parameters")
    return next((str(one.get("value") or "") for one in given if one.get("name") == name), "")


def each_of(template: Dict, source: Source) -> Dict | None:
    """The expanded task of a for-loop that our compiler wrote; None if the template is something else."""
    tasks = mappings(mapping(template, "dag"), "tasks") if source.ours and template.get("dag") is not None else []
    return tasks[0] if len(tasks) == 1 and tasks[0].get("name") == EACH and is_loop(tasks[0]) else None


def only_job(template: Dict, source: Source) -> tuple[str, Dict] | None:
    """Name and template of the one job that a loop's instance is; None if it is more than that."""
    tasks = mappings(mapping(template, "dag"), "tasks") if template.get("dag") is not None else []
    if len(tasks) != 1 or is_loop(tasks[0]) or tasks[0].get("hooks") or text(tasks[0], "when"):
        return None
    called = source.template(tasks[0])
    return None if called is None or is_group(called) else (text(tasks[0], "name"), called)


def iteration_of(template: Dict) -> Dict:
    """The first iteration of a while-loop that our compiler wrote."""
    return mappings(mapping(template, "dag"), "tasks")[0]


def while_condition(iteration: Dict, source: Source) -> str:
    """On what a while-loop goes on, without what only counts: `score < 5`.

    Source: airflow_argo.compiler.whiles. The first iteration tests its number, and the condition unless that has no value yet.
    """
    code = text(iteration, "when").strip().removeprefix("{{=").removesuffix("}}")
    try:
        parts = [_judged(part) for part in words.conjuncts(parse(code)) if not _is_limit(part)]
    except (ExprError, RecursionError):
        return ""
    return " and ".join(words.said(part, source.label) for part in parts)


def most_iterations(iteration: Dict) -> str:
    """How often a while-loop runs at most, in words."""
    found = re.search(rf"int\(inputs\.parameters\.{COUNT}\) \+ 0 < (\d+)", text(iteration, "when"))
    return f"at most {found[1]} times" if found else ""


def _is_limit(part: ast.Node) -> bool:
    return ("inputs", "parameters", COUNT) in words.variables(part) and isinstance(part, ast.Binary) and part.operator == "<"


def _judged(part: ast.Node) -> ast.Node:
    match part:
        case ast.Binary(operator="||", left=left, right=right) if ("inputs", "parameters", COUNT) in words.variables(left):
            return right
    return part

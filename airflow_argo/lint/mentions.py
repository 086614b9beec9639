"""What the texts of a manifest refer to: parsed once, however often a text comes back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from airflow_argo.argo.expr import ExprError, ExprSyntaxError, UnsupportedExpression, evaluate, parse
from airflow_argo.argo.expr.environment import ARGO_FUNCTIONS
from airflow_argo.argo.expr.nodes import Call, Identifier, Let, Member, String, walk
from airflow_argo.argo.references import Reference, expression_references, references
from airflow_argo.argo.tags import TagKind, tags


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression in a text.

    Attributes:
        source: as its author wrote it.
        unreadable: why it is no expression; "" if it is one.
        unknown: a function that it calls, and that there isn't.
        fails: how it ends, if nothing in it depends on a run and it fails: an error, or nil.
    """

    source: str
    unreadable: str = ""
    unknown: str = ""
    fails: str = ""


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a text has in it.

    Attributes:
        references: to variables, in its order.
        expressions: in its tags, or the text itself.
        whole: it is one tag and nothing else.
        is_open: it has a tag that isn't closed.
        dynamic: it has tags.
    """

    references: tuple[Reference, ...]
    expressions: tuple[Expression, ...]
    whole: bool = True
    is_open: bool = False
    dynamic: bool = True


def mentions(text: str, *, expression: bool = False) -> Mentions:
    """What a text refers to.

    Args:
        expression: it is one itself; if it has tags, it is known only when they are replaced.
    """
    return _of_expression(text) if expression and "{{" not in text else _of_text(text)


@lru_cache(maxsize=16384)
def _of_expression(source: str) -> Mentions:
    expression = _expression(source)
    found = () if expression.unreadable else tuple(expression_references(source))
    return Mentions(found, (expression,), dynamic=False)


@lru_cache(maxsize=16384)
def _of_text(text: str) -> Mentions:
    json_text = json.dumps(text, ensure_ascii=False)[1:-1]
    found = tags(json_text)
    sources = [tag.expression for tag in found if tag.kind is TagKind.EXPRESSION]
    return Mentions(
        references=tuple(references(json_text)),
        expressions=tuple(_expression(source) for source in sources if source is not None),
        whole=len(found) == 1 and (found[0].start, found[0].end) == (0, len(json_text)),
        is_open="{{" in json_text[found[-1].end if found else 0 :],
        dynamic=bool(found),
    )


@lru_cache(maxsize=16384)
def _expression(source: str) -> Expression:
    try:
        tree = parse(source)
    except ExprSyntaxError as error:
        return Expression(source, unreadable=first_line(error))
    except RecursionError:
        return Expression(source, unreadable="it is nested too deeply")
    own = {node.name for node in walk(tree) if isinstance(node, Let)}
    for node in walk(tree):
        if isinstance(node, Call) and (name := _unknown(node, own)):
            return Expression(source, unknown=name)
    return Expression(source, fails="" if expression_references(source) else _failure(source))


def _unknown(call: Call, own: set[str]) -> str:
    """The name of a function that there isn't."""
    match call.callee:
        case Identifier(name=name) if name not in ARGO_FUNCTIONS and name not in own:
            return name
        case Member(of=Identifier(name="sprig"), name=String(value=name)) if name not in ARGO_FUNCTIONS["sprig"]:
            return f"sprig.{name}"
    return ""


def _failure(source: str) -> str:
    try:
        return "it is nil" if evaluate(source, {}) is None else ""
    except UnsupportedExpression:
        return ""
    except ExprError as error:
        return first_line(error)


def first_line(error: Exception) -> str:
    """What an error says, without the picture of the place."""
    return str(error).partition("\n")[0]

"""The language of a task's or step's `when`: govaluate, as Argo uses it.

Bare words are strings, so that `{{tasks.flip.outputs.result}} == heads` works once the tag is replaced. Source: the fork of
github.com/Knetic/govaluate that Argo uses, and shouldExecute in workflow/controller/steps.go.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any

from airflow_argo.argo.golang.values import format_value
from airflow_argo.argo.govaluate.errors import GovaluateError
from airflow_argo.argo.govaluate.evaluation import evaluate_stage
from airflow_argo.argo.govaluate.stages import plan
from airflow_argo.argo.govaluate.tokens import Kind, Token, check_balance, check_order, tokenize, with_patterns

__all__ = ["GovaluateError", "evaluate", "should_execute"]


def evaluate(text: str, *, bare_words: bool = True) -> Any:
    """The value of a condition: bool, float, str, list or None.

    Args:
        text: the condition, all its tags replaced.
        bare_words: take bare words as strings, as for tasks and steps; a CronWorkflow's `when` doesn't.
    Raises:
        GovaluateError: with govaluate's message.
    """
    return _evaluated(text, bare_words=bare_words)


@lru_cache(maxsize=4096)
def _evaluated(text: str, *, bare_words: bool) -> Any:
    tokens = parsed(text)
    return _value(_with_strings(tokens) if bare_words else tokens)


def parsed(text: str) -> list[Token]:
    """The tokens of a condition, checked.

    Raises:
        GovaluateError: the text is no condition.
    """
    tokens = tokenize(text)
    check_order(tokens)
    patterned = with_patterns(tokens)
    if any(one.kind is Kind.TERNARY and other.kind is Kind.SEPARATOR for one, other in pairwise(patterned)):
        plan(_words_as_strings(patterned))  # in order by the table, and yet an operand is missing
    return patterned


def _words_as_strings(tokens: list[Token]) -> list[Token]:
    return [Token(Kind.STRING, token.value) if token.kind is Kind.VARIABLE else token for token in tokens]


def _with_strings(tokens: list[Token]) -> list[Token]:
    words = _words_as_strings(tokens)
    check_balance(words)
    check_order(words)
    return with_patterns(words)


def _value(tokens: list[Token]) -> Any:
    for token in tokens:
        if token.kind is Kind.VARIABLE:
            raise GovaluateError(f"No parameter '{token.value}' found.")
    try:
        stage = plan(tokens)
        return None if stage is None else evaluate_stage(stage)
    except RecursionError:
        raise GovaluateError("the condition is nested too deeply") from None


@lru_cache(maxsize=4096)
def should_execute(when: str) -> bool:
    """Whether a task or step with this `when` runs; it does without one.

    Args:
        when: all its tags replaced.
    Raises:
        GovaluateError: it can't be evaluated, or is no bool; with Argo's message.
    """
    if when == "":
        return True
    try:
        tokens = parsed(when)
    except GovaluateError as error:
        hint = ' (hint: try wrapping the affected expression in quotes ("))' if "Invalid token" in error.reason else ""
        raise GovaluateError(f"Invalid 'when' expression '{when}': {error.reason}{hint}", when) from None
    try:
        tokens = _with_strings(tokens)
    except GovaluateError as error:
        raise GovaluateError(f"Failed to parse 'when' expression '{when}': {error.reason}", when) from None
    try:
        result = _value(tokens)
    except GovaluateError as error:
        raise GovaluateError(f"Failed to evaluate 'when' expresion '{when}': {error.reason}", when) from None
    if not isinstance(result, bool):
        raise GovaluateError(f"Expected boolean evaluation for '{when}'. Got {format_value(result)}", when)
    return result

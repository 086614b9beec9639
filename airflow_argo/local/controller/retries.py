"""Whether to try again, and when. Source: processNodeRetries in operator.go."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from airflow_argo.argo.durations import InvalidDuration, humanize, parse_duration
from airflow_argo.argo.expr import ExprError, argo_environment, evaluate_bool
from airflow_argo.argo.phases import ERROR, FAILED, RUNNING, SUCCEEDED
from airflow_argo.local.clock import rfc3339
from airflow_argo.local.controller.faults import Fault
from airflow_argo.local.controller.tree import Node

ALWAYS: Final = "Always"
ON_FAILURE: Final = "OnFailure"
ON_ERROR: Final = "OnError"
ON_TRANSIENT_ERROR: Final = "OnTransientError"
_LONGEST: Final = math.inf
_WHOLE_NUMBER: Final = re.compile(r"[+-]?[0-9]+")


class Next(Enum):
    """What comes after an attempt."""

    WAIT_FOR_ATTEMPT = "the attempt is still at work"
    TRY = "start an attempt"
    BACK_OFF = "try later"
    END = "the Retry node ends"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a Retry node: which phase and message it gets, and when to look again.

    Attributes:
        until: when the next attempt may start, for BACK_OFF.
        terminate_at: when the next attempt has to end (maxDuration).
    """

    next: Next
    phase: str = RUNNING
    message: str | None = None
    until: float = 0.0
    terminate_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The run as far as retries look at it; times in seconds since 1970."""

    now: float
    shutdown: str
    deadline: float | None


def decide(strategy: Mapping[str, Any], attempts: list[Node], situation: Situation) -> Decision:
    """What comes next for a Retry node that is not fulfilled.

    Args:
        strategy: the retryStrategy, filled in.
        attempts: so far, first to last.
        situation: of the run.
    Raises:
        Fault: the strategy can't be read.
    """
    if not attempts:
        return Decision(Next.TRY)
    last = attempts[-1]
    if not last.fulfilled:
        return Decision(Next.WAIT_FOR_ATTEMPT)
    if not last.unsuccessful:
        return Decision(Next.END, SUCCEEDED)
    ended = _ended_from_outside(last, situation)
    if ended is not None:
        return ended
    waiting = _backoff(strategy, attempts, situation.now)
    if waiting.next is not Next.TRY:
        return waiting
    if not _policy_allows(strategy, last):
        return Decision(Next.END, last.phase, last.message)
    limit = _limit(strategy)
    if limit is not None and len(attempts) > limit:
        return Decision(Next.END, last.phase, "No more retries left")
    if strategy.get("expression") and not _expression_holds(strategy["expression"], attempts):
        return Decision(Next.END, last.phase, "retryStrategy.expression evaluated to false")
    return waiting


def _ended_from_outside(last: Node, situation: Situation) -> Decision | None:
    if situation.shutdown:
        return Decision(Next.END, last.phase, f"Stopped with strategy '{situation.shutdown}'")
    if situation.deadline is not None and situation.now > situation.deadline:
        text = (rfc3339(situation.deadline) or "").replace("T", " ").replace("Z", " +0000 UTC")
        return Decision(Next.END, last.phase, f"retry exceeded workflow deadline {text}")
    return None


def _backoff(strategy: Mapping[str, Any], attempts: list[Node], now: float) -> Decision:
    """BACK_OFF, END if it would take too long, else TRY; Argo waits only where there is a limit."""
    backoff = strategy.get("backoff")
    if backoff is None:
        return Decision(Next.TRY, message=None)
    last = attempts[-1]
    give_up_at = None
    if backoff.get("maxDuration"):
        give_up_at = attempts[0].started_at + _seconds(backoff["maxDuration"])
        if now > give_up_at:
            return Decision(Next.END, last.phase, "Max duration limit exceeded")
    wait = backoff_seconds(backoff, len(attempts))
    until = (last.finished_at or now) + wait
    if give_up_at is not None and until > give_up_at:
        return Decision(Next.END, last.phase, "Backoff would exceed max duration limit")
    limit = strategy.get("limit")
    if now < until and limit is not None and len(attempts) <= _integer_or_zero(limit):
        return Decision(Next.BACK_OFF, message=f"Backoff for {humanize(wait)}", until=until)
    return Decision(Next.TRY, message="", terminate_at=give_up_at)


def backoff_seconds(backoff: Mapping[str, Any], attempts: int) -> float:
    """The wait after so many attempts: duration · factor^(attempts-1), at most `cap`.

    Raises:
        Fault: a field is no duration, or no whole number.
    """
    if not backoff.get("duration"):
        raise Fault("no base duration specified for retryStrategy")
    wait = _seconds(backoff["duration"])
    factor = integer(backoff.get("factor"))
    if factor is not None and factor > 0:
        wait = min(wait * float(factor) ** (attempts - 1) if attempts < 1000 else _LONGEST, 2**63 / 1e9)
    if backoff.get("cap"):
        wait = min(wait, _seconds(backoff["cap"]))
    return wait


def _seconds(text: str) -> float:
    try:
        return parse_duration(str(text))
    except InvalidDuration as error:
        raise Fault(str(error)) from None


def integer(value: object) -> int | None:
    """A whole number that may be a text. Source: util/intstr.

    Raises:
        Fault: it is neither.
    """
    if value is None:
        return None
    if isinstance(value, int):
        return value
    if not _WHOLE_NUMBER.fullmatch(str(value)):
        raise Fault(f"value '{value}' cannot be resolved to an int")
    return int(str(value))


def _integer_or_zero(value: object) -> int:
    try:
        return integer(value) or 0
    except Fault:
        return 0


def _limit(strategy: Mapping[str, Any]) -> int | None:
    return integer(strategy.get("limit"))


def policy(strategy: Mapping[str, Any]) -> str:
    """The retryPolicy in force: with an expression, that alone decides. Source: RetryPolicyActual."""
    return strategy.get("retryPolicy") or (ALWAYS if strategy.get("expression") else ON_FAILURE)


def _policy_allows(strategy: Mapping[str, Any], last: Node) -> bool:
    chosen = policy(strategy)
    if chosen == ON_TRANSIENT_ERROR:
        return is_transient(last.message)
    if chosen not in (ALWAYS, ON_ERROR, ON_FAILURE):
        raise Fault(f"{chosen} is not a valid RetryPolicy")
    return chosen == ALWAYS or last.phase == (ERROR if chosen == ON_ERROR else FAILED)


def is_transient(message: str) -> bool:
    """Whether a message is one of a fault that passes by itself. Source: util/errors, for errors that are only text."""
    return any(part in message for part in _TRANSIENT)


_TRANSIENT: Final = (
    "net/http: TLS handshake timeout",
    "i/o timeout",
    "connection timed out",
    "connection reset by peer",
    "transport connection broken",
    "http2: client connection lost",
    "exceeded quota",
    "try again later",
)


def _expression_holds(expression: str, attempts: list[Node]) -> bool:
    try:
        return evaluate_bool(expression, argo_environment(last_retry_variables(attempts, exit_code="-1")))
    except ExprError as error:
        raise Fault(str(error)) from None


def last_retry_variables(attempts: list[Node], *, exit_code: str) -> dict[str, str]:
    """`retries` and `lastRetry.*` after these attempts.

    Args:
        attempts: at least one.
        exit_code: if the last one has none.
    """
    last = attempts[-1]
    return {
        "retries": str(len(attempts) - 1),
        "lastRetry.exitCode": (last.outputs or {}).get("exitCode") or exit_code,
        "lastRetry.status": last.phase,
        "lastRetry.duration": duration_text(last),
        "lastRetry.message": last.message,
    }


def duration_text(node: Node) -> str:
    """The whole seconds that a node took."""
    if node.finished_at is None:
        return "0"
    return f"{max(int(node.finished_at) - int(node.started_at), 0)}"


def next_attempt_variables(attempts: list[Node]) -> dict[str, str]:
    """`retries` and `lastRetry.*` as the template of the next attempt sees them."""
    number = {"retries": str(len(attempts))}
    if not attempts:
        first = {"lastRetry.exitCode": "0", "lastRetry.duration": "0", "lastRetry.status": "", "lastRetry.message": ""}
        return number | first
    return last_retry_variables(attempts, exit_code="0") | number

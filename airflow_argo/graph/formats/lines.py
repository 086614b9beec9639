"""What is written into nodes and on edges, in every format: short lines, without characters that no format can hold."""

from __future__ import annotations

import re

from airflow_argo.graph.model import Kind, Node, Outcome, State
from airflow_argo.runners.display.words import shown_seconds

MAX_LABEL = 80
MAX_NOTE = 60
MAX_EDGE = 60

_WITHOUT_COUNT = (State.SKIPPED, State.UPSTREAM_FAILED)
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ufeff\ufff9-\uffff\ud800-\udfff]"
)
"""Control characters, halves of surrogate pairs, what changes the direction of text, and non-characters."""


def clean(text: str) -> str:
    """A text on one line, with a sign in the place of each character that can't be shown."""
    return " ".join(_UNPRINTABLE.sub("\ufffd", text).split())


def cut(text: str, most: int) -> str:
    """A clean text, its end left out if it is too long."""
    text = clean(text)
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def label_of(node: Node) -> str:
    """The first line of a node or box."""
    sign = {Kind.AGAIN: "↻ "}.get(node.kind, "")
    return sign + (cut(node.label, MAX_LABEL) or "?")


def details_of(node: Node) -> list[str]:
    """The other lines: what it runs over, what it is made of, on what it runs, how it ended."""
    found = [repeats(node), _note(node), f"if {node.condition}" if node.condition else "", ended(node.outcome)]
    return [cut(line, MAX_NOTE) for line in found if line]


def repeats(node: Node) -> str:
    """`3 times`, `for each flip.rounds`, `while score < 5`; "" if it runs once."""
    if not node.items:
        return ""
    if node.kind is Kind.WHILE:
        return f"while {node.items}"
    if node.items.isdigit():
        return "once" if node.items == "1" else f"{node.items} times"
    return f"for each {node.items}"


def _note(node: Node) -> str:
    words = {
        Kind.WAIT: "waits",
        Kind.RESOURCE: "resource:",
        Kind.HTTP: "HTTP",
        Kind.PLUGIN: "plugin",
        Kind.REFERENCE: "see",
        Kind.AGAIN: "again from",
    }
    return " ".join(filter(None, (words.get(node.kind), node.note)))


def ended(outcome: Outcome | None) -> str:
    """How a node ended: `success · 12s`, `3 of 5 failed · 1m 05s`; "" if it hasn't begun."""
    if outcome is None or outcome.state is None:
        return ""
    state, total = outcome.state.value.replace("_", " "), outcome.instances
    if total > 1:
        count = outcome.counts.get(outcome.state, 0)
        state = f"all {total} {state}" if count == total else f"{count} of {total} {state}" if count else state
    return " · ".join(filter(None, (state, shown_seconds(outcome.seconds))))


def edge_label(text: str) -> str:
    """What an edge says."""
    return cut(text, MAX_EDGE)

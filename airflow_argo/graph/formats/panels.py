"""What a node, a box' title or an edge's label looks like in an SVG: its lines and how much room they need."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_argo.graph.formats.lines import details_of, edge_label, label_of
from airflow_argo.graph.formats.text_size import shortened, width_of, wrapped
from airflow_argo.graph.model import Kind, Node

TITLE, SMALL = 13.0, 11.0
"""Sizes of letters, in pixels."""

TITLE_LINE, SMALL_LINE = 17.0, 14.0
BOLD = 1.08
"""Bold letters are wider by so much."""

MOST_WIDTH = 210.0
MOST_BOX_WIDTH = 420.0
MARGIN = (13.0, 8.0)
LEAST_WIDTH = 64.0
JOIN_SIZE = 9.0


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines of text and the room that they need, with margins.

    Attributes:
        bold: the author's id.
        small: what else is said.
    """

    bold: tuple[str, ...]
    small: tuple[str, ...]
    width: float
    height: float


def node_panel(node: Node) -> Panel:
    """What stands in a node."""
    if node.kind is Kind.JOIN:
        return Panel((), (), JOIN_SIZE, JOIN_SIZE)
    bold = wrapped(label_of(node), TITLE * BOLD, MOST_WIDTH, 3)
    small = [shortened(line, SMALL, MOST_WIDTH) for line in details_of(node)]
    panel = _panel(bold, small)
    return Panel(panel.bold, panel.small, max(panel.width, LEAST_WIDTH), panel.height)


def title_panel(node: Node) -> Panel:
    """What stands at the top of a box."""
    bold = wrapped(label_of(node), TITLE * BOLD, MOST_BOX_WIDTH, 2)
    details = " · ".join(details_of(node))
    return _panel(bold, wrapped(details, SMALL, MOST_BOX_WIDTH, 2) if details else [])


def label_panel(text: str) -> Panel:
    """What stands at an edge."""
    lines = wrapped(edge_label(text), SMALL, MOST_WIDTH, 3)
    width = max(width_of(line, SMALL) for line in lines)
    return Panel((), tuple(lines), width + 10, SMALL_LINE * len(lines) + 4)


def _panel(bold: list[str], small: list[str]) -> Panel:
    widths = [*(width_of(line, TITLE * BOLD) for line in bold), *(width_of(line, SMALL) for line in small)]
    height = TITLE_LINE * len(bold) + SMALL_LINE * len(small)
    return Panel(tuple(bold), tuple(small), max(widths) + 2 * MARGIN[0], height + 2 * MARGIN[1])

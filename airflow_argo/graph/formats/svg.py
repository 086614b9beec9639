"""SVG: one file with everything in it, for browsers and whatever else shows SVG; light or dark as the reader's desktop is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from xml.sax.saxutils import escape

from airflow_argo.diagnostics import InputError
from airflow_argo.graph.formats.lines import clean, ended
from airflow_argo.graph.formats.panels import (
    MARGIN,
    SMALL_LINE,
    TITLE_LINE,
    Panel,
    label_panel,
    node_panel,
    title_panel,
)
from airflow_argo.graph.formats.svg_style import STYLE
from airflow_argo.graph.formats.text_size import width_of
from airflow_argo.graph.layout.flat import Point, TooManyBends
from airflow_argo.graph.layout.nested import Item, Link, Rect, Route, nested
from airflow_argo.graph.layout.nesting import cycle, lifted, ways
from airflow_argo.graph.model import Edge, EdgeKind, Kind, Node, Picture

MAX_NODES = 2_000
"""More can't be taken in, and would take long to lay out."""

EDGE = 24.0
"""Room around everything."""

STACKED = 4.0
"""How far the second sheet of a loop sticks out."""

HEAD, HEAD_LINE = 15.0, 36.0
_BELOW_BOLD, _BELOW_SMALL = 0.25, 0.3
_ROUND = {Kind.NO_POD: 18.0, Kind.WAIT: 18.0, Kind.AGAIN: 18.0, Kind.RESOURCE: 2.0, Kind.HTTP: 2.0, Kind.PLUGIN: 2.0}


def svg(picture: Picture) -> str:
    """The text of an SVG document.

    Raises:
        InputError: there is too much to be laid out, or tasks wait for one another.
    """
    if len(picture.nodes) > MAX_NODES:
        raise _too_large(f"{len(picture.nodes):,} nodes are too many for a drawing (at most {MAX_NODES:,})")
    edges = _edges(picture)
    children = picture.children()
    panels = {node.id: title_panel(node) if node.id in children else node_panel(node) for node in picture.nodes}
    labels = [label_panel(edge.label) if edge.label else None for edge in edges]
    items = [Item(node.id, (panels[node.id].width, panels[node.id].height), node.parent) for node in picture.nodes]
    links = [
        Link(edge.source, edge.target, None if label is None else (label.width, label.height))
        for edge, label in zip(edges, labels, strict=True)
    ]
    try:
        layout = nested(items, links)
    except TooManyBends:
        raise _too_large("too many edges go over too many layers for a drawing") from None
    drawing: list[str] = []
    for node in picture.nodes:
        drawing += _node(node, panels[node.id], layout.places[node.id], is_box=node.id in children)
    for edge, route, label in zip(edges, layout.routes, labels, strict=True):
        drawing += _edge(edge, route, label)
    return _document(picture, layout.size, drawing)


def _too_large(found: str) -> InputError:
    return InputError(found, "use the format dot, mermaid or json, or draw a part of the workflow")


# --- edges between what is in the same box


def _edges(picture: Picture) -> list[Edge]:
    """The edges that are drawn: one for all between what is in two boxes. What begins anew says so in its node.

    Raises:
        InputError: tasks wait for one another.
    """
    around = ways({node.id: node.parent for node in picture.nodes})
    found: dict[tuple[str, str], list[Edge]] = {}
    for edge in picture.edges:
        ends = lifted(around[edge.source], around[edge.target]) if edge.kind is not EdgeKind.AGAIN else None
        if ends is not None:
            found.setdefault(ends, []).append(edge)
    loop = cycle(found)
    if loop:
        names = {node.id: clean(node.label) for node in picture.nodes}
        told = " → ".join(names[id] for id in loop[:6]) + (" → …" if len(loop) > 6 else "")
        raise InputError(f"tasks wait for one another: {told}", "correct the manifest")
    return [_as_one(source, target, edges) for (source, target), edges in found.items()]


def _as_one(source: str, target: str, edges: Sequence[Edge]) -> Edge:
    label = ", ".join(dict.fromkeys(edge.label for edge in edges if edge.label))
    kind = EdgeKind.HOOK if all(edge.kind is EdgeKind.HOOK for edge in edges) else EdgeKind.FLOW
    return Edge(source=source, target=target, label=label, kind=kind)


def _edge(edge: Edge, route: Route, label: Panel | None) -> Iterator[str]:
    path = " ".join(_path(line) for line in route.lines)
    yield f'<path class="edge {edge.kind.value}" d="{path}"/>'
    yield f'<path class="tip" d="{_tip(route.lines[-1][-1])}"/>'
    if label is not None and route.label is not None:
        middle = route.label.x + route.label.width / 2
        yield f"<g><title>{_escaped(clean(edge.label))}</title>"
        yield from _texts(label.small, "said", middle, route.label.y + 2, SMALL_LINE)
        yield "</g>"


def _path(points: Sequence[Point]) -> str:
    """Straight down where x stays, else a curve that is vertical at both ends."""
    found = [f"M{_point(points[0])}"]
    for (x, y), (to_x, to_y) in pairwise(points):
        if abs(x - to_x) < 0.5:
            found.append(f"L{_point((to_x, to_y))}")
        else:
            half = (y + to_y) / 2
            found.append(f"C{_point((x, half))} {_point((to_x, half))} {_point((to_x, to_y))}")
    return "".join(found)


def _tip(end: Point) -> str:
    x, y = end
    return f"M{_point((x - 3.5, y - 7))}L{_point((x + 3.5, y - 7))}L{_point((x, y))}Z"


# --- nodes


def _node(node: Node, panel: Panel, place: Rect, *, is_box: bool) -> Iterator[str]:
    state = node.outcome.state.value if node.outcome and node.outcome.state else "none"
    yield f'<g class="{"box" if is_box else "node"} {node.kind.value} {state}"><title>{_escaped(_tooltip(node))}</title>'
    if node.kind is Kind.JOIN:
        radius = place.width / 2
        yield f'<circle cx="{_number(place.x + radius)}" cy="{_number(place.y + radius)}" r="{_number(radius)}"/>'
    else:
        yield from _shape(node, place, 12.0 if is_box else _ROUND.get(node.kind, 8.0))
        yield from _lines(panel, place.x + (MARGIN[0] if is_box else place.width / 2), place.y)
    yield "</g>"


def _shape(node: Node, place: Rect, corner: float) -> Iterator[str]:
    corner = min(corner, place.height / 2)
    yield _rect(place, corner)
    if node.kind is Kind.REFERENCE:
        yield _rect(Rect(place.x + 3, place.y + 3, place.width - 6, place.height - 6), corner - 3)
    if node.items:
        yield _sheet_behind(place, corner)


def _sheet_behind(place: Rect, corner: float) -> str:
    """What can be seen of a second sheet, behind the one of a loop."""
    right, bottom = place.x + place.width, place.y + place.height
    start, end = _point((place.x + corner, bottom)), _point((right + STACKED - corner, bottom + STACKED))
    bend = f"q{_number(corner)} 0 {_number(corner)} {_number(-corner)}"
    top = _number(place.y + corner + STACKED)
    return f'<path class="sheet" d="M{start}q0 4 4 4L{end}{bend}V{top}q0 -4 -4 -4"/>'


def _lines(panel: Panel, x: float, y: float) -> Iterator[str]:
    y += MARGIN[1]
    yield from _texts(panel.bold, "id", x, y, TITLE_LINE)
    yield from _texts(panel.small, "more", x, y + TITLE_LINE * len(panel.bold), SMALL_LINE)


def _texts(lines: Iterable[str], kind: str, x: float, y: float, height: float) -> Iterator[str]:
    for number, line in enumerate(lines):
        base = y + height * (number + 1 - (_BELOW_BOLD if kind == "id" else _BELOW_SMALL))
        yield f'<text class="{kind}" x="{_number(x)}" y="{_number(base)}">{_escaped(line)}</text>'


def _tooltip(node: Node) -> str:
    """All that the node has no room for."""
    message = node.outcome.message if node.outcome else ""
    return "\n".join(filter(None, map(clean, (node.label, node.note, node.items, node.condition, message))))


# --- the document


def _document(picture: Picture, size: tuple[float, float], drawing: Sequence[str]) -> str:
    title = " · ".join(filter(None, (clean(picture.name), ended(picture.outcome))))
    width = max(size[0], width_of(title, HEAD * 1.1)) + 2 * EDGE + STACKED
    height = size[1] + 2 * EDGE + HEAD_LINE + STACKED
    left = (width - size[0]) / 2
    state = picture.outcome.state.value if picture.outcome and picture.outcome.state else "none"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {_box(width, height)} role="img">',
            f"<title>{_escaped(title)}</title>",
            f"<style>{STYLE}</style>",
            '<rect class="paper" width="100%" height="100%"/>',
            f'<text class="head {state}" x="{_number(EDGE)}" y="{_number(EDGE + HEAD)}">{_escaped(title)}</text>',
            f'<g transform="translate({_number(left)} {_number(EDGE + HEAD_LINE)})">',
            *drawing,
            "</g>",
            "</svg>",
            "",
        ]
    )


def _box(width: float, height: float) -> str:
    w, h = _number(width), _number(height)
    return f'width="{w}" height="{h}" viewBox="0 0 {w} {h}"'


def _rect(place: Rect, corner: float) -> str:
    numbers = (place.x, place.y, place.width, place.height, corner)
    x, y, width, height, rounding = map(_number, numbers)
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{rounding}"/>'


def _point(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _escaped(text: str) -> str:
    return escape(text, {'"': "&quot;"})

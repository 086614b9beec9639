"""The drawing of one level: vertices of given sizes, joined by edges, all going down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from airflow_argo.graph.layout.coordinates import Joined, across, straighten
from airflow_argo.graph.layout.layers import layers, neighbours
from airflow_argo.graph.layout.ordering import ordered

BETWEEN = 28.0
"""Room between two vertices of a layer."""

BELOW = 34.0
"""Room between two layers; more where edges go far to the side."""

MOST_BELOW = 110.0
SLOPE = 0.07

Point = tuple[float, float]
Size = tuple[float, float]


class TooManyBends(Exception):
    """Edges over many layers would need more vertices than can be laid out in good time."""


MOST_BENDS = 30_000


@dataclass(slots=True)
class Flat:
    """What was laid out: the left upper corner of each vertex, and for each edge the points where it bends, ends included.

    Between two points of the same x an edge is straight, else it is a curve that is vertical at both.
    """

    size: Size
    corners: list[Point]
    routes: list[list[Point]]


@dataclass(slots=True)
class _Proper:
    """The graph with a vertex wherever an edge crosses a layer."""

    sizes: list[Size]
    layer_of: list[int]
    edges: list[tuple[int, int]] = field(default_factory=list)
    chains: list[list[int]] = field(default_factory=list)

    @classmethod
    def of(cls, sizes: Sequence[Size], edges: Sequence[tuple[int, int]]) -> _Proper:
        layer_of = layers(len(sizes), edges)
        if sum(layer_of[target] - layer_of[source] - 1 for source, target in edges) > MOST_BENDS:
            raise TooManyBends
        found = cls(list(sizes), layer_of)
        for source, target in edges:
            chain = [source, *(found.bend(layer) for layer in range(layer_of[source] + 1, layer_of[target])), target]
            found.edges += pairwise(chain)
            found.chains.append(chain)
        return found

    def bend(self, layer: int) -> int:
        self.sizes.append((0.0, 0.0))
        self.layer_of.append(layer)
        return len(self.sizes) - 1

    def by_layer(self) -> list[list[int]]:
        first = min(self.layer_of, default=0)
        found: list[list[int]] = [[] for _ in range(max(self.layer_of, default=0) - first + 1)]
        for vertex, layer in enumerate(self.layer_of):
            found[layer - first].append(vertex)
        return [layer for layer in found if layer]


def flat(sizes: Sequence[Size], edges: Sequence[tuple[int, int]], wide: frozenset[int] = frozenset()) -> Flat:
    """Lays out one level.

    Args:
        sizes: width and height of each vertex.
        edges: without cycles.
        wide: vertices whose edges may end anywhere on their border, as close to the other end as that is; else in the middle.
    Raises:
        TooManyBends: too many edges go over too many layers.
    """
    proper = _Proper.of(sizes, edges)
    above, below = neighbours(len(proper.sizes), proper.edges)
    rows = ordered(proper.by_layer(), above, below)
    bends = frozenset(range(len(sizes), len(proper.sizes)))
    joined, widths = Joined(rows, above, below, bends), [width for width, _ in proper.sizes]
    middles = across(joined, widths, BETWEEN)
    straighten(joined, proper.chains, widths, BETWEEN, middles)
    left = min((middle - size[0] / 2 for middle, size in zip(middles, proper.sizes, strict=True)), default=0.0)
    middles = [middle - left for middle in middles]
    tops, bottoms = _rows(rows, proper, middles, below)
    width = max((middle + size[0] / 2 for middle, size in zip(middles, proper.sizes, strict=True)), default=0.0)
    corners = [(0.0, 0.0)] * len(sizes)
    spans = [(0.0, 0.0)] * len(proper.sizes)
    for row, top, bottom in zip(rows, tops, bottoms, strict=True):
        for vertex in row:
            spans[vertex] = (top, bottom)
            if vertex not in bends:
                corners[vertex] = (middles[vertex] - sizes[vertex][0] / 2, (top + bottom - sizes[vertex][1]) / 2)
    routes = [_route(chain, middles, spans, corners, sizes, wide) for chain in proper.chains]
    return Flat((width, bottoms[-1] if bottoms else 0.0), corners, routes)


def _rows(
    rows: Sequence[Sequence[int]], proper: _Proper, middles: Sequence[float], below: Sequence[Sequence[int]]
) -> tuple[list[float], list[float]]:
    """The upper and lower border of each layer."""
    tops, bottoms = [], []
    top = 0.0
    for row in rows:
        bottom = top + max(proper.sizes[vertex][1] for vertex in row)
        tops.append(top)
        bottoms.append(bottom)
        aside = max((abs(middles[vertex] - middles[other]) for vertex in row for other in below[vertex]), default=0.0)
        top = bottom + min(BELOW + SLOPE * aside, MOST_BELOW)
    return tops, bottoms


def _route(
    chain: Sequence[int],
    middles: Sequence[float],
    spans: Sequence[tuple[float, float]],
    corners: Sequence[Point],
    sizes: Sequence[Size],
    wide: frozenset[int],
) -> list[Point]:
    source, *bends, target = chain
    near = [middles[vertex] for vertex in chain]
    start, end = near[0], near[-1]
    if source in wide:
        start = _closest(near[1], corners[source], sizes[source])
    if target in wide:
        end = _closest(near[-2] if bends or source not in wide else start, corners[target], sizes[target])
    points = [(start, corners[source][1] + sizes[source][1]), (start, spans[source][1])]
    for bend in bends:
        points += [(middles[bend], spans[bend][0]), (middles[bend], spans[bend][1])]
    points += [(end, spans[target][0]), (end, corners[target][1])]
    return [point for number, point in enumerate(points) if not number or point != points[number - 1]]


def _closest(place: float, corner: Point, size: Size) -> float:
    """The place on a border that is closest to one, not too near to its ends."""
    margin = min(24.0, size[0] / 2)
    return min(max(place, corner[0] + margin), corner[0] + size[0] - margin)

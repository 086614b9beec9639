"""How far to the right each vertex stands: close to the mean of what it is joined to, with room between those of a layer.

For one layer, with the others fixed, the best places are found exactly: least squares under an order is isotonic regression
(pool adjacent violators). Some sweeps over the layers come close to the best for all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

ROUNDS = 16
STRAIGHT = 30.0
"""How much more a bend within a long edge counts than one at its end."""

LOOSE = 0.01
"""How much a vertex that is joined to nothing on one side holds on to its place."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A layered graph.

    Attributes:
        layers: vertices from the top to the bottom, each layer from left to right.
        above: of each vertex those in the layer above that it is joined to; `below` the other way round.
        bends: vertices that are no nodes, only places where a long edge crosses a layer.
    """

    layers: Sequence[Sequence[int]]
    above: Sequence[Sequence[int]]
    below: Sequence[Sequence[int]]
    bends: frozenset[int]

    def weight(self, one: int, other: int) -> float:
        """How much it counts that an edge is vertical."""
        return (
            STRAIGHT if one in self.bends and other in self.bends else 2.0 if one in self.bends or other in self.bends else 1.0
        )


def across(graph: Joined, widths: Sequence[float], gap: float) -> list[float]:
    """The middle of each vertex.

    Args:
        gap: between vertices of a layer; half of it between two bends.
    """
    places = [0.0] * len(widths)
    offsets = [_offsets(layer, widths, gap, graph.bends) for layer in graph.layers]
    for layer, room in zip(graph.layers, offsets, strict=True):
        for vertex, offset in zip(layer, room, strict=True):
            places[vertex] = offset - room[-1] / 2
    numbers = range(len(graph.layers))
    for round_ in range(ROUNDS):
        down = round_ % 2 == 0
        both = round_ >= ROUNDS - 2
        for number in numbers if down else reversed(numbers):
            _place(graph, number, offsets[number], places, up=down or both, down=both or not down)
    return places


def _offsets(layer: Sequence[int], widths: Sequence[float], gap: float, bends: frozenset[int]) -> list[float]:
    """The least distance of each vertex from the first."""
    found = [0.0]
    for left, right in pairwise(layer):
        between = gap / 2 if left in bends and right in bends else gap
        found.append(found[-1] + (widths[left] + widths[right]) / 2 + between)
    return found


def _place(graph: Joined, number: int, offsets: Sequence[float], places: list[float], *, up: bool, down: bool) -> None:
    """Puts the vertices of a layer where the layers above or below, or both, want them."""
    wanted, weights = [], []
    layer = graph.layers[number]
    for vertex, offset in zip(layer, offsets, strict=True):
        total, weight = places[vertex] * LOOSE, LOOSE
        for other in (*(graph.above[vertex] if up else ()), *(graph.below[vertex] if down else ())):
            own = graph.weight(vertex, other)
            total += own * places[other]
            weight += own
        wanted.append(total / weight - offset)
        weights.append(weight)
    for vertex, offset, found in zip(layer, offsets, not_decreasing(wanted, weights), strict=True):
        places[vertex] = found + offset


def not_decreasing(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The numbers that never decrease and are closest to those wanted, by weighted squares."""
    blocks: list[tuple[float, float, int]] = []  # mean, weight, size
    for mean, weight in zip(wanted, weights, strict=True):
        block = (mean, weight, 1)
        while blocks and blocks[-1][0] > block[0]:
            before = blocks.pop()
            total = before[1] + block[1]
            block = ((before[0] * before[1] + block[0] * block[1]) / total, total, before[2] + block[2])
        blocks.append(block)
    return [mean for mean, _, size in blocks for _ in range(size)]


def straighten(
    graph: Joined, chains: Sequence[Sequence[int]], widths: Sequence[float], gap: float, places: list[float]
) -> None:
    """Makes long edges straight as far as their neighbours leave room, in line with one of their ends if they can be.

    Args:
        chains: the vertices of each edge, ends included.
    """
    sides = _sides(graph, widths, gap)
    for chain in chains:
        start = 1
        while start < len(chain) - 1:
            end, low, high = _straight_run(chain, start, sides, places)
            mean = sum(places[vertex] for vertex in chain[start:end]) / (end - start)
            fitting = [places[near] for near in (chain[start - 1], chain[end]) if low <= places[near] <= high]
            for vertex in chain[start:end]:
                places[vertex] = fitting[0] if fitting else min(max(mean, low), high)
            start = end


Sides = tuple[int | None, float, int | None, float]
"""The neighbours of a vertex in its layer, each with the least distance to it."""


def _sides(graph: Joined, widths: Sequence[float], gap: float) -> dict[int, Sides]:
    found: dict[int, Sides] = {}
    for layer in graph.layers:
        offsets = _offsets(layer, widths, gap, graph.bends)
        for number, vertex in enumerate(layer):
            left = (layer[number - 1], offsets[number] - offsets[number - 1]) if number else (None, 0.0)
            right = (layer[number + 1], offsets[number + 1] - offsets[number]) if number + 1 < len(layer) else (None, 0.0)
            found[vertex] = (*left, *right)
    return found


def _straight_run(
    chain: Sequence[int], start: int, sides: dict[int, Sides], places: Sequence[float]
) -> tuple[int, float, float]:
    """Up to where in a chain bends can have the same place, and between which that is."""
    low, high = -math.inf, math.inf
    for number in range(start, len(chain) - 1):
        left, to_left, right, to_right = sides[chain[number]]
        lowest = max(low, -math.inf if left is None else places[left] + to_left)
        highest = min(high, math.inf if right is None else places[right] - to_right)
        if lowest > highest and number > start:
            return number, low, high
        low, high = min(lowest, highest), highest
    return len(chain) - 1, low, high

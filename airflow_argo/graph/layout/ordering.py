"""In which order the vertices of a layer stand, so that few edges cross.

Layers are sorted by the mean place of what their vertices are joined to, downwards and upwards in turn; then neighbours are
exchanged where that helps. The best order seen is taken. Sources: Sugiyama et al. 1981; Gansner et al. 1993, section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

ROUNDS = 12
MOST_EDGES_TO_EXCHANGE = 1_500
"""With more, exchanging neighbours would take seconds."""

Neighbours = Sequence[Sequence[int]]
Order = list[list[int]]


def ordered(layers: Order, above: Neighbours, below: Neighbours) -> Order:
    """The layers, each in a good order.

    Args:
        layers: vertices from the top to the bottom, in the order that decides where nothing else does.
        above: of each vertex those in the layer above that it is joined to; `below` the other way round.
    """
    best = current = [list(layer) for layer in layers]
    fewest = crossings(current, below)
    exchanging = sum(map(len, below)) <= MOST_EDGES_TO_EXCHANGE
    for number in range(ROUNDS):
        if not fewest:
            break
        current = _swept(current, above) if number % 2 == 0 else _swept(current[::-1], below)[::-1]
        if exchanging:
            _exchange(current, above, below)
        found = crossings(current, below)
        if found < fewest:
            best, fewest = [list(layer) for layer in current], found
    return best


def crossings(layers: Order, below: Neighbours) -> int:
    """How many pairs of edges cross."""
    total = 0
    for upper, lower in pairwise(layers):
        place = {vertex: number for number, vertex in enumerate(lower)}
        ends = [end for vertex in upper for end in sorted(place[other] for other in below[vertex])]
        total += _inversions(ends, len(lower))
    return total


def _inversions(numbers: list[int], size: int) -> int:
    """How many pairs are in the wrong order, by a tree of sums (Fenwick)."""
    sums = [0] * (size + 1)
    found = 0
    for seen, number in enumerate(numbers):
        found += seen
        at = number + 1
        while at:
            found -= sums[at]
            at &= at - 1
        at = number + 1
        while at <= size:
            sums[at] += 1
            at += at & -at
    return found


def _swept(layers: Order, fixed: Neighbours) -> Order:
    """Each layer sorted by the one before it. A vertex that is joined to nothing there keeps its place."""
    found = [list(layers[0])]
    for layer in layers[1:]:
        place = {vertex: number for number, vertex in enumerate(found[-1])}
        scale = len(found[-1]) / max(1, len(layer))
        means = {
            vertex: sum(place[other] for other in fixed[vertex]) / len(fixed[vertex]) if fixed[vertex] else number * scale
            for number, vertex in enumerate(layer)
        }
        found.append(sorted(layer, key=means.__getitem__))
    return found


def _exchange(layers: Order, above: Neighbours, below: Neighbours) -> None:
    """Exchanges neighbours while edges cross less for it, a few times at most."""
    place = {vertex: number for layer in layers for number, vertex in enumerate(layer)}
    for _ in range(3):
        better = False
        for layer in layers:
            for at in range(len(layer) - 1):
                one, other = layer[at], layer[at + 1]
                if _gain(one, other, above, place) + _gain(one, other, below, place) > 0:
                    layer[at], layer[at + 1] = other, one
                    place[one], place[other] = at + 1, at
                    better = True
        if not better:
            return


def _gain(left: int, right: int, joined: Neighbours, place: dict[int, int]) -> int:
    """How many crossings less there are on one side of two neighbours when they are exchanged."""
    lefts, rights = sorted(place[end] for end in joined[left]), sorted(place[end] for end in joined[right])
    return _pairs(lefts, rights) - _pairs(rights, lefts)


def _pairs(ones: list[int], others: list[int]) -> int:
    """How many pairs of one of the first and one of the second are in the wrong order; both are sorted."""
    found = smaller = 0
    for one in ones:
        while smaller < len(others) and others[smaller] < one:
            smaller += 1
        found += smaller
    return found

"""Which layer a vertex is in: below all that it follows, and near to what follows it."""

from __future__ import annotations

from collections.abc import Sequence

Edges = Sequence[tuple[int, int]]


def neighbours(count: int, edges: Edges) -> tuple[list[list[int]], list[list[int]]]:
    """Of each vertex those above it, and those below it."""
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        above[target].append(source)
        below[source].append(target)
    return above, below


def layers(count: int, edges: Edges) -> list[int]:
    """The layer of each vertex, from 0: every edge goes down at least one. The edges have no cycle."""
    above, below = neighbours(count, edges)
    order = topological(above, below)
    found = [0] * count
    for vertex in order:
        found[vertex] = max((found[other] + 1 for other in above[vertex]), default=0)
    for vertex in reversed(order):
        if len(below[vertex]) > len(above[vertex]):  # going down shortens more edges than it makes longer
            found[vertex] = min(found[other] for other in below[vertex]) - 1
    return found


def topological(above: Sequence[Sequence[int]], below: Sequence[Sequence[int]]) -> list[int]:
    """All vertices, each after those above it, else in their order."""
    waits = [len(others) for others in above]
    ready = [vertex for vertex, count in enumerate(waits) if not count]
    for vertex in ready:
        for other in below[vertex]:
            waits[other] -= 1
            if not waits[other]:
                ready.append(other)
    assert len(ready) == len(waits), "the edges have a cycle"
    return ready

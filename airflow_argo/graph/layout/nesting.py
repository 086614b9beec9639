"""What is inside of what: an edge between nodes in different boxes is one between the boxes where their ways part."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

Id = TypeVar("Id", bound=Hashable)


def ways(parents: Mapping[Id, Id | None]) -> dict[Id, tuple[Id, ...]]:
    """Each node → the boxes that it is in, from the outside, and itself.

    Args:
        parents: node or box → the box that it is in, None for the canvas.
    """
    found: dict[Id, tuple[Id, ...]] = {}
    for start in parents:
        todo = [start]
        while todo:
            parent = parents.get(todo[-1])
            if parent is None or parent in found:
                id = todo.pop()
                found[id] = (*(found[parent] if parent is not None else ()), id)
            else:
                todo.append(parent)
    return found


def lifted(source: tuple[Id, ...], target: tuple[Id, ...]) -> tuple[Id, Id] | None:
    """The two of one level that an edge runs between; None if one of its ends is inside of the other."""
    for one, other in zip(source, target, strict=False):
        if one != other:
            return one, other
    return None


def cycle(edges: Iterable[tuple[Id, Id]]) -> list[Id]:
    """Nodes that are before themselves, the first one again at the end; [] if there are none."""
    sorter: TopologicalSorter[Id] = TopologicalSorter()
    for source, target in edges:
        sorter.add(target, source)
    try:
        sorter.prepare()
    except CycleError as error:
        return list(error.args[1])
    return []

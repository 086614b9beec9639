"""The drawing of all levels: boxes around what is in them, from the inside to the outside."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from airflow_argo.graph.layout.flat import Flat, Point, Size, flat

PADDING = 18.0
"""Between a box and what is in it; at the top there is the title."""

APART = 44.0
"""Between parts of a level that nothing joins."""

SHAPE = 2.0
"""How much wider than high several such parts are together, if they can be."""


@dataclass(frozen=True, slots=True)
class Item:
    """A node or box to be laid out.

    Attributes:
        size: of a node; of a box that of its title.
        parent: id of the box that it is in.
    """

    id: str
    size: Size
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An edge between two items of one box.

    Attributes:
        label: the size of its label; None if it has none.
    """

    source: str
    target: str
    label: Size | None = None


@dataclass(frozen=True, slots=True)
class Rect:
    """Where something is: its left upper corner and its size."""

    x: float
    y: float
    width: float
    height: float

    def moved(self, by: Point) -> Rect:
        """The same, further to the right and down."""
        return Rect(self.x + by[0], self.y + by[1], self.width, self.height)


@dataclass(frozen=True, slots=True)
class Route:
    """Where an edge runs: one line, or two with its label between. See `Flat` for what is between two points."""

    lines: tuple[tuple[Point, ...], ...]
    label: Rect | None = None

    def moved(self, by: Point) -> Route:
        """The same, further to the right and down."""
        lines = tuple(tuple((x + by[0], y + by[1]) for x, y in line) for line in self.lines)
        return Route(lines, None if self.label is None else self.label.moved(by))


@dataclass(slots=True)
class Layout:
    """Where everything is.

    Attributes:
        places: item → where it is.
        routes: in the order of the links.
    """

    size: Size
    places: dict[str, Rect]
    routes: list[Route]


@dataclass(slots=True)
class _Level:
    """What is in a box, laid out from (0, 0)."""

    size: Size = (0.0, 0.0)
    corners: dict[str, Point] = field(default_factory=dict)
    routes: dict[int, Route] = field(default_factory=dict)


def nested(items: Sequence[Item], links: Sequence[Link]) -> Layout:
    """Lays out everything.

    Args:
        items: boxes before what is in them.
        links: between items of one box, without cycles.
    Raises:
        TooManyBends: too many edges go over too many layers.
    """
    members: dict[str | None, list[Item]] = {None: []}
    for item in items:
        members.setdefault(item.parent, []).append(item)
    home = {item.id: item.parent for item in items}
    inner: dict[str | None, list[int]] = {}
    for number, link in enumerate(links):
        inner.setdefault(home[link.source], []).append(number)
    sizes = {item.id: item.size for item in items}
    titles = dict(sizes)
    levels: dict[str | None, _Level] = {}
    for box in (*(item.id for item in reversed(items) if item.id in members), None):
        levels[box] = _level(members[box], {number: links[number] for number in inner.get(box, ())}, sizes, members)
        if box is not None:
            sizes[box] = _around(levels[box].size, titles[box])
    return _placed(items, links, levels, sizes, titles)


def _around(content: Size, title: Size) -> Size:
    return max(content[0] + 2 * PADDING, title[0]), content[1] + title[1] + PADDING


def _placed(
    items: Sequence[Item],
    links: Sequence[Link],
    levels: Mapping[str | None, _Level],
    sizes: Mapping[str, Size],
    titles: Mapping[str, Size],
) -> Layout:
    """Everything where it is on the canvas."""
    origins: dict[str | None, Point] = {None: (0.0, 0.0)}
    places: dict[str, Rect] = {}
    for item in items:
        x, y = origins[item.parent]
        left, top = levels[item.parent].corners[item.id]
        places[item.id] = Rect(x + left, y + top, *sizes[item.id])
        if item.id in levels:
            free = sizes[item.id][0] - levels[item.id].size[0]
            origins[item.id] = (x + left + free / 2, y + top + titles[item.id][1])
    routes: dict[int, Route] = {}
    for box, level in levels.items():
        routes |= {number: route.moved(origins[box]) for number, route in level.routes.items()}
    return Layout(levels[None].size, places, [routes[number] for number in range(len(links))])


# --- one level


def _level(items: Sequence[Item], links: Mapping[int, Link], sizes: Mapping[str, Size], boxes: Iterable[str | None]) -> _Level:
    """What is in one box: each part that nothing joins to the others by itself, then all of them in rows."""
    wide = frozenset(boxes)
    parts = [_part(ids, numbers, links, sizes, wide) for ids, numbers in _components([item.id for item in items], links)]
    found = _Level()
    for part, (x, y) in zip(parts, _in_rows(found, [part.size for part in parts]), strict=True):
        found.corners |= {id: (left + x, top + y) for id, (left, top) in part.corners.items()}
        found.routes |= {number: route.moved((x, y)) for number, route in part.routes.items()}
    return found


def _components(ids: Sequence[str], links: Mapping[int, Link]) -> list[tuple[list[str], list[int]]]:
    """The parts of a level that no link joins: their items and the numbers of their links, in order."""
    root = {id: id for id in ids}

    def find(id: str) -> str:
        while root[id] != id:
            root[id] = root[root[id]]
            id = root[id]
        return id

    for link in links.values():
        root[find(link.target)] = find(link.source)
    found: dict[str, tuple[list[str], list[int]]] = {}
    for id in ids:
        found.setdefault(find(id), ([], []))[0].append(id)
    for number, link in links.items():
        found[find(link.source)][1].append(number)
    return list(found.values())


def _part(
    ids: Sequence[str],
    numbers: Sequence[int],
    links: Mapping[int, Link],
    sizes: Mapping[str, Size],
    boxes: frozenset[str | None],
) -> _Level:
    """One part. A label is a vertex of its own between the ends of its edge, so that nothing is drawn over it."""
    index = {id: number for number, id in enumerate(ids)}
    vertices = [sizes[id] for id in ids]
    edges: list[tuple[int, int]] = []
    of_link: dict[int, tuple[int, int | None]] = {}
    for number in numbers:
        link = links[number]
        source, target = index[link.source], index[link.target]
        if link.label is None:
            of_link[number] = len(edges), None
            edges.append((source, target))
        else:
            of_link[number] = len(edges), len(vertices)
            edges += [(source, len(vertices)), (len(vertices), target)]
            vertices.append(link.label)
    drawn = flat(vertices, edges, frozenset(index[id] for id in ids if id in boxes))
    routes = {number: _route(drawn, edge, label, vertices) for number, (edge, label) in of_link.items()}
    return _Level(drawn.size, {id: drawn.corners[index[id]] for id in ids}, routes)


def _route(drawn: Flat, edge: int, label: int | None, vertices: Sequence[Size]) -> Route:
    if label is None:
        return Route((tuple(drawn.routes[edge]),))
    lines = (tuple(drawn.routes[edge]), tuple(drawn.routes[edge + 1]))
    return Route(lines, Rect(*drawn.corners[label], *vertices[label]))


def _in_rows(level: _Level, sizes: Sequence[Size]) -> list[Point]:
    """Where each part begins, in rows from left to right; sets the size of the whole."""
    area = sum((width + APART) * (height + APART) for width, height in sizes)
    most = max([math.sqrt(area * SHAPE), *(width for width, _ in sizes)])
    found: list[Point] = []
    x = y = height = 0.0
    for size in sizes:
        if x and x + size[0] > most:
            x, y, height = 0.0, y + height + APART, 0.0
        found.append((x, y))
        height = max(height, size[1])
        level.size = max(level.size[0], x + size[0]), y + height
        x += size[0] + APART
    return found

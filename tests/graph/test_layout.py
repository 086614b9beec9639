"""The layout: nothing overlaps, everything goes down, boxes hold what is theirs."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_argo.graph.layout.coordinates import not_decreasing
from airflow_argo.graph.layout.flat import TooManyBends, flat
from airflow_argo.graph.layout.layers import layers, neighbours
from airflow_argo.graph.layout.nested import PADDING, Item, Layout, Link, Rect, nested
from airflow_argo.graph.layout.nesting import cycle, lifted, ways
from airflow_argo.graph.layout.ordering import crossings, ordered

few = settings(max_examples=40, deadline=None)
Level = tuple[list[Item], list[Link]]
SIZES = st.tuples(st.floats(1, 200), st.floats(1, 80))


@st.composite
def levels(draw: st.DrawFn, most: int = 10) -> Level:
    """Nodes and boxes in one another, and links that never go back."""
    count = draw(st.integers(1, most))
    items: list[Item] = []
    for number in range(count):
        parent = draw(st.one_of(st.none(), st.sampled_from([item.id for item in items]))) if items else None
        items.append(Item(str(number), draw(SIZES), parent))
    pairs = [(one, other) for one, other in itertools.combinations(items, 2) if one.parent == other.parent]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=2 * most)) if pairs else []
    return items, [Link(one.id, other.id, draw(st.none() | SIZES)) for one, other in chosen]


@st.composite
def edges(draw: st.DrawFn, most: int = 12) -> tuple[int, list[tuple[int, int]]]:
    count = draw(st.integers(1, most))
    pairs = list(itertools.combinations(range(count), 2))
    return count, draw(st.lists(st.sampled_from(pairs), max_size=3 * most, unique=True)) if pairs else []


def overlap(one: Rect, other: Rect) -> bool:
    tolerance = 1e-6
    return (
        one.x + one.width > other.x + tolerance
        and other.x + other.width > one.x + tolerance
        and one.y + one.height > other.y + tolerance
        and other.y + other.height > one.y + tolerance
    )


def labels(layout: Layout) -> list[Rect]:
    return [route.label for route in layout.routes if route.label is not None]


@few
@given(levels())
def test_neither_nodes_nor_labels_of_one_box_overlap(level: Level) -> None:
    items, links = level
    layout = nested(items, links)
    home = {item.id: item.parent for item in items}
    rects = [(home[id], place) for id, place in layout.places.items()]
    rects += [
        (home[link.source], route.label) for link, route in zip(links, layout.routes, strict=True) if route.label is not None
    ]
    for (one_home, one), (other_home, other) in itertools.combinations(rects, 2):
        assert one_home != other_home or not overlap(one, other)


@few
@given(levels())
def test_boxes_hold_what_is_theirs_below_their_titles(level: Level) -> None:
    items, links = level
    layout = nested(items, links)
    titles = {item.id: item.size[1] for item in items}
    for item in items:
        if item.parent is not None:
            inner, box = layout.places[item.id], layout.places[item.parent]
            assert inner.x >= box.x + PADDING - 1e-6
            assert inner.x + inner.width <= box.x + box.width - PADDING + 1e-6
            assert inner.y >= box.y + titles[item.parent] - 1e-6
            assert inner.y + inner.height <= box.y + box.height - PADDING + 1e-6


@few
@given(levels())
def test_every_edge_goes_down_from_border_to_border(level: Level) -> None:
    items, links = level
    layout = nested(items, links)
    for link, route in zip(links, layout.routes, strict=True):
        source, target = layout.places[link.source], layout.places[link.target]
        points = [point for line in route.lines for point in line]
        assert points[0][1] == pytest.approx(source.y + source.height)
        assert points[-1][1] == pytest.approx(target.y)
        assert source.x <= points[0][0] <= source.x + source.width
        assert target.x <= points[-1][0] <= target.x + target.width
        assert all(upper[1] <= lower[1] + 1e-6 for upper, lower in itertools.pairwise(points))


@few
@given(levels())
def test_no_edge_runs_through_a_node_of_its_level(level: Level) -> None:
    """Edges run straight within layers, so their points tell; between layers there are no nodes."""
    items, links = level
    layout = nested(items, links)
    home = {item.id: item.parent for item in items}
    for link, route in zip(links, layout.routes, strict=True):
        others = [
            layout.places[item.id]
            for item in items
            if item.parent == home[link.source] and item.id not in (link.source, link.target)
        ]
        for line in route.lines:
            for (x, y), (to_x, to_y) in itertools.pairwise(line):
                run = Rect(min(x, to_x), y, abs(to_x - x), to_y - y)
                if run.width < 1e-6:
                    assert not any(overlap(Rect(run.x - 0.1, run.y, 0.2, run.height), other) for other in others)
                else:  # a curve stays between two layers
                    assert not any(
                        place.y < to_y - 1e-6 and place.y + place.height > y + 1e-6
                        for place in others
                        if place.x < run.x + run.width and place.x + place.width > run.x
                    )


@few
@given(levels())
def test_everything_is_on_the_canvas(level: Level) -> None:
    layout = nested(*level)
    for place in (*layout.places.values(), *labels(layout)):
        assert place.x >= -1e-6
        assert place.y >= -1e-6
        assert place.x + place.width <= layout.size[0] + 1e-6
        assert place.y + place.height <= layout.size[1] + 1e-6


@few
@given(levels())
def test_the_same_input_gives_the_same_layout(level: Level) -> None:
    assert nested(*level) == nested(*level)


@few
@given(edges())
def test_edges_go_down_layers(graph: tuple[int, list[tuple[int, int]]]) -> None:
    count, pairs = graph
    found = layers(count, pairs)
    assert all(found[source] < found[target] for source, target in pairs)


def test_a_start_stands_above_what_follows_it_not_at_the_top() -> None:
    """0 → 1 → 2, and 3 before 2 alone: 3 stands beside 1."""
    assert layers(4, [(0, 1), (1, 2), (3, 2)]) == [0, 1, 2, 1]


@few
@given(edges(most=8))
def test_ordering_never_makes_it_worse(graph: tuple[int, list[tuple[int, int]]]) -> None:
    count, pairs = graph
    layer_of = layers(count, pairs)
    short = [(source, target) for source, target in pairs if layer_of[target] - layer_of[source] == 1]
    rows = [
        [vertex for vertex in range(count) if layer_of[vertex] == number] for number in range(min(layer_of), max(layer_of) + 1)
    ]
    above, below = neighbours(count, short)
    found = ordered(rows, above, below)
    assert [sorted(row) for row in found] == rows
    assert crossings(found, below) <= crossings(rows, below)


@few
@given(edges(most=8))
def test_crossings_are_counted_as_by_hand(graph: tuple[int, list[tuple[int, int]]]) -> None:
    count, pairs = graph
    half = [(source, target) for source, target in pairs if source < count / 2 <= target]
    rows = [
        [vertex for vertex in range(count) if vertex < count / 2],
        [vertex for vertex in range(count) if vertex >= count / 2],
    ]
    by_hand = sum((one[0] - other[0]) * (one[1] - other[1]) < 0 for one, other in itertools.combinations(half, 2))
    assert crossings(rows, neighbours(count, half)[1]) == by_hand


def test_what_can_be_drawn_without_crossings_is() -> None:
    """Two chains whose lower halves stand the other way round."""
    above, below = neighbours(6, [(0, 3), (1, 2), (3, 5), (2, 4)])
    assert crossings(ordered([[0, 1], [2, 3], [4, 5]], above, below), below) == 0


@few
@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 5)), min_size=1, max_size=6))
def test_places_of_a_layer_are_the_closest_in_order(wanted: list[tuple[int, int]]) -> None:
    """No other numbers in order are closer: moving any block of equal ones up or down makes it worse."""

    def distance(numbers: list[float]) -> float:
        return sum(weight * (number - want) ** 2 for number, (want, weight) in zip(numbers, wanted, strict=True))

    found = not_decreasing([float(want) for want, _ in wanted], [float(weight) for _, weight in wanted])
    assert found == sorted(found)
    for start, end in itertools.combinations(range(len(found) + 1), 2):
        for step in (0.01, -0.01):
            moved = [number + step * (start <= at < end) for at, number in enumerate(found)]
            assert moved != sorted(moved) or distance(moved) >= distance(found) - 1e-9


def test_a_long_edge_with_room_is_straight() -> None:
    chain = [(number, number + 1) for number in range(5)]
    drawn = flat([(50.0, 20.0)] * 6, [*chain, (0, 5)])
    bends = drawn.routes[-1][2:-2]
    assert len({round(x, 3) for x, _ in bends}) == 1


def test_lifting_gives_the_two_where_ways_part() -> None:
    known = ways({"a": None, "b": "a", "c": "b", "d": "a", "e": None})
    assert known["c"] == ("a", "b", "c")
    assert lifted(known["c"], known["d"]) == ("b", "d")
    assert lifted(known["c"], known["e"]) == ("a", "e")
    assert lifted(known["a"], known["c"]) is None


def test_a_cycle_is_told() -> None:
    assert cycle([("a", "b"), ("b", "c")]) == []
    assert set(cycle([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")])) == {"a", "b", "c"}


def test_too_many_bends_are_refused_at_once() -> None:
    count = 1_000
    chain = [(number, number + 1) for number in range(count - 1)]
    with pytest.raises(TooManyBends):
        flat([(10.0, 10.0)] * count, [*chain, *((0, number) for number in range(2, count))])


def test_a_thousand_nodes_have_their_places() -> None:
    random = Random(1)
    pairs = {(random.randrange(max(0, number - 30), number), number) for number in range(1, 1_000) for _ in range(2)}
    drawn = flat([(100.0, 40.0)] * 1_000, sorted(pairs))
    assert len(set(drawn.corners)) == 1_000
    assert len(drawn.routes) == len(pairs)

"""Airflow's task groups. The translator keeps tasks of all groups in one DAG, so that rules can name any; ids tell the groups.

A group becomes a box unless tasks outside are then before and after it at once, which no picture in layers can show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from airflow_argo.graph.layout.nesting import cycle, lifted, ways
from airflow_argo.graph.model import EdgeKind, Kind, Node, Picture


def with_task_groups(picture: Picture) -> Picture:
    """The picture with a box for each task group of the DAG."""
    tops = {node.id for node in picture.nodes if node.parent is None}
    arrows = [(edge.source, edge.target) for edge in picture.edges if edge.kind is not EdgeKind.AGAIN and edge.source in tops]
    groups = _groups(node for node in picture.nodes if node.parent is None)
    homes = dict(_homes(groups, groups))
    if not _fits(arrows, homes):
        kept: list[str] = []
        for group in groups:
            if _fits(arrows, dict(_homes(groups, [*kept, group]))):
                kept.append(group)
        homes = dict(_homes(groups, kept))
    return replace(picture, nodes=tuple(_boxed(picture.nodes, homes)))


def _groups(nodes: Iterable[Node]) -> dict[str, list[str]]:
    """Id of a group → ids of all nodes in it, at any depth; outer groups first."""
    found: dict[str, list[str]] = {}
    for node in nodes:
        parts = node.label.split(".")
        for depth in range(1, len(parts)):
            if all(parts):
                found.setdefault(".".join(parts[:depth]), []).append(node.id)
    return dict(sorted(found.items(), key=lambda item: item[0].count(".")))


def _homes(groups: Mapping[str, list[str]], kept: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Node id → the groups that it is in, from the outside."""
    found: dict[str, tuple[str, ...]] = {}
    for group in kept:
        for id in groups[group]:
            found[id] = (*found.get(id, ()), group)
    yield from found.items()


def _fits(arrows: Iterable[tuple[str, str]], homes: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether everything can still be drawn from the top to the bottom."""
    parents: dict[str, str | None] = {}
    for id, groups in homes.items():
        chain = [*map(_id, groups), id]
        parents |= dict(zip(chain, [None, *chain], strict=False))
    known = ways(parents)
    between = (lifted(known.get(source, (source,)), known.get(target, (target,))) for source, target in arrows)
    return not cycle(pair for pair in between if pair is not None)


def _boxed(nodes: Iterable[Node], homes: Mapping[str, tuple[str, ...]]) -> Iterator[Node]:
    made: set[str] = set()
    for node in nodes:
        outer: str | None = None
        for group in homes.get(node.id, ()):
            if group not in made:
                made.add(group)
                yield Node(id=_id(group), label=_inside(outer, group), kind=Kind.GROUP, parent=_id(outer) if outer else None)
            outer = group
        yield node if outer is None else replace(node, parent=_id(outer), label=_inside(outer, node.label))


def _id(group: str) -> str:
    """The id of a group's box: one that no task has."""
    return f"{group}."


def _inside(group: str | None, label: str) -> str:
    return label if group is None else label.removeprefix(f"{group}.")

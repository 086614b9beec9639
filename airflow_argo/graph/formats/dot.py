"""Graphviz's DOT language: https://graphviz.org/doc/info/lang.html."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from airflow_argo.graph.formats.colours import COLOURS
from airflow_argo.graph.formats.lines import clean, details_of, edge_label, ended, label_of
from airflow_argo.graph.model import Edge, EdgeKind, Kind, Node, Picture

_SHAPES: Mapping[Kind, dict[str, str]] = {
    Kind.NO_POD: {"style": "rounded,filled,dashed"},
    Kind.WAIT: {"shape": "parallelogram"},
    Kind.RESOURCE: {"shape": "cylinder"},
    Kind.HTTP: {"shape": "hexagon"},
    Kind.PLUGIN: {"shape": "hexagon"},
    Kind.REFERENCE: {"shape": "box", "peripheries": "2"},
    Kind.AGAIN: {"style": "rounded,filled,dotted"},
    Kind.JOIN: {"shape": "point", "width": "0.08"},
}
_STYLES = {EdgeKind.FLOW: {}, EdgeKind.HOOK: {"style": "dashed"}, EdgeKind.AGAIN: {"style": "dotted", "constraint": "false"}}
_HEAD = """\
  compound=true; rankdir=TB; fontname="Helvetica"; fontsize=11; labeljust=l;
  node [shape=box, style="rounded,filled", fillcolor=white, fontname="Helvetica", fontsize=11];
  edge [fontname="Helvetica", fontsize=9, arrowsize=0.7];"""


def dot(picture: Picture) -> str:
    """The text of a directed graph."""
    title = " · ".join(filter(None, (clean(picture.name), ended(picture.outcome))))
    drawing = _Drawing(picture)
    lines = [f"digraph {_quoted(title)} {{", _HEAD, *drawing.inside(None, "  "), *map(drawing.edge, picture.edges)]
    return "\n".join([*lines, "}"]) + "\n"


class _Drawing:
    """Nodes are named by numbers, since an id may hold anything; a box is a cluster, whose name has to begin with that word."""

    def __init__(self, picture: Picture) -> None:
        self.children = picture.children()
        self.names = {
            node.id: f"{'cluster' if node.id in self.children else 'n'}{number}" for number, node in enumerate(picture.nodes)
        }

    def inside(self, box: str | None, indent: str) -> Iterator[str]:
        """The lines for what is in a box."""
        for node in self.children[box]:
            name = self.names[node.id]
            if node.id not in self.children:
                yield f"{indent}{name} {_attributes(_node(node))};"
                continue
            yield f"{indent}subgraph {name} {{"
            looks = {"style": "rounded", **_texts(node), **_colour(node)}
            yield from (f"{indent}  {key}={_quoted(value)};" for key, value in looks.items())
            yield from self.inside(node.id, f"{indent}  ")
            yield f"{indent}}}"

    def edge(self, edge: Edge) -> str:
        """An edge. Graphviz knows edges between nodes only, so one of a box is that of a node in it, cut at the border."""
        attributes = dict(_STYLES[edge.kind])
        if edge.label:
            attributes |= {"label": edge_label(edge.label), "edgetooltip": clean(edge.label)}
        if edge.source in self.children:
            attributes["ltail"] = self.names[edge.source]
        if edge.target in self.children:
            attributes["lhead"] = self.names[edge.target]
        source, target = self.deepest(edge.source, -1), self.deepest(edge.target, 0)
        return f"  {source} -> {target} {_attributes(attributes)};".replace(" [];", ";")

    def deepest(self, id: str, place: int) -> str:
        """The name of a node in a box: the first or the last one."""
        while id in self.children:
            id = self.children[id][place].id
        return self.names[id]


def _node(node: Node) -> dict[str, str]:
    return {**_SHAPES.get(node.kind, {}), **_texts(node), **_colour(node)}


def _texts(node: Node) -> dict[str, str]:
    """Label and tooltip, as lines separated by newlines."""
    message = clean(node.outcome.message) if node.outcome else ""
    tip = "\n".join(filter(None, (clean(node.label), clean(node.condition), message)))
    return {"label": "\n".join([label_of(node), *details_of(node)]), "tooltip": tip or " "}


def _colour(node: Node) -> dict[str, str]:
    if node.outcome is None or node.outcome.state is None:
        return {}
    colour = COLOURS[node.outcome.state]
    return {"color": colour.line, "fillcolor": colour.light}


def _attributes(attributes: Mapping[str, str]) -> str:
    return f"[{', '.join(f'{key}={_quoted(value)}' for key, value in attributes.items())}]"


def _quoted(text: str) -> str:
    r"""A quoted string, in which `\n` ends a line, and `\N` or `\G` would be names of the node or graph."""
    escaped = text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'

"""Mermaid's flowcharts, as GitHub, GitLab and most wikis show them: https://mermaid.js.org/syntax/flowchart.html."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping

from airflow_argo.graph.formats.colours import COLOURS
from airflow_argo.graph.formats.lines import clean, details_of, edge_label, ended, label_of
from airflow_argo.graph.model import Edge, EdgeKind, Kind, Node, Picture

_SHAPES: Mapping[Kind, tuple[str, str]] = {
    Kind.NO_POD: ("([", "])"),
    Kind.WAIT: ("[/", "/]"),
    Kind.RESOURCE: ("[(", ")]"),
    Kind.HTTP: ("{{", "}}"),
    Kind.PLUGIN: ("{{", "}}"),
    Kind.REFERENCE: ("[[", "]]"),
    Kind.AGAIN: ("([", "])"),
    Kind.JOIN: ("((", "))"),
}
_BOX = ("[", "]")
_ARROWS = {EdgeKind.FLOW: "-->", EdgeKind.AGAIN: "-.->", EdgeKind.HOOK: "-.->"}
_PLAIN = frozenset(" ,/()_=.-'·")
_LIST_ITEM = re.compile(r"(\d+)\.(?= )|-(?= )")
"""What begins an item of a list in Markdown."""


def mermaid(picture: Picture) -> str:
    """The text of a flowchart."""
    names = {node.id: f"n{number}" for number, node in enumerate(picture.nodes)}
    lines = [f"%% {_comment(picture)}", "flowchart TD"]
    children = picture.children()
    lines += _nodes(children, names)
    lines += [f"  {_edge(edge, names)}" for edge in picture.edges]
    lines += [f"  {line}" for line in _classes(picture, children, names)]
    return "\n".join(lines) + "\n"


def _comment(picture: Picture) -> str:
    """Names and states only: Mermaid looks for directives in braces even here."""
    said = " · ".join(filter(None, (picture.name, ended(picture.outcome))))
    return clean(said).replace("{", "(").replace("}", ")")


def _nodes(children: Mapping[str | None, list[Node]], names: Mapping[str, str]) -> Iterator[str]:
    def inside(box: str | None, indent: str) -> Iterator[str]:
        for node in children[box]:
            lines = [label_of(node), *details_of(node)]
            if node.id in children:
                yield f'{indent}subgraph {names[node.id]}["{_text([" · ".join(lines)])}"]'
                yield from inside(node.id, f"{indent}  ")
                yield f"{indent}end"
            else:
                opening, closing = _SHAPES.get(node.kind, _BOX)
                label = " " if node.kind is Kind.JOIN else _text(lines)
                yield f'{indent}{names[node.id]}{opening}"{label}"{closing}'

    yield from inside(None, "  ")


def _edge(edge: Edge, names: Mapping[str, str]) -> str:
    label = f'|"{_text([edge_label(edge.label)])}"|' if edge.label else ""
    return f"{names[edge.source]} {_ARROWS[edge.kind]}{label} {names[edge.target]}"


def _classes(picture: Picture, boxes: Container[str | None], names: Mapping[str, str]) -> Iterator[str]:
    """The colours of the states that there are; boxes only hint at them, for what is in them says more."""
    for state, colour in COLOURS.items():
        members = [node for node in picture.nodes if node.outcome is not None and node.outcome.state is state]
        for name, fill, inner in ((state.value, colour.light, False), (f"{state.value}_box", f"{colour.line}12", True)):
            ids = [names[node.id] for node in members if (node.id in boxes) is inner]
            if ids:
                text = "" if inner else ",color:#1a1a1a"
                yield f"classDef {name} fill:{fill},stroke:{colour.line}{text}"
                yield f"class {','.join(ids)} {name}"


def _text(lines: Iterable[str]) -> str:
    """Lines in a quoted label. All that could mean something to Mermaid, Markdown or HTML is written as a number."""
    return "<br/>".join(_escaped(line) for line in lines)


def _escaped(line: str) -> str:
    item = _LIST_ITEM.match(line)
    begun = f"{item[1] or ''}#{46 if item[1] else 45};" if item else ""
    return begun + "".join(map(_character, line[item.end() if item else 0 :]))


def _character(one: str) -> str:
    return one if one in _PLAIN or one.isalnum() else f"#{ord(one)};"

"""The style sheet of an SVG. Written out without variables, which not every program that shows SVG knows."""

from __future__ import annotations

from airflow_argo.graph.formats.colours import COLOURS

_LIGHT = """\
.paper{fill:#fff}
text{fill:#1c2430}
.more,.said{fill:#586274}
.node rect{fill:#f6f8fb;stroke:#9aa6b8}
.node .sheet{stroke:#9aa6b8}
.box>.sheet{stroke:#b6c0ce}
.box>rect{fill:#788ca8;fill-opacity:.07;stroke:#b6c0ce}
.join circle{fill:#9aa6b8}
.edge{stroke:#8793a5}
.tip{fill:#8793a5}
"""
_DARK = """\
.paper{fill:#14171c}
text{fill:#e8ecf2}
.more,.said{fill:#a3adbd}
.node rect{fill:#222831;stroke:#66728a}
.node .sheet{stroke:#66728a}
.box>.sheet{stroke:#46505f}
.box>rect{fill:#8fa3c4;fill-opacity:.08;stroke:#46505f}
.join circle{fill:#66728a}
.edge{stroke:#75819a}
.tip{fill:#75819a}
"""
_ALWAYS = """\
text{font-family:Helvetica,Arial,"Liberation Sans",sans-serif}
.id{font-size:13px;font-weight:bold}
.more,.said{font-size:11px}
.head{font-size:15px;font-weight:bold}
.node text,.said{text-anchor:middle}
.edge,.sheet{fill:none;stroke-width:1.3}
.hook{stroke-dasharray:5 4}
rect,circle{stroke-width:1.3}
.paper{stroke:none}
.no-pod rect{stroke-dasharray:5 3}
.again rect{stroke-dasharray:2 3}
.while rect{stroke-dasharray:9 4}
"""


def _states(*, dark: bool) -> str:
    """Nodes in the colour of their state; boxes only hint at it, for what is in them says more."""
    lines = []
    for state, colour in COLOURS.items():
        fill = colour.dark if dark else colour.light
        lines.append(f".node.{state.value} rect{{fill:{fill};stroke:{colour.line};stroke-width:1.8}}")
        lines.append(f".{state.value}>.sheet{{stroke:{colour.line}}}")
        lines.append(f".box.{state.value}>rect{{fill:{colour.line};fill-opacity:.06;stroke:{colour.line}}}")
    return "\n".join(lines) + "\n"


STYLE = f"\n{_ALWAYS}{_LIGHT}{_states(dark=False)}@media (prefers-color-scheme:dark){{\n{_DARK}{_states(dark=True)}}}\n"

"""Every format holds any text, and says nothing that the text says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from airflow_argo.diagnostics import InputError
from airflow_argo.graph import draw
from airflow_argo.graph.formats.text_size import shortened, width_of, wrapped

from .drawing import dag, task, workflow

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "tasks",
    "end",
    "subgraph",
    "style a:b #x; y",
    "click",
    "%%{init: {}}%%",
    "\"q\" 's' `b`",
    "a\nb\r\tc",
    "<script>alert(1)</script>",
    "]]> <!-- & &amp; #35; &lt;",
    "{{= x }} {x} [x] (x) |x|",
    "1. one",
    "- one",
    "**bold** _it_ $$x$$ :::class @{shape: x}",
    "\\N \\G \\l \\",
    "日本語 é 😀 \u202egnp",
    "\x00\x1b[1m\ud800\ufffe",
    "x" * 250,
    "href=javascript:alert(1)",
    ";",
    "",
]


def manifest_of(text: str) -> dict[str, Any]:
    """A workflow with a text wherever one may stand: as name, image, group, condition, item."""
    pod = {"name": "pod", "container": {"image": text}}
    inner = dag("inner", task(f"in {text}", template="pod"))
    return workflow(
        pod,
        inner,
        dag(
            "main",
            task("first"),
            task(f"a{text}", template="pod", dependencies=["first"], when=f"x == {text}"),
            task(f"b{text}", template="inner", withParam=text),
            task("c", templateRef={"name": text, "template": text}, hooks={text: {"template": "noop", "expression": text}}),
        ),
    )


def status_of(text: str) -> dict[str, Any]:
    root = {"id": "w", "name": "w", "displayName": "w", "type": "DAG", "phase": "Running"}
    failed = {"id": "w-1", "name": "w.first", "displayName": "first", "phase": "Failed", "boundaryID": "w", "message": text}
    return {"nodes": {"w": root, "w-1": failed}}


texts = st.text(max_size=60) | st.sampled_from(HOSTILE)


def with_examples(test: Any) -> Any:
    for text in HOSTILE:
        test = example(text)(test)
    return settings(max_examples=25, deadline=None)(test)


@with_examples
@given(texts)
def test_svg_is_xml_without_script_or_reference(text: str) -> None:
    source = draw(manifest_of(text), "svg", status=status_of(text))
    root = ET.fromstring(source.encode())
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "g", "title", "style", "rect", "circle", "path", "text"
    }  # fmt: skip
    assert not any(re.match(r"on|.*href|src", name) for element in root.iter() for name in element.attrib)
    assert "url(" not in source
    assert "@import" not in (root.findtext(f"{SVG}style") or "")


@with_examples
@given(texts)
def test_json_is_json_and_holds_the_text_as_it_is(text: str) -> None:
    source = draw(manifest_of(text), "json", status=status_of(text))
    found = json.loads(source.encode())
    told = text.encode("utf-8", "replace").decode()
    assert f"a{told}" in {node["label"] for node in found["nodes"]}


_MERMAID_TEXT = r'"(?:[^"#&<>{}\[\]|`;\\]|#\d+;|<br/>)*"'
_OPENING, _CLOSING = r"(?:\[|\(\[|\[/|\[\(|\{\{|\[\[|\(\()", r"(?:\]|\]\)|/\]|\)\]|\}\}|\]\]|\)\))"
_MERMAID_LINES = (
    r"%% [^{}]*",
    r"flowchart TD",
    rf"\s*n\d+{_OPENING}{_MERMAID_TEXT}{_CLOSING}",
    rf"\s*subgraph n\d+\[{_MERMAID_TEXT}\]",
    r"\s*end",
    rf"\s*n\d+ (?:-->|-\.->)(?:\|{_MERMAID_TEXT}\|)? n\d+",
    r"\s*classDef \w+ fill:#\w+,stroke:#\w+(?:,color:#\w+)?",
    r"\s*class n\d+(?:,n\d+)* \w+",
)
_MERMAID_LINE = re.compile("|".join(_MERMAID_LINES))


@with_examples
@given(texts)
def test_mermaid_has_only_lines_of_its_grammar(text: str) -> None:
    for line in draw(manifest_of(text), "mermaid", status=status_of(text)).splitlines():
        assert _MERMAID_LINE.fullmatch(line), line


_DOT_TEXT = r'"(?:[^"\\&\x00-\x1f]|\\\\|\\"|\\n|&amp;)*"'
_DOT_ATTRIBUTES = rf"\w+={_DOT_TEXT}(?:, \w+={_DOT_TEXT})*"
_DOT_LINE = re.compile(
    rf"digraph {_DOT_TEXT} \{{|\s*subgraph cluster\d+ \{{|\s*\}}|\s*\w+={_DOT_TEXT};|\s*n\d+ \[{_DOT_ATTRIBUTES}\];"
    rf"|\s*n\d+ -> n\d+(?: \[{_DOT_ATTRIBUTES}\])?;"
)


@with_examples
@given(texts)
def test_dot_has_only_lines_of_its_grammar(text: str) -> None:
    head, *lines = draw(manifest_of(text), "dot", status=status_of(text)).splitlines()
    for line in (head, *lines[3:]):
        assert _DOT_LINE.fullmatch(line), line


@pytest.mark.skipif(not shutil.which("dot"), reason="there is no Graphviz here")
def test_graphviz_reads_it_and_gets_the_text() -> None:
    for text in HOSTILE:
        source = draw(manifest_of(text), "dot", status=status_of(text))
        found = subprocess.run(["dot", "-Tjson0"], input=source, capture_output=True, text=True, check=True, timeout=60)
        assert not found.stderr
        assert len(json.loads(found.stdout)["edges"]) == 2
    plain = "\"q\" 's' <b> [x] (x) |x|"
    shown = subprocess.run(
        ["dot", "-Tsvg"], input=draw(manifest_of(plain), "dot"), capture_output=True, text=True, check=True, timeout=60
    )
    said = {element.text for element in ET.fromstring(shown.stdout.encode()).iter(f"{SVG}text")}
    assert f"a{plain}" in said


def test_the_same_workflow_gives_the_same_text() -> None:
    for format in ("mermaid", "dot", "svg", "json"):
        assert draw(manifest_of("x"), format) == draw(manifest_of("x"), format)


def test_no_label_is_longer_than_its_node() -> None:
    source = draw(manifest_of("a-very-long-name " * 14), "svg")
    root = ET.fromstring(source)
    for group in root.iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        if rect is not None and "node" in group.get("class", ""):
            lines = [line.text or "" for line in group.iter(f"{SVG}text")]
            assert max(width_of(line, 11) for line in lines) <= float(rect.get("width", "0"))


def test_a_tooltip_says_what_has_no_room() -> None:
    long = "y" * 250
    root = ET.fromstring(draw(manifest_of(long), "svg", status=status_of(long)))
    tips = [title.text or "" for title in root.iter(f"{SVG}title")]
    assert any(f"a{long}" in tip for tip in tips)
    assert any(tip.endswith(long) and "first" in tip for tip in tips)


def test_too_much_for_a_drawing_is_refused_with_a_way_out() -> None:
    manifest = workflow(dag("main", *(task(f"t{number}") for number in range(2_001))))
    with pytest.raises(InputError, match="use the format dot, mermaid or json"):
        draw(manifest, "svg")
    assert draw(manifest, "dot").count('[style="rounded,filled,dashed"') == 2_001


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(InputError, match="use one of: mermaid, dot, svg, json"):
        draw(manifest_of("x"), "png")


@given(st.text(max_size=120), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_wrapped_lines_keep_within_their_width(text: str, lines: int) -> None:
    found = wrapped(text, 13, 120, lines)
    assert len(found) <= lines
    assert all(width_of(line, 13) <= 120 + 1e-6 for line in found)
    assert found[-1].endswith("…") or "".join("".join(found).split()) == "".join(text.split())


def test_a_shortened_text_says_that_it_is() -> None:
    assert shortened("short", 11, 100) == "short"
    assert shortened("x" * 100, 11, 60).endswith("…")

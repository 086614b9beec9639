"""Every golden manifest, whatever is wrong with it, can be drawn in every format."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from airflow_argo.graph import FORMATS, picture
from airflow_argo.graph.model import Picture

GOLDEN = Path(__file__).parent.parent / "golden"
PATHS = sorted(GOLDEN.glob("*/*.yaml"))
EMPTY = {"nopod/steps-empty-list-rejected", "nopod/dag-empty-rejected"}
CIRCLE = {"limits/cycle"}
"""Tasks that wait for one another: no drawing in layers, but any other."""


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def drawings(path: Path) -> list[Picture]:
    documents = [document for document in yaml.safe_load_all(path.read_text(encoding="utf-8")) if document]
    drawable = [document for document in documents if document["kind"] in ("Workflow", "WorkflowTemplate")]
    return [picture(document, show_all=show_all) for document in drawable for show_all in (False, True)]


@pytest.mark.parametrize("path", PATHS, ids=named)
def test_a_golden_manifest_is_drawn(path: Path) -> None:
    for found in drawings(path):
        assert bool(found.nodes) is (named(path) not in EMPTY)
        ids = {node.id for node in found.nodes}
        assert len(ids) == len(found.nodes)
        assert {end for edge in found.edges for end in (edge.source, edge.target)} <= ids
        boxes = {node.parent for node in found.nodes} - {None}
        assert boxes <= ids
        for format in ("mermaid", "dot", "json"):
            assert FORMATS[format](found)
        if named(path) not in CIRCLE:
            ET.fromstring(FORMATS["svg"](found))


def test_there_are_goldens() -> None:
    assert len(PATHS) > 200

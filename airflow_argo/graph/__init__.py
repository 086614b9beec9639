"""Pictures of workflows: any manifest of Argo's as a Mermaid, Graphviz or SVG drawing, or as JSON; coloured by a run.

manifest ──reader──▶ Picture ──outcomes──▶ Picture with states ──formats──▶ text. Of manifests that our compiler wrote, what is
its own is left out, and steps have the author's ids.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from airflow_argo.diagnostics import InputError
from airflow_argo.graph.formats.dot import dot
from airflow_argo.graph.formats.mermaid import mermaid
from airflow_argo.graph.formats.svg import svg
from airflow_argo.graph.model import Picture
from airflow_argo.graph.outcomes import coloured
from airflow_argo.graph.reader import read
from airflow_argo.graph.source import Source

__all__ = ["FORMATS", "draw", "picture"]


def _json(drawn: Picture) -> str:
    text = json.dumps(drawn.to_json(), ensure_ascii=False, indent=2)
    return text.encode("utf-8", "replace").decode() + "\n"  # half of a surrogate pair is no text


FORMATS: Mapping[str, Callable[[Picture], str]] = {"mermaid": mermaid, "dot": dot, "svg": svg, "json": _json}


def draw(manifest: Mapping[str, Any], format: str, *, status: Mapping[str, Any] | None = None, show_all: bool = False) -> str:
    """A workflow as a drawing. The same workflow gives the same text.

    Args:
        manifest: a Workflow, WorkflowTemplate, ClusterWorkflowTemplate or CronWorkflow, of ours or anybody's.
        format: mermaid, dot, svg or json.
        status: of a run, as Argo has it, with `nodes` readable: nodes are coloured by their states.
        show_all: also tasks that our compiler added, and all names as Argo has them.
    Raises:
        InputError: it is none of these, a field has not the shape that Argo wants, or it is too large for this format.
    """
    if format not in FORMATS:
        raise InputError(f"there is no format '{format}'", f"use one of: {', '.join(FORMATS)}")
    return FORMATS[format](picture(manifest, status=status, show_all=show_all))


def picture(manifest: Mapping[str, Any], *, status: Mapping[str, Any] | None = None, show_all: bool = False) -> Picture:
    """What `draw` draws.

    Raises:
        InputError: as `draw`.
    """
    source = Source.of(manifest, status)
    if show_all:
        source = source.without_notes()
    reading = read(source)
    return reading.picture if status is None else coloured(reading, source, status)

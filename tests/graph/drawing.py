"""Short ways to write manifests, and to say what is drawn of them."""

from __future__ import annotations

from typing import Any

from airflow_argo.graph import picture
from airflow_argo.graph.model import Node, Picture

NOOP = {"name": "noop", "suspend": {"duration": "0"}}


def workflow(*templates: dict[str, Any], entrypoint: str = "main", **spec: Any) -> dict[str, Any]:
    """A Workflow of anybody's, with a template `noop`."""
    return {
        "kind": "Workflow",
        "metadata": {"generateName": "some-"},
        "spec": {"entrypoint": entrypoint, "templates": [NOOP, *templates], **spec},
    }


def dag(name: str, *tasks: dict[str, Any]) -> dict[str, Any]:
    """A dag template."""
    return {"name": name, "dag": {"tasks": list(tasks)}}


def task(name: str, depends: str = "", template: str = "noop", **fields: Any) -> dict[str, Any]:
    """A task or step."""
    return {"name": name, "template": template, **({"depends": depends} if depends else {}), **fields}


def edges(drawn: Picture) -> dict[tuple[str, str], str]:
    """(source, target) → what the edge says."""
    return {(edge.source, edge.target): edge.label for edge in drawn.edges}


def nodes(drawn: Picture) -> dict[str, Node]:
    """The nodes by id."""
    return {node.id: node for node in drawn.nodes}


def said_on(depends: str, *before: str, when: str = "", **fields: Any) -> tuple[dict[str, str], str]:
    """What the edges to a task say, and the task itself."""
    names = before or ("a",)
    last = task("last", depends, **({"when": when} if when else {}), **fields)
    drawn = picture(workflow(dag("main", *map(task, names), last)))
    return {source: label for (source, _), label in edges(drawn).items()}, nodes(drawn)["last"].condition

"""Reading manifests: YAML or JSON, one document or several, as kubectl reads them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from airflow_argo.diagnostics import InputError, Origin

MAX_FILE_BYTES = 20 * 1024 * 1024
"""Far more than Argo stores; a larger file is a mistake, and reading it would take minutes."""

MAX_NODES = 2_000_000
"""Values in a file, each use of an anchor counted: what exceeds it is a YAML bomb, or as harmful as one."""

MAX_DEPTH = 200
"""Levels of nesting."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ManifestError(InputError):
    """A text is no manifest."""


class _KubectlLoader(_Loader):  # type: ignore[misc]
    """YAML as Go's parser reads it: a date is text, and y and n are bools."""


_KubectlLoader.yaml_implicit_resolvers = {
    first: [(kind, pattern) for kind, pattern in resolvers if kind != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
_KubectlLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:y|Y|n|N)$"), list("yYnN"))
_KubectlLoader.add_constructor(
    "tag:yaml.org,2002:bool",
    lambda loader, node: loader.construct_scalar(node).lower() in ("y", "yes", "true", "on"),
)


def read_manifests(text: str, source: str) -> list[dict[str, Any]]:
    """The objects of a text.

    Args:
        text: YAML or JSON.
        source: the file's name, for messages.
    Raises:
        ManifestError: the text is too large, no YAML, or not made of Kubernetes objects.
    """
    at = Origin(source)
    if len(text) > MAX_FILE_BYTES:
        found = f"it has {len(text) / 1024 / 1024:.0f} MiB"
        raise ManifestError(found, f"a manifest has at most {MAX_FILE_BYTES // 1024 // 1024}", at)
    documents = [document for document in _documents(text, source) if document is not None]
    if not documents:
        raise ManifestError("it is empty", "give a manifest", at)
    _check_sizes(documents, at)
    return [found for document in documents for found in _objects(document, at)]


def read_manifest_file(path: Path) -> list[dict[str, Any]]:
    """The objects of a file.

    Raises:
        ManifestError: there is no such file, or it holds no manifest.
    """
    return read_manifests(read_manifest_text(path), str(path))


def read_manifest_text(path: Path) -> str:
    """The text of a file.

    Raises:
        ManifestError: there is no such file, or it can't be a manifest.
    """
    at = Origin(str(path))
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            cure = f"a manifest has at most {MAX_FILE_BYTES // 1024 // 1024}"
            raise ManifestError(f"it has {size / 1024 / 1024:.0f} MiB", cure, at)
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ManifestError(f"it can't be read: {error.strerror}", "check the path", at) from None
    except UnicodeDecodeError:
        raise ManifestError("it is no UTF-8 text", "give a manifest", at) from None


def _documents(text: str, source: str) -> list[Any]:
    try:
        if _may_be_deep(text) and _depth(text) > MAX_DEPTH:
            raise ManifestError("it is nested too deeply", "no manifest is", Origin(source))
        return list(yaml.load_all(text, Loader=_KubectlLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = Origin(source, mark.line + 1, mark.column + 1) if mark else Origin(source)
        raise ManifestError(f"it is no YAML: {error.problem}", "correct it there", at) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ManifestError(f"it is no YAML: {error}", "correct it", Origin(source)) from None


def _may_be_deep(text: str) -> bool:
    """Whether a text could be nested deeper than allowed: it has enough of what opens a level."""
    openings = text.count("[") + text.count("{") + text.count("- - ")
    return openings > MAX_DEPTH or " " * MAX_DEPTH in text


def _depth(text: str) -> int:
    """How deep a text is nested; libyaml itself would crash on much more than allowed."""
    depth = deepest = 0
    for event in yaml.parse(text, Loader=_KubectlLoader):
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            depth += 1
            deepest = max(deepest, depth)
            if deepest > MAX_DEPTH:
                break
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            depth -= 1
    return deepest


def _objects(document: Any, at: Origin) -> Iterable[dict[str, Any]]:
    if not isinstance(document, dict):
        found = (
            "a list"
            if isinstance(document, list)
            else {str: "a text", int: "a number", float: "a number", bool: "a bool"}.get(type(document), "a value")
        )
        raise ManifestError(f"it is {found}, not an object", "separate several objects by a line of ---", at)
    if document.get("kind") == "List" and isinstance(document.get("items"), list):
        for item in document["items"]:
            yield from _objects(item, at)
        return
    for key in ("apiVersion", "kind"):
        if not isinstance(document.get(key), str):
            raise ManifestError(f"an object in it has no {key}", "give Kubernetes objects", at)
    yield document


def _check_sizes(documents: list[Any], at: Origin) -> None:
    nodes = _nodes(documents, {}, set())
    if nodes > MAX_NODES:
        found = f"its anchors make {nodes:.0e} values of it" if nodes < math.inf else "an anchor in it contains itself"
        raise ManifestError(found, "write out what is meant", at)


def _nodes(value: Any, known: dict[int, float], inside: set[int]) -> float:
    """How many values there are in one, those under anchors counted each time; infinite if it contains itself."""
    if not isinstance(value, dict | list):
        return 1
    key = id(value)
    if key in inside:
        return math.inf
    if key not in known:
        inside.add(key)
        parts = value.values() if isinstance(value, dict) else value
        known[key] = 1 + sum(_nodes(part, known, inside) for part in parts)
        inside.discard(key)
    return known[key]

"""Where things are in a text: the line and column of a path such as `spec.templates[2].dag.tasks[0].when`.

A text is only read for its places when there is something to be said about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from airflow_argo.diagnostics import Origin

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INDEX: Final = re.compile(r"\[(\d+)\]")


class Places:
    """The places in one text of one or several documents, as `read_manifests` gives them.

    Args:
        text: YAML or JSON that can be read.
        file: its name.
    """

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self._roots = [root for node in yaml.compose_all(text, _Loader) for root in _objects(node)]

    def of(self, document: int, path: str) -> Origin:
        """The place of what a path names, or of the innermost thing around it that is there.

        Args:
            document: its number in the text, from 0.
        """
        if document >= len(self._roots):
            return Origin(self.file)
        mark = _mark(self._roots[document], path)
        return Origin(self.file, mark.line + 1, mark.column + 1)


def _objects(node: Any) -> Iterator[Any]:
    """The objects of a document: those of a List one by one, none of an empty document."""
    if not isinstance(node, yaml.MappingNode):
        return
    fields = {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    kind, items = fields.get("kind"), fields.get("items")
    if kind is not None and kind.value == "List" and isinstance(items, yaml.SequenceNode):
        for item in items.value:
            yield from _objects(item)
    else:
        yield node


def _mark(node: Any, path: str) -> Any:
    """The mark of a key, or of a list's item."""
    mark = node.start_mark
    while path:
        if isinstance(node, yaml.SequenceNode) and (match := _INDEX.match(path)) and int(match[1]) < len(node.value):
            node = node.value[int(match[1])]
            mark, path = node.start_mark, path[match.end() :].removeprefix(".")
        elif isinstance(node, yaml.MappingNode) and (found := _field(node, path)) is not None:
            key, node = found
            mark, path = key.start_mark, path[len(key.value) :].removeprefix(".")
        else:
            break
    return mark


def _field(node: Any, path: str) -> tuple[Any, Any] | None:
    """The key that a path begins with, the longest if several do, and its value. A key may have dots of its own."""
    found = [
        (key, value)
        for key, value in node.value
        if isinstance(key, yaml.ScalarNode) and path.startswith(key.value) and path[len(key.value) :][:1] in ("", ".", "[")
    ]
    return max(found, key=lambda pair: len(pair[0].value), default=None)

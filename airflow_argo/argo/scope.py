"""Variables by dotted key, as Argo's controller keeps them, in layers that are built once and shared by many evaluations.

Argo copies all variables of a scope into one map for each substitution and expands the dotted keys into nested maps for each
expression. Here a scope is a chain of layers (globals ← inputs ← tasks ← item), and nested maps are views that are looked up
as far as an expression reads: a scope of 10,000 tasks costs an expression no more than one of ten.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

ABSENT: Final = None
"""The value of a variable that is there and has no value (Go's nil): an output of a skipped node that has no default."""

PLACEHOLDER_PREFIX = "__argo__internal__placeholder-"
"""How Argo marks a value that is not known yet (util/template/placeholder.go)."""


class _Unset:
    __slots__ = ()


_UNSET: Final = _Unset()

_Limits = tuple[tuple[str, Collection[str]], ...]


class _Node:
    """One segment of a layer's keys."""

    __slots__ = ("children", "value")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.value: object = _UNSET


class _Layer:
    """Variables that were set in one place: by dotted key, and on demand as a tree of the keys' segments."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.placeholders: set[str] = set()
        self._root = _Node()
        self._not_in_tree: list[str] = []

    def set(self, key: str, value: object) -> None:
        self.values[key] = value
        self._not_in_tree.append(key)
        if isinstance(value, str) and value.startswith(PLACEHOLDER_PREFIX):
            self.placeholders.add(key)

    def remove(self, key: str) -> None:
        if self.values.pop(key, _UNSET) is not _UNSET:
            self._root, self._not_in_tree = _Node(), list(self.values)

    def tree(self) -> _Node:
        for key in self._not_in_tree:
            node = self._root
            for segment in key.split("."):
                child = node.children.get(segment)
                if child is None:
                    child = node.children[segment] = _Node()
                node = child
            node.value = self.values[key]
        self._not_in_tree.clear()
        return self._root


class Scope(Mapping[str, Any]):
    """Variables by dotted key; a later layer hides the same key of an earlier one.

    As a Mapping it is flat: ``scope["tasks.a.outputs.parameters.x"]``. Length and iteration cost in proportion to all keys;
    neither substitution nor expressions use them.
    """

    def __init__(self, variables: Mapping[str, object] | None = None, parent: Scope | None = None) -> None:
        self._own = _Layer()
        self.layers: tuple[tuple[_Layer, _Limits], ...] = ((self._own, ()), *(parent.layers if parent is not None else ()))
        for key, value in (variables or {}).items():
            self.set(key, value)

    def child(self, variables: Mapping[str, object] | None = None) -> Scope:
        """A new layer over this one; what is set here later is seen there too."""
        return Scope(variables, self)

    def limited(self, head: str, names: Collection[str]) -> Scope:
        """A view of this scope that has of ``head.<name>…`` only those whose name is in `names`.

        For a task, with `head` "tasks" and the names of its ancestors: one layer of outputs serves all tasks of a DAG. What
        is set in the view itself isn't limited.
        """
        view = Scope()
        below = tuple((layer, (*limits, (head, names))) for layer, limits in self.layers)
        view.layers = (*view.layers, *below)
        return view

    def set(self, key: str, value: object) -> None:
        """Set a variable of this layer; ABSENT for one that exists without a value."""
        self._own.set(key, value)

    def remove(self, key: str) -> None:
        """Forget a variable of this layer, if it is there."""
        self._own.remove(key)

    def has_placeholder(self) -> bool:
        """Whether any value of the nested view is one of Argo's internal placeholders."""
        keys = {key for layer, _ in self.layers for key in layer.placeholders}
        return any(_is_placeholder(self.expanded(), key) for key in keys)

    # --- the flat view

    def __getitem__(self, key: str) -> Any:
        for layer, limits in self.layers:
            if key in layer.values and _visible(key, limits):
                return layer.values[key]
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and any(key in layer.values and _visible(key, limits) for layer, limits in self.layers)

    def __iter__(self) -> Iterator[str]:
        visible = (key for layer, limits in self.layers for key in layer.values if _visible(key, limits))
        return iter(dict.fromkeys(visible))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    # --- the nested view

    def expanded(self) -> NestedView:
        """The variables as nested maps; a key that others continue (`a` beside `a.b`) has no value there.

        Source: util/expand.
        """
        return NestedView([_Part(layer.tree(), limits, ()) for layer, limits in self.layers])


def _visible(key: str, limits: _Limits) -> bool:
    for head, names in limits:
        if key.startswith(head + ".") and key[len(head) + 1 :].partition(".")[0] not in names:
            return False
    return True


def _is_placeholder(value: Any, key: str) -> bool:
    for segment in key.split("."):
        if not isinstance(value, Mapping) or segment not in value:
            return False
        value = value[segment]
    return isinstance(value, str) and value.startswith(PLACEHOLDER_PREFIX)


class _Part(NamedTuple):
    """What one layer has at a place of the nested view, and what of it may be seen."""

    node: _Node
    limits: _Limits
    names: tuple[Collection[str], ...]

    def child(self, name: str) -> _Part | None:
        node = self.node.children.get(name)
        if node is None or not self.may_see(name):
            return None
        return _Part(node, (), tuple([allowed for head, allowed in self.limits if head == name]))

    def may_see(self, name: str) -> bool:
        return not self.names or all(name in allowed for allowed in self.names)

    def visible_names(self) -> Iterable[str]:
        if not self.names:
            return self.node.children
        fewest = min((self.node.children, *self.names), key=len)
        return (name for name in fewest if name in self.node.children and self.may_see(name))

    def is_branch(self) -> bool:
        return bool(self.node.children) and (not self.names or any(True for _ in self.visible_names()))


class NestedView(Mapping[str, Any]):
    """Nested maps over the layers of a scope (`map[string]any` for an expression), looked up when read."""

    __slots__ = ("_parts",)

    def __init__(self, parts: list[_Part]) -> None:
        self._parts = parts

    def _find(self, key: str) -> Any:
        found = [child for part in self._parts if (child := part.child(key)) is not None]
        branches = [child for child in found if child.is_branch()]
        if branches:
            return NestedView(branches)
        values = [leaf.node.value for leaf in found if leaf.node.value is not _UNSET]
        return values[0] if values else _UNSET

    def __getitem__(self, key: str) -> Any:
        value = self._find(key)
        if value is _UNSET:
            raise KeyError(key)
        return value

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._find(key) is not _UNSET

    def __iter__(self) -> Iterator[str]:
        names = dict.fromkeys(name for part in self._parts for name in part.visible_names())
        return (name for name in names if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or the default."""
        value = self._find(key)
        return default if value is _UNSET else value

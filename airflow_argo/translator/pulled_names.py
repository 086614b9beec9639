"""What calls of `xcom_pull` in Python texts say of the tasks and keys that they pull."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from airflow_argo.translator.parsed import nodes_in

_PERCENT = re.compile(r"%(?:\((?:\w+)\))?[-#0 +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[a-zA-Z%]")
"""A place of a text that the operator % fills. Source: printf-style String Formatting."""


@dataclass(frozen=True, slots=True)
class Named:
    """What is said of that.

    Attributes:
        ids, keys: those that are constants.
        patterns: regular expressions of ids that are put together of constants and something else.
        any_task: something is pulled of a task of which nothing is said.
        any_key: something is pulled under a key that isn't a constant.
    """

    ids: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()
    any_task: bool = False
    any_key: bool = False

    @property
    def names_tasks(self) -> bool:
        """Whether something is pulled of tasks of which something is said."""
        return bool(self.ids or self.patterns)

    def may_mean(self, task_id: str) -> bool:
        """Whether something may be pulled of a task."""
        return self.any_task or task_id in self.ids or any(re.fullmatch(one, task_id) for one in self.patterns)

    @classmethod
    def of_all(cls, parts: Iterable[Named]) -> Named:
        """What is said in several places."""
        found = tuple(parts)
        return cls(
            frozenset().union(*(one.ids for one in found)),
            frozenset().union(*(one.keys for one in found)),
            frozenset().union(*(one.patterns for one in found)),
            any(one.any_task for one in found),
            any(one.any_key for one in found),
        )


def names_pulled(texts: Iterable[str], *, of_all: bool = False) -> Named:
    """What Python texts say of what they pull.

    Args:
        of_all: by calls that may mean other instances than the one of the own index.
    """
    return Named.of_all(_in_text(text, of_all) for text in texts)


@lru_cache(maxsize=256)
def _in_text(text: str, of_all: bool) -> Named:
    calls = [node for node in (nodes_in(text) if "xcom_pull" in text else ()) if isinstance(node, ast.Call)]
    meant = [call for call in calls if not (of_all and _is_of_own_index(call))]
    return Named.of_all(_in_call(call, call.func.attr) for call in meant if isinstance(call.func, ast.Attribute))


def _is_of_own_index(call: ast.Call) -> bool:
    """Whether a call has `map_indexes=ti.map_index`."""
    given = (keyword.value for keyword in call.keywords if keyword.arg == "map_indexes")
    return any(isinstance(value, ast.Attribute) and value.attr == "map_index" for value in given)


def _in_call(call: ast.Call, method: str) -> Named:
    if not method.endswith("xcom_pull"):
        return Named()
    given: dict[str | int | None, ast.expr] = {**dict(enumerate(call.args)), **{one.arg: one.value for one in call.keywords}}
    if None in given or any(isinstance(arg, ast.Starred) for arg in call.args):
        return Named(any_task=True, any_key=True)  # **kwargs, *args
    if method == "xcom_pull":
        return _of(_chosen(given, _IDS), _chosen(given, _KEYS))
    words = [value for name, value in given.items() if name != "default"]  # a function of the author's, with any arguments
    return _of(words, words, unsure_keys=_chosen(given, _KEYS))


_IDS = ("task_ids", 0, 1)
_KEYS = ("key", 2, 3)
"""Arguments by name and by place: of a task instance's method, and of an operator's, which has a context before them.

Source: RuntimeTaskInstance.xcom_pull, BaseOperator.xcom_pull.
"""


def _chosen(given: dict[str | int | None, ast.expr], names: Iterable[str | int]) -> list[ast.expr]:
    return [given[name] for name in names if name in given]


def _of(ids: list[ast.expr], keys: list[ast.expr], unsure_keys: list[ast.expr] | None = None) -> Named:
    of_tasks, of_keys = [_texts_of(one) for one in ids], [_texts_of(one) for one in keys]
    unsure = of_keys if unsure_keys is None else [_texts_of(one) for one in unsure_keys]
    return Named(
        frozenset(text for texts in of_tasks for text in texts or () if isinstance(text, str)),
        frozenset(text for texts in of_keys for text in texts or () if isinstance(text, str)),
        frozenset(text.pattern for texts in of_tasks for text in texts or () if not isinstance(text, str)),
        any(texts is None for texts in of_tasks),
        any(texts is None or not all(isinstance(text, str) for text in texts) for texts in unsure),
    )


Texts = list[str | re.Pattern[str]] | None
"""The texts that an expression may be, or that are in the list that it is; None if only a run could tell."""


def _texts_of(node: ast.AST) -> Texts:
    match node:
        case ast.Constant():
            return [node.value] if isinstance(node.value, str) else []
        case ast.List() | ast.Tuple() | ast.Set():
            return _all_of(node.elts)
        case ast.IfExp():
            return _all_of([node.body, node.orelse])
        case ast.BoolOp():
            return _all_of(node.values)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            return _texts_of(node.elt)
    pieces = list(_pieces_of(node))
    if not any(pieces):
        return None
    return [re.compile("".join("(?s:.*)" if piece is None else re.escape(piece) for piece in pieces))]


def _all_of(nodes: Iterable[ast.AST]) -> Texts:
    found = [_texts_of(node) for node in nodes]
    return None if None in found else [text for texts in found for text in texts or ()]


def _pieces_of(node: ast.AST) -> Iterator[str | None]:
    """What a text is put together of, in order; None is what only a run could tell."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr():
            for part in node.values:
                yield from _pieces_of(part)
        case ast.BinOp(op=ast.Add()):
            yield from _pieces_of(node.left)
            yield from _pieces_of(node.right)
        case ast.BinOp(op=ast.Mod(), left=ast.Constant(value=str(text))):
            yield from _filled(text, _between_percents)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            yield from _filled(text, _between_braces)
        case _:
            yield None


def _filled(text: str, between: Callable[[str], Iterator[str | None]]) -> Iterator[str | None]:
    try:
        yield from list(between(text))
    except ValueError:  # not as it has to be: the call will fail
        yield None


def _between_percents(text: str) -> Iterator[str | None]:
    end = 0
    for place in _PERCENT.finditer(text):
        yield text[end : place.start()]
        yield "%" if place.group().endswith("%") else None
        end = place.end()
    yield text[end:]


def _between_braces(text: str) -> Iterator[str | None]:
    for literal, name, _, _ in string.Formatter().parse(text):
        yield literal
        if name is not None:
            yield None

"""What an operator that runs as it is may pull of other tasks: Argo passes only what is known to be read."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from airflow_argo.translator.context import RETURN_VALUE
from airflow_argo.translator.parsed import nodes_in
from airflow_argo.translator.shipping import constants_pulled
from airflow_argo.translator.templates import known_key

_ARGUMENTS = ("task_ids", "dag_id", "key")
"""Of `xcom_pull`, in their order. Source: RuntimeTaskInstance.xcom_pull."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What texts pull.

    Attributes:
        pulls: ids of tasks and keys, where one call names both.
        ids, keys: constants that may be ids of tasks, and keys.
        any_task: something is pulled of a task that no constant names.
        any_key: something is pulled under a key that no constant names.
    """

    pulls: tuple[tuple[str, str], ...] = ()
    ids: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    any_task: bool = False
    any_key: bool = False

    @classmethod
    def by(cls, files: Iterable[str], templates: Iterable[str], environment: Any) -> Pulled:
        """What Python files and the templates of a task pull."""
        texts = tuple(files)
        ids, keys, unsure = constants_pulled(texts)
        found = [cls(ids=frozenset(ids), keys=frozenset(keys), any_task=unsure, any_key=any(map(_any_key, texts)))]
        found += [_in_template(text, environment) for text in templates if "xcom_pull" in text]
        return cls(
            tuple(dict.fromkeys((task_id, known_key(key)) for one in found for task_id, key in one.pulls)),
            frozenset().union(*(one.ids for one in found)),
            frozenset().union(*(map(known_key, one.keys) for one in found)),
            any(one.any_task for one in found),
            any(one.any_key for one in found),
        )


@lru_cache(maxsize=256)
def _any_key(text: str) -> bool:
    """Whether a call of `xcom_pull` in a Python text names its key by no constant."""
    calls = (node for node in (nodes_in(text) if "xcom_pull" in text else ()) if isinstance(node, ast.Call))
    return any(_is_pull(call.func) and not _names_its_key(call) for call in calls)


def _is_pull(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr.endswith("xcom_pull")


def _names_its_key(call: ast.Call) -> bool:
    given = {str(keyword.arg): keyword.value for keyword in call.keywords} | dict(zip(_ARGUMENTS, call.args, strict=False))
    if "None" in given or any(isinstance(arg, ast.Starred) for arg in call.args):
        return False  # **kwargs, *args
    return isinstance(given.get("key", ast.Constant(RETURN_VALUE)), ast.Constant)


def _in_template(text: str, environment: Any) -> Pulled:
    """What a template pulls, by calls of `xcom_pull` anywhere in it. Of one that is no template the pod says so."""
    import jinja2
    from jinja2 import nodes

    try:
        tree = environment.parse(text)
    except jinja2.TemplateError:
        return Pulled()
    calls = [call for call in tree.find_all(nodes.Call) if getattr(call.node, "attr", None) == "xcom_pull"]
    given = [_arguments(call) for call in calls]
    pulls = [(one, str(keys)) for ids, keys in given for one in ids or () if keys is not None]
    words = frozenset(str(node.value) for node in tree.find_all(nodes.Const) if isinstance(node.value, str))
    any_task, any_key = any(ids is None for ids, _ in given), any(key is None for _, key in given)
    if not calls:  # it has another name for xcom_pull
        any_task = any_key = True
    named = words if any_task or any_key else frozenset()
    return Pulled(tuple(pulls), named, named, any_task, any_key)


def _arguments(call: Any) -> tuple[list[str] | None, str | None]:
    """(ids of tasks, key) of a call of `xcom_pull` in a template; None for what only the run could tell."""
    if call.dyn_args is not None or call.dyn_kwargs is not None:
        return None, None
    given = dict(zip(_ARGUMENTS, call.args, strict=False)) | {keyword.key: keyword.value for keyword in call.kwargs}
    ids, key = _constant(given.get("task_ids")), _constant(given.get("key"), RETURN_VALUE)
    listed = [ids] if isinstance(ids, str) else list(ids) if isinstance(ids, list | tuple) else [] if ids is None else None
    return listed, key if isinstance(key, str) else None


_UNKNOWN = object()


def _constant(node: Any, absent: Any = None) -> Any:
    from jinja2 import nodes

    try:
        return absent if node is None else node.as_const()
    except nodes.Impossible:
        return _UNKNOWN

"""What an operator that runs as it is may pull of other tasks: Argo passes only what is known to be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from airflow_argo.translator.context import RETURN_VALUE
from airflow_argo.translator.pulled_names import Named, names_pulled
from airflow_argo.translator.templates import known_key

_ARGUMENTS = ("task_ids", "dag_id", "key")
"""Of `xcom_pull`, in their order. Source: RuntimeTaskInstance.xcom_pull."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What texts pull.

    Attributes:
        pulls: ids of tasks and keys, where one call in a template names both.
        named: what other calls say.
        of_all: what calls say that may mean other instances than the one of the own index.
    """

    pulls: tuple[tuple[str, str], ...] = ()
    named: Named = field(default_factory=Named)
    of_all: Named = field(default_factory=Named)

    @classmethod
    def by(cls, files: Iterable[str], templates: Iterable[str], environment: Any) -> Pulled:
        """What Python files and the templates of a task pull."""
        found = [_in_template(text, environment) for text in templates if "xcom_pull" in text]
        texts = tuple(files)
        named = Named.of_all((names_pulled(texts), *(one.named for one in found)))
        of_all = Named.of_all((names_pulled(texts, of_all=True), *(one.of_all for one in found)))
        return cls(
            tuple(dict.fromkeys((task_id, known_key(key)) for one in found for task_id, key in one.pulls)),
            replace(named, keys=frozenset(map(known_key, named.keys))),
            of_all,
        )


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
    others = (ids or () for call, (ids, _) in zip(calls, given, strict=True) if not _is_of_own_index(call))
    of_all = Named(named.union(*others), any_task=any_task)
    return Pulled(tuple(pulls), Named(named, named, any_task=any_task, any_key=any_key), of_all)


def _is_of_own_index(call: Any) -> bool:
    """Whether a call has `map_indexes=ti.map_index`."""
    given = (keyword.value for keyword in call.kwargs if keyword.key == "map_indexes")
    return any(getattr(value, "attr", None) == "map_index" for value in given)


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

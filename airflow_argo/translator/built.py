"""Kubernetes objects as an operator builds them, with what Airflow would render in them as values of the model.

The operator itself builds its pod or Job, after its own walk over its template fields, in which a mark takes the place of each
text that Airflow would render. So templates are found where Airflow looks for them and nowhere else: a text in `full_pod_spec`
is none.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from types import MethodType, SimpleNamespace
from typing import Any

from airflow_argo.model.values import Constant, Listing, Member, Record, Text, Type, Value
from airflow_argo.pod.airflow_task.policies import use_policies
from airflow_argo.translator.airflow_names import airflow_names
from airflow_argo.translator.context import MappedItem, TaskContext, WantsAirflow
from airflow_argo.translator.mapped_groups import expand_input_of

_MARK = re.compile("\ue000([0-9]+)\ue001")
"""Stands for a text that Airflow renders, in characters that no object of Kubernetes' may have in its names."""

_NEEDED_TO_BUILD = frozenset(
    {"name", "namespace", "base_container_name", "pod_template_file", "job_template_file", "config_file", "cluster_context"}
    | {"kubernetes_conn_id"}
)
"""Template fields that the operator looks at as it builds, so that they have to be known."""

_LISTS, _OBJECTS = frozenset({"cmds", "arguments"}), frozenset({"env_vars"})
"""Arguments that may be mapped over lists of one length, or over dicts of the same keys."""

_SECRET_VOLUME = re.compile("secretvol[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Source: airflow.providers.cncf.kubernetes Secret.to_volume_secret."""

_FILES = ("pod_template_file", "job_template_file")

ANY_NAMESPACE = "\ue002"
"""The namespace of an object for which the author names none."""


class Built:
    """An object that an operator built, as JSON, with marks in its texts.

    Attributes:
        item: the object, without what is None in it.
        operator: the copy that built it; its `name` is None if the author gives none, or if only a run knows it.
    """

    def __init__(self, task: Any, ctx: TaskContext, build: Callable[[Any], Any]) -> None:
        """Has the operator build it.

        Args:
            task: is neither changed nor run.
            build: calls the method of the operator, of which it is given a copy.
        Raises:
            WantsAirflow: only a run knows what the operator builds.
            Exception: whatever the operator's own code raises.
        """
        from kubernetes.client import ApiClient

        self._ctx = ctx
        self._marked: list[Any] = []
        use_policies()  # among which is `pod_mutation_hook`
        self.operator = self._builder(task)
        self.item: dict[str, Any] = _named_anew(ApiClient().sanitize_for_serialization(build(self.operator)))

    # What was built

    def text(self, found: str) -> str | Text:
        """A text of the object; text that Airflow wouldn't render stays as it is."""
        pieces = [part for part in self._pieces(found) if part != ""]
        if len(pieces) == 1:
            return pieces[0]
        parts = (part.parts if isinstance(part, Text) else (part,) for part in pieces)
        return Text(tuple(piece for part in parts for piece in part), python=True) if pieces else ""

    def known(self, found: Any) -> Any:
        """A part of the object, all of which has to be known now.

        Raises:
            WantsAirflow: it has a text that only the run knows.
        """
        if isinstance(found, dict):
            return {key: self.known(value) for key, value in found.items()}
        if isinstance(found, list):
            return [self.known(value) for value in found]
        if not isinstance(found, str):
            return found
        text = self.text(found)
        if not isinstance(text, str):
            raise WantsAirflow(f"{self._shown(found)!r} in its pod is known only when it runs")
        return text

    def value(self, found: Any) -> Value:
        """A part of the object as a value, for a manifest."""
        if isinstance(found, dict):
            return self.record(found)
        if isinstance(found, list):
            return Listing(tuple(self.value(value) for value in found))
        if not isinstance(found, str):
            return self._ctx.constant(found)
        text = self.text(found)
        return text if isinstance(text, Text) else Constant.of(text)

    def record(self, found: dict[str, Any]) -> Record:
        """An object in it, as a value."""
        return Record(tuple((key, self.value(value)) for key, value in found.items()))

    def _pieces(self, found: str) -> Iterator[str | Text]:
        for number, part in enumerate(_MARK.split(found)):
            if number % 2 == 0:
                yield part
                continue
            marked = self._marked[int(part)]
            yield Text((marked,), python=True) if isinstance(marked, Member) else self._ctx.text(marked)

    def _shown(self, found: str) -> str:
        return _MARK.sub(lambda match: str(self._marked[int(match[1])]), found)

    # Building

    def _builder(self, task: Any) -> Any:
        """A copy of the operator with its template fields rendered to marks."""
        builder = copy.copy(task)
        builder.__dict__["hook"] = SimpleNamespace(is_in_cluster=True, get_namespace=lambda: ANY_NAMESPACE)
        references = {id(one): one for name in task.template_fields for one in _references(getattr(task, name, None))}
        for name, value in list(vars(task).items()):
            if isinstance(value, MappedItem):
                builder.__dict__[name] = self._of_item(name, value)
            elif name in task.template_fields and name in _NEEDED_TO_BUILD:
                builder.__dict__[name] = self._needed(name, value)
            elif name in task.template_fields and name not in ("image", "hostname", "trigger_kwargs") and _is_unknown(value):
                raise WantsAirflow(f"its {name} is known only when it runs")
            elif name in task.template_fields:
                builder.__dict__[name] = copy.deepcopy(value, dict(references))
        fields = [name for name in task.template_fields if name not in _NEEDED_TO_BUILD]
        builder.__dict__["render_template"] = self._marking(builder.render_template)
        builder._do_render_template_fields(builder, fields, {}, SimpleNamespace(), set())  # noqa: SLF001 - Airflow's own walk
        return builder

    def _marking(self, rendering: MethodType) -> Callable[..., Any]:
        """Airflow's `render_template`, which leaves marks instead of what it would render."""

        def render(content: Any, context: Any, jinja_env: Any = None, seen_oids: Any = None) -> Any:
            if (isinstance(content, str) and content and not _MARK.fullmatch(content)) or _is_unknown(content):
                return self._mark(content)
            return content if isinstance(content, str) else rendering(content, context, jinja_env, seen_oids)

        return render

    def _mark(self, found: Any) -> str:
        self._marked.append(found)
        return f"\ue000{len(self._marked) - 1}\ue001"

    def _needed(self, name: str, found: Any) -> Any:
        if found is None:
            return None
        text = self._ctx.text(found)
        if not isinstance(text, str):
            if name == "name":
                return None
            raise WantsAirflow(f"its {name} is known only when it runs")
        if name in _FILES and text:
            _check_file(name, text)
        return text

    def _of_item(self, name: str, item: MappedItem) -> Any:
        """What stands for an item of a mapping: the object has to be of one shape, whatever the item."""
        items = _literal_items(self._ctx.task, item)
        value = self._ctx.value(item)
        if name in ("image", "hostname"):
            return self._mark(item)
        if name == "name":
            return None
        if name in _LISTS and items and all(isinstance(one, list | tuple) for one in items):
            counts = {len(one) for one in items}
            if len(counts) == 1 and all(isinstance(word, str) for one in items for word in one):
                return [self._mark(Member(value, index, Type.TEXT)) for index in range(counts.pop())]
        if name in _OBJECTS and items and all(isinstance(one, dict) for one in items):
            keys = list(items[0])
            if all(list(one) == keys and all(isinstance(text, str) for text in one.values()) for one in items):
                return {str(key): self._mark(Member(value, str(key), Type.TEXT)) for key in keys}
        raise WantsAirflow(f"the {name} of its instances may be of different shapes")


def _named_anew(item: dict[str, Any]) -> dict[str, Any]:
    """The object with numbers in the random names of Secrets' volumes, so that a DAG gives the same manifest each time."""
    text = json.dumps(item)
    for number, name in enumerate(dict.fromkeys(_SECRET_VOLUME.findall(text)), 1):
        text = text.replace(name, f"secretvol{number}")
    read: dict[str, Any] = json.loads(text)
    return read


def _literal_items(task: Any, item: MappedItem) -> list[Any]:
    """The items of a mapping, if they are written down."""
    given = expand_input_of(task)
    items = given.value.get(item.axis) if given is not None and isinstance(given.value, dict) else getattr(given, "value", None)
    if not isinstance(items, list | tuple):
        return []
    if item.key is None:
        return list(items)
    return [one.get(item.key) for one in items if isinstance(one, dict)]


def _check_file(name: str, path: str) -> None:
    """Raises WantsAirflow for a file that isn't there; the operator would go on without it, and say so in its log."""
    from pathlib import Path

    if not Path(path).is_file():
        raise WantsAirflow(f"its {name} '{path}' isn't on this machine")


def _is_unknown(found: Any) -> bool:
    return isinstance(found, MappedItem | airflow_names().resolve_mixin)


def _references(found: Any) -> Iterator[Any]:
    """XComArgs and the like in a template field: they aren't copied, as they hold the whole DAG."""
    if _is_unknown(found):
        yield found
    elif isinstance(found, dict):
        for value in found.values():
            yield from _references(value)
    elif isinstance(found, list | tuple | set):
        for value in found:
            yield from _references(value)
    elif hasattr(found, "openapi_types"):
        for name in found.openapi_types:
            yield from _references(getattr(found, name))

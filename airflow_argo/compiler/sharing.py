"""Templates that differ in texts alone become one, with a parameter for each text that differs.

A manifest is easier to read with a template for each loop and each kind of job, so this is only for those that would have more
templates than Argo takes. A text can be a parameter where Argo puts values in and has no rule for what it may be. Tags stay as
they are, since they read names of their own template.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from airflow_argo.argo.limits import MAX_PARAMETERS
from airflow_argo.compiler.drafts import Dict
from airflow_argo.compiler.scope import parameter_name, unused

EACH = "*"
"""In PLACES: any element of a list, any field of an object."""

_ARGUMENTS: Dict = {"arguments": {"parameters": {EACH: {"value": {}}}}, "withParam": {}}
_VARIABLE: Dict = {"name": {}, "value": {}}
_CONTAINER = {"image": {}, "command": {EACH: {}}, "args": {EACH: {}}, "env": {EACH: _VARIABLE}}
PLACES: Dict = {
    "activeDeadlineSeconds": {},
    "container": _CONTAINER,
    "dag": {"tasks": {EACH: _ARGUMENTS}},
    "metadata": {"annotations": {EACH: {}}, "labels": {EACH: {}}},
    "podSpecPatch": {},
    "resource": {"failureCondition": {}, "manifest": {}, "successCondition": {}},
    "retryStrategy": {"backoff": {"cap": {}, "duration": {}, "factor": {}}, "limit": {}},
    "script": {"env": {EACH: _VARIABLE}, "image": {}},
    "steps": {EACH: {EACH: _ARGUMENTS}},
}
"""The fields of a template whose texts may be parameters: Argo puts values in all of a template; the CRD wants plain texts."""

KINDS = ("container", "script", "resource", "suspend", "dag", "steps")
"""The kinds of templates that the compiler makes."""

_TAG = re.compile(r"(\{\{.*?\}\})", re.DOTALL)
_UNSAID = frozenset({"arguments", "parameters", "tasks", "value"})
"""Fields that tell nothing about what is in them."""

Replace = Callable[[tuple[str, ...], str], str]


def shared(templates: Iterable[Dict], kept: Collection[str]) -> list[Dict]:
    """The templates, those of one shape as one, until no two have the same.

    Args:
        kept: names of templates that are called from elsewhere too, or known by their names.
    """
    found = list(templates)
    while True:
        by_shape: dict[str, list[Dict]] = {}
        for template in found:
            shape = template["name"] if template["name"] in kept else _shape(template)
            by_shape.setdefault(shape, []).append(template)
        names = {template["name"] for template in found}
        made: dict[str, _Shared] = {}
        for group in by_shape.values():
            if len(group) > 1 and (one := _Shared.of(group, names)) is not None:
                made[group[0]["name"]] = one
                names.add(one.body["name"])
        if not made:
            return found
        calls = {name: (one.body["name"], given) for one in made.values() for name, given in one.arguments.items()}
        rest = [made[one["name"]].body if one["name"] in made else one for one in found]
        found = [_calling(one, calls) for one in rest if one["name"] not in calls]


@dataclass(frozen=True, slots=True)
class _Shared:
    """A template in the place of some.

    Attributes:
        arguments: name of a template that it stands for → what a call of that passes besides, name and text.
    """

    body: Dict
    arguments: dict[str, list[tuple[str, str]]]

    @classmethod
    def of(cls, group: list[Dict], taken: Collection[str]) -> _Shared | None:
        """The one for templates of the same shape, of a name of its own; None if it had more parameters than Argo takes."""
        texts = [_texts(template) for template in group]
        first, inputs = group[0], group[0].get("inputs", {})
        names = [one["name"] for one in inputs.get("parameters", ())]
        slots: dict[int, str] = {}
        same: dict[tuple[str, ...], str] = {}
        for place, column in enumerate(zip(*texts, strict=True)):
            values = tuple(text for _, text in column)
            if len(set(values)) > 1:
                slots[place] = same.get(values) or unused(_name(column[0][0]), [*names, *same.values()])
                same[values] = slots[place]
        if len(names) + len(same) > MAX_PARAMETERS:
            return None
        numbers = iter(range(len(texts[0])))
        body = _rewritten(first, lambda _, text: _reading(slots.get(next(numbers)), text))
        body["name"] = unused(next(kind for kind in KINDS if kind in first), taken)
        if same:
            parameters = [*inputs.get("parameters", ()), *({"name": name} for name in same.values())]
            body = {"name": body["name"], "inputs": {**inputs, "parameters": parameters}, **_without(body, "name", "inputs")}
        given = {
            template["name"]: [(name, values[number]) for values, name in same.items()] for number, template in enumerate(group)
        }
        return cls(body, given)


def _reading(slot: str | None, text: str) -> str:
    return text if slot is None else f"{{{{inputs.parameters.{slot}}}}}"


def _name(path: tuple[str, ...]) -> str:
    said = [word for word in path if word not in _UNSAID and not word.isdigit()]
    return parameter_name(said[-1]) if said else "text"


def _shape(template: Dict) -> str:
    """A text that templates have in common if they differ in nothing but their names and texts that may be parameters."""
    return json.dumps(_without(_rewritten(template, lambda _, __: ""), "name"), sort_keys=True)


def _texts(template: Dict) -> list[tuple[tuple[str, ...], str]]:
    """The texts that may be parameters, each with its path, in the order of the fields."""
    found: list[tuple[tuple[str, ...], str]] = []

    def noted(path: tuple[str, ...], text: str) -> str:
        found.append((path, text))
        return text

    _rewritten(template, noted)
    return found


def _rewritten(value: Any, replace: Replace, places: Dict = PLACES, path: tuple[str, ...] = ()) -> Any:
    """A template with other texts in the places where they may be parameters; `replace` is asked for each, with its path."""
    if isinstance(value, dict):
        value = _with_items_as_text(value) if "withParam" in places else value
        return {key: _inside(key, key, part, replace, places, path) for key, part in value.items()}
    if isinstance(value, list):
        return [_inside(EACH, _of(part, number), part, replace, places, path) for number, part in enumerate(value)]
    if places or isinstance(value, bool) or not isinstance(value, str | int):
        return value
    pieces = _TAG.split(str(value))
    if any("{{" in piece for piece in pieces[::2]):
        return value
    pieces[::2] = [replace(path, piece) for piece in pieces[::2]]
    text = "".join(pieces)
    return value if text == str(value) else text


def _inside(key: str, word: str, part: Any, replace: Replace, places: Dict, path: tuple[str, ...]) -> Any:
    inner = places.get(key, places.get(EACH))
    return part if inner is None else _rewritten(part, replace, inner, (*path, word))


def _of(part: Any, number: int) -> str:
    """How an element of a list is called."""
    return str(part["name"]) if isinstance(part, dict) and "name" in part else str(number)


def _with_items_as_text(task: Dict) -> Dict:
    """A task that runs over a list that is known runs over the text of the list, which may be a parameter."""
    if "withItems" not in task:
        return task
    text = json.dumps(task["withItems"], ensure_ascii=False)
    return task if "{{" in text else {**_without(task, "withItems"), "withParam": text}


def _calling(template: Dict, calls: dict[str, tuple[str, list[tuple[str, str]]]]) -> Dict:
    """A template whose tasks and steps call what stands for the templates that they called."""
    if "dag" in template:
        return {**template, "dag": {**template["dag"], "tasks": [_call(task, calls) for task in template["dag"]["tasks"]]}}
    if "steps" in template:
        return {**template, "steps": [[_call(step, calls) for step in steps] for steps in template["steps"]]}
    return template


def _call(task: Dict, calls: dict[str, tuple[str, list[tuple[str, str]]]]) -> Dict:
    if task.get("template") not in calls:
        return task
    template, given = calls[task["template"]]
    arguments = task.get("arguments", {})
    more = [{"name": name, "value": value} for name, value in given]
    passed = {**arguments, "parameters": [*arguments.get("parameters", ()), *more]} if more else arguments
    own = {"name": task["name"], "template": template, **({"arguments": passed} if passed else {})}
    return {**own, **_without(task, *own)}


def _without(fields: Dict, *names: str) -> Dict:
    return {key: value for key, value in fields.items() if key not in names}

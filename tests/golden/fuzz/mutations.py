"""A random manifest with one thing wrong in it, most of the time: what Argo refuses, and what it takes all the same."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from random import Random
from typing import Any

from .manifests import manifest

Part = dict[str, Any]
VARIANTS = 8
"""Of one manifest."""

_TAG = re.compile(r"\{\{.*?\}\}")
ODD_VALUES: tuple[Any, ...] = (5, True, None, "", [], {}, ["x"], {"x": "y"}, "a_b", "a.b", "x" * 130, 1.5, -1, "bad name")
ODD_TAGS = (
    "{{inputs.parameters.nope}}",
    "{{tasks.nope.outputs.parameters.r}}",
    "{{steps.nope.status}}",
    "{{item}}",
    "{{item.k}}",
    "{{workflow.parameters.nope}}",
    "{{workflow.nope}}",
    "{{outputs.parameters.r}}",
    "{{pod.name}}",
    "{{retries}}",
    "{{= tasks.nope.status }}",
    "{{nope}}",
    "{{workflow.outputs.parameters.nope}}",
    "{{tasks.a.outputs.result}}",
    "{{steps.a.outputs.parameters.nope}}",
)
FIELDS: dict[str, tuple[tuple[str, Any], ...]] = {
    "spec": (
        ("entrypoint", "nope"),
        ("onExit", "nope"),
        ("hooks", {"exit": {"template": "nope"}}),
        ("hooks", {"run": {"template": "main"}}),
        ("arguments", {"parameters": [{"name": "p"}, {"name": "p", "value": "x"}]}),
        ("arguments", {"parameters": [{"name": "p"}]}),
        ("parallelism", 0),
        ("activeDeadlineSeconds", 0),
        ("nope", 1),
        ("suspend", False),
        ("ttlStrategy", {"secondsAfterCompletion": 9}),
        ("podGC", {"strategy": "Never"}),
        ("synchronization", {"mutexes": [{"name": "x"}, {"name": "x"}]}),
        ("retryStrategy", {"limit": "x"}),
        ("templateDefaults", {"nope": 1}),
        ("volumes", [{"name": "v"}]),
        ("priority", "1"),
    ),
    "template": (
        ("timeout", "5s"),
        ("timeout", 5),
        ("activeDeadlineSeconds", 5),
        ("activeDeadlineSeconds", "{{inputs.parameters.nope}}"),
        ("parallelism", 1),
        ("suspend", {}),
        ("container", {"image": "lab/task:1", "command": ["true"]}),
        ("daemon", False),
        ("failFast", True),
        ("retryStrategy", {"limit": "x"}),
        ("retryStrategy", {"retryPolicy": "Sometimes"}),
        ("retryStrategy", {"backoff": {}}),
        ("retryStrategy", {"limit": 1, "backoff": {"duration": "x", "factor": "1.5"}}),
        ("outputs", {"parameters": [{"name": "r"}]}),
        ("outputs", {"parameters": [{"name": "r", "value": "x"}]}),
        ("outputs", {"parameters": [{"name": "r", "valueFrom": {"path": "/tmp/r"}}]}),
        ("outputs", {"parameters": [{"name": "r", "valueFrom": {"parameter": "x"}}]}),
        ("outputs", {"parameters": [{"name": "r", "valueFrom": {"expression": "nope("}}]}),
        ("outputs", {"parameters": [{"name": "r", "valueFrom": {"supplied": {}}}]}),
        ("outputs", {"artifacts": [{"name": "f"}]}),
        ("outputs", {"artifacts": [{"name": "f", "path": "/tmp/f"}]}),
        ("inputs", {"parameters": [{"name": "v"}, {"name": "v"}]}),
        ("inputs", {"artifacts": [{"name": "f"}]}),
        ("inputs", {"artifacts": [{"name": "f", "path": "/x", "raw": {"data": "x"}, "optional": True}]}),
        ("inputs", {"parameters": [{"name": "v", "valueFrom": {"configMapKeyRef": {"name": "nope", "key": "k"}}}]}),
        ("synchronization", {"semaphores": [{"configMapKeyRef": {"name": "nope", "key": "k"}}]}),
        ("synchronization", {"mutexes": [{}]}),
        ("metadata", {"labels": {"x": "bad value"}}),
        ("memoize", {"key": "x", "cache": {"configMap": {"name": "c"}}}),
        ("nope", 1),
        ("volumes", [{"name": "v", "emptyDir": {}}, {"name": "v", "emptyDir": {}}]),
        ("sidecars", [{"name": "main", "image": "x"}]),
        ("initContainers", [{"name": "x", "image": "x"}]),
    ),
    "task": (
        ("name", "a"),
        ("name", "1a"),
        ("name", "a_b"),
        ("template", "nope"),
        ("template", "{{inputs.parameters.nope}}"),
        ("templateRef", {"name": "nope", "template": "x"}),
        ("templateRef", {"name": "nope"}),
        ("inline", {"suspend": {}}),
        ("depends", "a"),
        ("depends", "g.Succeeded"),
        ("depends", "a.Nope"),
        ("depends", "a &&"),
        ("depends", "(a"),
        ("depends", "a.AnySucceeded"),
        ("depends", "a || true"),
        ("dependencies", ["a"]),
        ("dependencies", ["g"]),
        ("continueOn", {"failed": True}),
        ("withItems", []),
        ("withItems", "x"),
        ("withItems", [None, [[]]]),
        ("withParam", "x"),
        ("withParam", ["x"]),
        ("withSequence", {}),
        ("withSequence", {"count": 2}),
        ("withSequence", {"count": "2", "end": "3"}),
        ("withSequence", {"start": "1"}),
        ("when", True),
        ("when", "&&"),
        ("onExit", "nope"),
        ("hooks", {"exit": {"template": "nope"}}),
        ("hooks", {"run": {"template": "main"}}),
        ("hooks", {"exit": {}}),
        ("hooks", {"exit": {"template": "main", "arguments": {"parameters": [{"name": "x"}]}}}),
        ("arguments", {"parameters": [{"name": "v"}]}),
        ("arguments", {"parameters": [{"name": "v", "value": "1"}, {"name": "v", "value": "2"}]}),
        ("arguments", {"parameters": [{"name": "other", "value": "1"}]}),
        ("arguments", {"parameters": [{"value": "1"}]}),
        ("arguments", {"parameters": [{"name": "v", "valueFrom": {"expression": "'x'"}}]}),
        ("arguments", {"artifacts": [{"name": "f", "from": "{{tasks.a.outputs.artifacts.f}}"}]}),
        ("arguments", {"artifacts": [{"name": "f"}]}),
        ("nope", 1),
    ),
}


def mutated(number: int) -> tuple[list[Part], set[str]]:
    """The documents of a manifest with something changed, and what it was."""
    base = number // VARIANTS
    text = json.dumps(manifest(base)[0]).replace(f'"fuzz-{base}', f'"fuzz-m{number}')  # so that they can run at the same time
    documents, random = json.loads(text), Random(f"mutation {number}")
    change = random.choice((_field, _field, _field, _tag, _value, _without, _twice))
    return documents, {change(documents, random)}


def _field(documents: list[Part], random: Random) -> str:
    places = [*_places(documents)]
    kind = random.choice(("spec", "template", "template", "task", "task", "task"))
    part = random.choice([part for name, part in places if name == kind] or [documents[-1]["spec"]])
    field, value = random.choice(FIELDS[kind])
    part[field] = value
    return f"{kind}.{field}"


def _tag(documents: list[Part], random: Random) -> str:
    holders = [(part, key) for part, key in _members(documents) if isinstance(part[key], str) and "{{" in part[key]]
    if not holders:
        return _field(documents, random)
    part, key = random.choice(holders)
    tag = random.choice(ODD_TAGS)
    part[key] = _TAG.sub(lambda _: tag, part[key], count=1)
    return f"tag {tag}"


def _value(documents: list[Part], random: Random) -> str:
    part, key = random.choice([*_members(documents)])
    part[key] = random.choice(ODD_VALUES)
    return f"value of {key}"


def _without(documents: list[Part], random: Random) -> str:
    part, key = random.choice([one for one in _members(documents) if isinstance(one[0], dict)])
    del part[key]
    return f"without {key}"


def _twice(documents: list[Part], random: Random) -> str:
    lists = [part[key] for part, key in _members(documents) if isinstance(part[key], list) and part[key]]
    chosen = random.choice(lists)
    chosen.append(copy.deepcopy(random.choice(chosen)))
    return "an element twice"


def _places(documents: list[Part]) -> Iterator[tuple[str, Part]]:
    for document in documents:
        spec = document.get("spec")
        if not spec:
            continue
        yield "spec", spec
        for template in spec.get("templates") or []:
            yield "template", template
            for task in (template.get("dag") or {}).get("tasks") or []:
                yield "task", task
            for group in template.get("steps") or []:
                yield from (("task", step) for step in group)


def _members(documents: list[Part]) -> Iterator[tuple[Any, Any]]:
    todo: list[Any] = [document["spec"] for document in documents if "spec" in document]
    while todo:
        part = todo.pop()
        keys: Any = list(part) if isinstance(part, dict) else range(len(part))
        for key in keys:
            yield part, key
            if isinstance(part[key], (dict, list)):
                todo.append(part[key])

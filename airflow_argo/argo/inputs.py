"""Which arguments a workflow takes, and needs.

Argo itself ignores those that nothing reads, so that a typo would go unnoticed; and takes a workflow that lacks one, to end it
as an Error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from airflow_argo.diagnostics import InputError
from airflow_argo.pod.run import RUN_VARIABLE

Spec = Mapping[str, Any]

SpecOf = Callable[[Mapping[str, Any]], "Spec | None"]
"""A `workflowTemplateRef` or `templateRef` → the spec of the template that it names; None if nobody can tell here."""

_ALL: Final = re.compile(r"workflow\.parameters(?!\??\.(?!json\b)[\w-])")
"""Reads of all parameters at once, as JSON, or of one by an expression."""


def kind_of(reference: Mapping[str, Any]) -> str:
    """The kind of document that a reference names."""
    return "ClusterWorkflowTemplate" if reference.get("clusterScope") else "WorkflowTemplate"


def specs_among(documents: Iterable[Mapping[str, Any]]) -> SpecOf:
    """A `SpecOf` that knows these documents and no others."""
    specs = {(one.get("kind"), (one.get("metadata") or {}).get("name")): one.get("spec") or {} for one in documents}
    return lambda reference: specs.get((kind_of(reference), reference.get("name")))


def refers_to_others(spec: Spec) -> bool:
    """Whether a workflow is made of templates of other documents, so that it doesn't show all that they read."""
    text = json.dumps(spec)
    return '"workflowTemplateRef"' in text or '"templateRef"' in text


def known_to_nobody(_reference: Mapping[str, Any]) -> None:
    """A `SpecOf` that knows no document."""


def check_inputs(spec: Spec, names: Iterable[str], spec_of: SpecOf = known_to_nobody) -> None:
    """Checks that a workflow has these inputs, or reads them at least, and that no other of its inputs lacks a value.

    Args:
        spec: of a Workflow or WorkflowTemplate.
        spec_of: gives those that it refers to. What they read can't be known without.
    Raises:
        InputError: it has no such input, or another one that has no value.
    """
    reference = spec.get("workflowTemplateRef")
    under = spec_of(reference) if isinstance(reference, Mapping) else {}
    if under is None:
        return
    given, inputs = set(names), inputs_of(spec, under)
    if strangers := sorted(given - inputs.keys()):
        _check_read(strangers, sorted(inputs), [spec, under], spec_of)
    if lacking := [f"'{name}'" for name, has_value in inputs.items() if not has_value and name not in given]:
        raise InputError(f"no value is given for input {', '.join(lacking)}", "give one: the manifest has none")


def inputs_of(spec: Spec, under: Spec) -> dict[str, bool]:
    """The name of each input, and whether it has a value. A template that the workflow begins or ends with gets its arguments.

    Args:
        under: the spec of the template that it refers to, if it does.
    Source: workflow/controller/operator.go, where the entrypoint and onExit are executed with `spec.arguments`.
    """
    found: dict[str, bool] = {}
    for one in (*_named(spec, "arguments", "parameters"), *_named(under, "arguments", "parameters")):
        name = str(one["name"])
        found[name] = found.get(name, False) or one.get("value") is not None or one.get("valueFrom") is not None
    for called in (spec.get(field) or under.get(field) for field in ("entrypoint", "onExit")):
        for template in (*_named(spec, "templates"), *_named(under, "templates")):
            if template["name"] == called:
                for one in _named(template, "inputs", "parameters"):
                    found.setdefault(str(one["name"]), True)  # the controller says itself what lacks there
    return found


def _named(part: Any, *path: str) -> Iterator[Mapping[str, Any]]:
    """The objects of a list that have names; a manifest that no server has seen yet may have anything in such a place."""
    for key in path:
        part = part.get(key) if isinstance(part, Mapping) else None
    if isinstance(part, list):
        yield from (one for one in part if isinstance(one, Mapping) and "name" in one)


def _check_read(strangers: list[str], inputs: list[str], specs: list[Spec], spec_of: SpecOf) -> None:
    """Checks that something reads names which aren't declared; it may be a template in another document.

    Raises:
        InputError: nothing does.
    """
    text = json.dumps(specs)
    for reference in _references(specs, spec_of):
        if reference is None:
            return
        text += json.dumps(reference)
    if _ALL.search(text) and RUN_VARIABLE not in text:  # ours are told all, and read none that isn't declared
        return
    for name in strangers:
        if not re.search(rf"workflow\.parameters\??\.{re.escape(name)}(?![\w-])", text):
            near = get_close_matches(name, inputs, 1)
            cure = f"did you mean '{near[0]}'? " if near else ""
            raise InputError(f"the workflow has no input '{name}'", f"{cure}it has: {', '.join(inputs) or 'none'}")


def _references(specs: list[Spec], spec_of: SpecOf) -> Iterator[Spec | None]:
    """The specs that tasks and steps get templates of, each once; None for one that can't be read."""
    seen: set[tuple[str, str]] = set()
    left: list[Any] = list(specs)
    while left:
        match left.pop():
            case Mapping() as part:
                left += part.values()
                reference = part.get("templateRef")
                if not isinstance(reference, Mapping):
                    continue
                key = (kind_of(reference), str(reference.get("name")))
                if key not in seen:
                    seen.add(key)
                    found = spec_of(reference)
                    yield found
                    left.append(found)
            case list() as parts:
                left += parts

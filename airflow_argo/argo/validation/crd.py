"""What the API server refuses, with its texts: types, counts, lengths, patterns, and the rules between fields (CEL)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from airflow_argo.argo.validation.schema import (
    OBJECTS,
    Anything,
    Field,
    Flag,
    ListOf,
    MapOf,
    Ref,
    Text,
    Type,
    Whole,
    fields_of,
)

_TEMPLATE_TYPES: Final = (
    "container",
    "script",
    "dag",
    "steps",
    "resource",
    "suspend",
    "containerSet",
    "data",
    "http",
    "plugin",
)
_LOCATIONS: Final = ("s3", "git", "http", "artifactory", "hdfs", "raw", "oss", "gcs", "azure", "plugin")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        path: the field.
        text: the API server's, or the controller's, without the path.
        count: it is only about a number of things, or a size.
    """

    path: str
    text: str
    count: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


def crd_faults(document: Mapping[str, Any]) -> list[Fault]:
    """All that the API server finds wrong with a Workflow, WorkflowTemplate, ClusterWorkflowTemplate or CronWorkflow."""
    faults: list[Fault] = []
    missing = OBJECTS[document["kind"]].required
    faults += _missing(document, missing, "")
    for field in fields_of(document):
        faults += _faults_of(field)
    return faults


def _faults_of(field: Field) -> Iterator[Fault]:
    if field.type is None:
        yield Fault(field.path, f'unknown field "{field.path}"')
    else:
        yield from _value_faults(field.value, field.type, field.path)
    rule = _RULES.get((field.of, field.name))
    if rule is not None:
        yield from rule(field)


def _value_faults(value: Any, type_: Type, path: str) -> Iterator[Fault]:
    """What is wrong with one value; what is inside objects is another field's matter."""
    expected = _EXPECTED[type(type_)]
    if expected and not _is_a(value, type_):
        yield _invalid(path, _kind(value), f"must be of type {expected}: {json.dumps(_kind(value))}")
    elif isinstance(type_, Text):
        yield from _text_faults(value, type_, path)
    elif isinstance(type_, Whole):
        yield from _number_faults(value, type_, path)
    elif isinstance(type_, ListOf):
        yield from _list_faults(value, type_, path)
    elif isinstance(type_, MapOf):
        for key, inner in value.items():
            yield from _value_faults(inner, type_.item, f"{path}.{key}")
    elif isinstance(type_, Ref):
        yield from _missing(value, OBJECTS[type_.name].required, path)


_EXPECTED: Final[dict[type, str]] = {
    Text: "string",
    Whole: "integer",
    Flag: "boolean",
    ListOf: "array",
    MapOf: "object",
    Ref: "object",
    Anything: "",
}


def _is_a(value: Any, type_: Type) -> bool:
    if isinstance(type_, Text):
        return isinstance(value, str)
    if isinstance(type_, Whole):
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return (whole and not isinstance(value, bool)) or (type_.or_text and isinstance(value, str))
    if isinstance(type_, Flag):
        return isinstance(value, bool)
    return isinstance(value, list if isinstance(type_, ListOf) else Mapping)


def _kind(value: Any) -> str:
    """What JSON calls a value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "integer" if isinstance(value, int) or value.is_integer() else "number"
    return {str: "string", list: "array", type(None): "null"}.get(type(value), "object")


def _invalid(path: str, value: Any, reason: str) -> Fault:
    return Fault(path, f"Invalid value: {json.dumps(value, default=str)}: {path} in body {reason}")


def _text_faults(value: str, type_: Text, path: str) -> Iterator[Fault]:
    if type_.max_length is not None and len(value) > type_.max_length:
        yield Fault(path, f"Too long: may not be more than {type_.max_length} bytes", count=True)
    if type_.pattern and re.search(type_.pattern.replace("$", r"\Z"), value, re.ASCII) is None:
        yield _invalid(path, value, f"should match '{type_.pattern}'")
    if type_.choices and value not in type_.choices:
        choices = ", ".join(json.dumps(choice) for choice in type_.choices)
        yield Fault(path, f"Unsupported value: {json.dumps(value)}: supported values: {choices}")


def _number_faults(value: Any, type_: Whole, path: str) -> Iterator[Fault]:
    if type_.minimum is not None and value < type_.minimum:
        yield _invalid(path, value, f"should be greater than or equal to {type_.minimum}")
    if type_.maximum is not None and value > type_.maximum:
        yield _invalid(path, value, f"should be less than or equal to {type_.maximum}")


def _list_faults(value: list[Any], type_: ListOf, path: str) -> Iterator[Fault]:
    if len(value) < type_.minimum:
        yield _invalid(path, len(value), f"should have at least {type_.minimum} items")
    if type_.maximum is not None and len(value) > type_.maximum:
        yield Fault(path, f"Too many: {len(value)}: must have at most {type_.maximum} items", count=True)
    for index, inner in enumerate(value):
        yield from _value_faults(inner, type_.item, f"{path}[{index}]")


def _missing(value: Any, required: tuple[str, ...], path: str) -> Iterator[Fault]:
    for name in required:
        if isinstance(value, Mapping) and value.get(name) is None:
            yield Fault(f"{path}.{name}" if path else name, "Required value")


# --- rules between fields


def _rule(path: str, message: str) -> Fault:
    return Fault(path, f"Invalid value: {message}")


def _templates(field: Field) -> Iterator[Fault]:
    templates = [template for template in field.value if isinstance(template, Mapping)] if isinstance(field.value, list) else []
    if any(sum(name in template for name in _TEMPLATE_TYPES) > 1 for template in templates):
        yield _rule(field.path, "template must have at most one template type")
    groups = [template for template in templates if "steps" in template or "dag" in template]
    if any(template.get("timeout") for template in groups):
        yield _rule(field.path, "timeout cannot be applied to steps or dag templates")
    if any("activeDeadlineSeconds" in template for template in groups):
        yield _rule(field.path, "activeDeadlineSeconds is only valid for leaf templates")


def _tasks(field: Field) -> Iterator[Fault]:
    for index, task in enumerate(field.value if isinstance(field.value, list) else []):
        if not isinstance(task, Mapping):
            continue
        path = f"{field.path}[{index}]"
        if "depends" in task and "dependencies" in task:
            yield _rule(path, "cannot use both 'depends' and 'dependencies'")
        if "depends" in task and "continueOn" in task:
            yield _rule(path, "cannot use 'continueOn' when using 'depends'")
        if ("depends" in task or "dependencies" in task) and str(task.get("name", ""))[:1].isdigit():
            yield _rule(path, "task name cannot begin with a digit when using 'depends' or 'dependencies'")


def _sequence(field: Field) -> Iterator[Fault]:
    if isinstance(field.value, Mapping) and "count" in field.value and "end" in field.value:
        yield _rule(field.path, "only one of count or end can be defined")


def _artifacts(field: Field) -> Iterator[Fault]:
    for index, artifact in enumerate(field.value if isinstance(field.value, list) else []):
        if isinstance(artifact, Mapping) and sum(name in artifact for name in _LOCATIONS) > 1:
            yield _rule(f"{field.path}[{index}]", "at most one artifact location can be specified")


_RULES: Final = {
    ("WorkflowSpec", "templates"): _templates,
    ("DAG", "tasks"): _tasks,
    ("Task", "withSequence"): _sequence,
    ("Step", "withSequence"): _sequence,
    ("Inputs", "artifacts"): _artifacts,
    ("Outputs", "artifacts"): _artifacts,
    ("Arguments", "artifacts"): _artifacts,
}

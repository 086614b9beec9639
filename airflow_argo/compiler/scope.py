"""Where an expression of a DAG template finds what it reads.

Argo lets a template see only its own tasks and inputs. A value from outside the graph is therefore *captured*: it becomes an
input parameter of the graph's template, and the task that calls the template passes it on, capturing it in turn if need be.

How values travel: numbers and bools as their text; text and JSON as base64, because Argo would evaluate tags in them
(golden/values/tags-in-values*).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from airflow_argo.argo.limits import MAX_RESULT_BYTES
from airflow_argo.compiler.code import a_map, base64_of, fails, given, index, quote
from airflow_argo.diagnostics import DefinitionError
from airflow_argo.model.graph import ForLoop, Graph, Step, WhileLoop
from airflow_argo.model.jobs import OutputSpec, reports
from airflow_argo.model.values import Carried, Item, Output, SameItem, Type
from airflow_argo.pod.values import TYPE

OUTCOME = "outcome"
"""The one output of a job that reports: JSON `{"state": …, "value": base64 of JSON, "pushed": {key: base64 of JSON}}`."""

OUTCOMES = "outcomes"
"""The one output of a loop that reports: the JSON list of its items' outcomes, in item order."""

VALUES = "values"
"""The one output of a graph: JSON `{name: value as it travels, or null}`. Of a loop: the list of those."""

RETURN_VALUE = "return_value"

Source = Output | Item | SameItem | Carried
"""A value at the bottom of others that isn't known everywhere in a workflow."""


def travels_as_base64(type: Type) -> bool:
    """Whether a value of this type travels as base64; others travel as their text, which holds no tag."""
    return type in (Type.TEXT, Type.JSON)


@dataclass(frozen=True, slots=True)
class Read:
    """How to read a source: code that gives its text, or base64 of it, or nil where it is absent.

    Attributes:
        proven: the text of a number or bool was looked at before, and is one.
    """

    code: str
    base64: bool
    nullable: bool
    proven: bool = False

    @property
    def text(self) -> str:
        """Code for the text, or nil. Where the text is absent, base64 needs a test of its own."""
        if not self.base64:
            return self.code
        return f"({self.code} == nil ? nil : sprig.b64dec({self.code}))" if self.nullable else f"sprig.b64dec({self.code})"


@dataclass(slots=True)
class Scope:
    """The names that the expressions of one DAG template may use.

    Attributes:
        steps: the graph's steps by id.
        names: step id → the name of its task.
        captures: source → name of the input parameter that brings it; grows as the template is written.
        given: sources that are read in a way of their own.
        same: where a loop's items are judged: step → code for the outcome of its item of the same index.
    """

    steps: Mapping[str, Step]
    names: Mapping[str, str]
    captures: dict[Source, str] = field(default_factory=dict)
    given: Mapping[Source, Read] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, graph: Graph, names: Mapping[str, str]) -> Scope:
        """The scope of a graph."""
        return cls({step.id: step for step in graph.steps}, names)

    def read(self, source: Source) -> Read:
        """How to read a source here.

        Raises:
            DefinitionError: the step of this graph that it names has no such output.
        """
        if source in self.given:
            return self.given[source]
        if isinstance(source, SameItem) and source.of.step in self.same:
            return self._with_default(_same_value(self.same[source.of.step], source.of), source.of)
        if isinstance(source, Output) and source.step in self.steps:
            return self._with_default(self._read_local(source), source)
        return Read(
            f"inputs.parameters{index(self.capture(source))}",
            base64=travels_as_base64(source.type),
            nullable=False,
            proven=True,
        )

    def given_by_items(self, source: Output) -> str | None:
        """Code for the list of what the items of a loop that reports gave, each as base64 of JSON; None if it is no such."""
        body = self.steps[source.step].body if source.step in self.steps else None
        if not (isinstance(body, ForLoop) and body.reports) or source.sparse or source.unlisted or source in self.given:
            return None
        return _map_of_given(self.task(source.step), source.name, "{}")

    def _with_default(self, read: Read, source: Output) -> Read:
        if source.default is None:
            return read
        text = _text_of_default(source)
        default = quote(base64_of(text) if read.base64 else text)
        return Read(f"({read.code} ?? {default})", read.base64, nullable=False)

    def capture(self, source: Source) -> str:
        """The input parameter that brings a source from outside."""
        if source not in self.captures:
            self.captures[source] = unused(source_name(source), self.captures.values())
        return self.captures[source]

    def task(self, step: str) -> str:
        """The task of a step as expressions name it."""
        return f"tasks{index(self.names[step])}"

    def _read_local(self, source: Output) -> Read:
        step, task = self.steps[source.step], self.task(source.step)
        match step.body:
            case Graph() | WhileLoop():
                values = f"fromJSON({task}.outputs?.parameters?.{VALUES} ?? '{{}}')"
                return Read(values + index(source.name), base64=travels_as_base64(source.type), nullable=True)
            case ForLoop(reports=True):
                if source.sparse:
                    return Read(_each_given_by_items(task, source), base64=False, nullable=False)
                code = _given_by_items(task, source.name, unlisted=source.unlisted)
                return Read(code, base64=False, nullable=source.unlisted)
            case ForLoop(body=body):
                return Read(_items_values(task, source.name, _type_of_output(body, source)), base64=False, nullable=False)
            case job if reports(job):
                return Read(_reported_value(task, source), base64=True, nullable=True)
            case job:
                spec = _declared(step, source.name, getattr(job, "outputs", ()))
                return Read(_raw_value(task, self.names[source.step], spec), base64=False, nullable=spec.default is None)


def source_name(source: Source) -> str:
    """What people would call the value."""
    match source:
        case Item(axis=name) | Carried(name=name):
            return parameter_name(name)
        case Output(step=step, name=name) | SameItem(of=Output(step=step, name=name)):
            return parameter_name(step if name in (RETURN_VALUE, "result") else name)


def parameter_name(text: str) -> str:
    """A name for an input or output parameter: letters, digits, hyphens and underscores."""
    name = "".join(char if char.isascii() and (char.isalnum() or char in "-_") else "-" for char in text)
    return name.strip("-")[:100] or "value"


def unused(name: str, taken: Iterable[str]) -> str:
    """The name, or the name with a number behind it if it is taken."""
    used = set(taken)
    if name not in used:
        return name
    return next(f"{name}-{number}" for number in range(2, len(used) + 3) if f"{name}-{number}" not in used)


def _text_of_default(source: Output) -> str:
    assert source.default is not None
    value = source.default.value
    return value if source.type is Type.TEXT and isinstance(value, str) else source.default.json


def _declared(step: Step, name: str, outputs: tuple[OutputSpec, ...]) -> OutputSpec:
    for spec in outputs:
        if spec.name == name:
            return spec
    if name == "result":
        return OutputSpec("result")
    known = ", ".join(spec.name for spec in outputs) or "none"
    raise DefinitionError(f"step '{step.id}' has no output '{name}'", f"it declares: {known}", step.origin)


def _type_of_output(body: Graph, source: Output) -> Type:
    for name, value in body.outputs:
        if name == source.name:
            return value.type
    known = ", ".join(name for name, _ in body.outputs) or "none"
    raise DefinitionError(f"loop '{source.step}' has no output '{source.name}'", f"its items give: {known}")


def _raw_value(task: str, name: str, spec: OutputSpec) -> str:
    if spec.path is not None:
        return f"{task}.outputs?.parameters?{_member(parameter_name(spec.name))}"
    # Argo keeps a task's stdout only if its name and `outputs.result` stand in the template in this very form, and
    # of a long one only the end.
    result = f"/* tasks.{name}.outputs.result */ {task}.outputs?.result"
    if spec.part != "whole":
        lines = f"split({task}.outputs?.result ?? '', '\\n')"
        wanted = f"last({lines})" if spec.part == "last line" else lines
        return f"(({result} ?? '') == '' ? nil : toJson({wanted}))"
    return f"(len({result} ?? '') < {MAX_RESULT_BYTES} ? {task}.outputs?.result : {fails(f'the output of {name} is too long')})"


def _member(name: str) -> str:
    return f".{name}" if name.isidentifier() else f".[{quote(name)}]"


def _reported_value(task: str, source: Output) -> str:
    outcome = f"fromJSON({task}.outputs?.parameters?.{OUTCOME} ?? '{{}}')"
    if source.keyed:
        return f"sprig.b64enc(toJson({outcome}.pushed))"
    return f"{outcome}.value" if source.name == RETURN_VALUE else f"{outcome}.pushed?.[{quote(source.name)}]"


def _same_value(outcome: str, source: Output) -> Read:
    if source.keyed:
        return Read(f"sprig.b64enc(toJson({outcome}?.pushed))", base64=True, nullable=False)
    code = f"{outcome}?.value" if source.name == RETURN_VALUE else f"{outcome}?.pushed?.[{quote(source.name)}]"
    return Read(code, base64=True, nullable=True)


def _given_by_items(task: str, name: str, *, unlisted: bool) -> str:
    """Code for the JSON list of what a loop's items gave, in their order, without those that gave nothing."""
    texts = _map_of_given(task, name, "sprig.b64dec({})")
    if not unlisted:
        return f"('[' + join({texts}, ',') + ']')"
    return given(texts, "len(#) > 1 ? '[' + join(#, ',') + ']' : len(#) == 1 ? #[0] : nil")


def _map_of_given(task: str, name: str, element: str) -> str:
    """Code for a list with an element for each item of a loop that gave a value, of which `{}` is base64 of JSON."""
    value = ".value" if name == RETURN_VALUE else f".pushed?.[{quote(name)}]"
    found = f"filter(fromJSON({task}.outputs?.parameters?.{OUTCOMES} ?? '[]'), {value} != nil)"
    return f"map({found}, {element.format(value)})"


def _each_given_by_items(task: str, source: Output) -> str:
    """Code for the JSON list of what a loop's items gave, in their order, with a mark for one that gave nothing."""
    value = ".value" if source.name == RETURN_VALUE else f".pushed?.[{quote(source.name)}]"
    absent = quote(json.dumps({TYPE: "absent", "of": None}))
    element = "toJson(.pushed)" if source.keyed else f"{value} != nil ? sprig.b64dec({value}) : {absent}"
    return f"('[' + join(map(fromJSON({task}.outputs?.parameters?.{OUTCOMES} ?? '[]'), {element}), ',') + ']')"


def _items_values(task: str, name: str, type: Type) -> str:
    found = f"filter(fromJSON({task}.outputs?.parameters?.{VALUES} ?? '[]'), #{index(name)} != nil)"
    element = f"#{index(name)}"
    json = {Type.TEXT: f"toJson(sprig.b64dec({element}))", Type.JSON: f"sprig.b64dec({element})"}.get(type, element)
    return f"('[' + join(map({found}, {json}), ',') + ']')"


def values_output(fields: list[tuple[str, str]]) -> dict[str, object]:
    """The output parameter of a graph, from code for each of its values as it travels."""
    return {"name": VALUES, "valueFrom": {"expression": f"toJson({a_map(fields)})"}}

"""What rules look at: documents, their templates, the calls in these, and the texts in all of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from airflow_argo.argo.dag import DagGraph, dependencies
from airflow_argo.argo.templates import template_type
from airflow_argo.argo.validation.leaf import find_cycle
from airflow_argo.lint.shape import Paths

if TYPE_CHECKING:
    from airflow_argo.lint.schemas import Schema
    from airflow_argo.lint.states import States

KINDS: Final = ("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow")
TEMPLATE_KINDS: Final = ("WorkflowTemplate", "ClusterWorkflowTemplate")
LOOPS: Final = ("withItems", "withParam", "withSequence")
GROUPS: Final = ("dag", "steps")

Part = dict[str, Any]


@dataclass(eq=False)
class Bundle:
    """Documents that may refer to one another.

    Attributes:
        argo_version: that they are for.
        schema: what fields and types are checked by; None for those of the table alone.
    """

    argo_version: tuple[int, int]
    schema: Schema | None = None
    documents: list[Document] = field(default_factory=list)

    def referred(self, reference: Mapping[str, Any]) -> Document | None:
        """The document that a templateRef or workflowTemplateRef names; None if it isn't among these."""
        kind = "ClusterWorkflowTemplate" if reference.get("clusterScope") else "WorkflowTemplate"
        return self.by_name.get((kind, reference.get("name") or ""))

    @cached_property
    def by_name(self) -> dict[tuple[str, str], Document]:
        """Documents by kind and name."""
        return {(document.kind, document.name): document for document in self.documents}

    @cached_property
    def states(self) -> States:
        """How everything in them may end."""
        from airflow_argo.lint.states import States

        return States()


@dataclass(eq=False)
class Document:
    """One document of a kind of Argo's.

    Attributes:
        raw: as it was given.
        clean: without what has a wrong shape.
        paths: of the objects in `clean`, by identity.
    """

    bundle: Bundle
    raw: Mapping[str, Any]
    clean: Part
    paths: Paths

    @property
    def kind(self) -> str:
        """Such as Workflow."""
        return str(self.clean["kind"])

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        """Empty if it is none."""
        found = self.clean.get("metadata")
        return found if isinstance(found, Mapping) else {}

    @property
    def name(self) -> str:
        """Its own, or "" if it gets one when it is created."""
        found = self.metadata.get("name")
        return found if isinstance(found, str) else ""

    @property
    def spec_path(self) -> str:
        """Where the workflow's spec is."""
        return "spec.workflowSpec" if self.kind == "CronWorkflow" else "spec"

    @cached_property
    def spec(self) -> Part:
        """The workflow's spec."""
        spec = self.clean.get("spec") or {}
        found: Part = spec.get("workflowSpec") or {} if self.kind == "CronWorkflow" else spec
        return found

    @property
    def is_template(self) -> bool:
        """Whether others bring the arguments, and perhaps the entrypoint."""
        return self.kind in TEMPLATE_KINDS

    @cached_property
    def under(self) -> Document | None:
        """The template that the workflow is made from, if it is among the documents."""
        reference = self.spec.get("workflowTemplateRef")
        return self.bundle.referred(reference) if reference else None

    @property
    def specs(self) -> list[Part]:
        """The own spec, and that of the template under it."""
        return [self.spec] if self.under is None else [self.spec, self.under.spec]

    @cached_property
    def templates(self) -> list[Template]:
        """All that are written in it, those inline included."""
        own = [Template(self, body, self.paths[id(body)]) for body in self.spec.get("templates") or []]
        found: list[Template] = []
        while own:
            found.append(template := own.pop(0))
            own += [call.inline for call in template.calls if call.inline is not None]
        return found

    @cached_property
    def by_name(self) -> dict[str, Template]:
        """Templates by name; of two with one name the last is meant."""
        named = {template.name: template for template in self.templates if not template.is_inline}
        if self.under is not None and not self.spec.get("templates"):
            return self.under.by_name
        return named

    @cached_property
    def defaults(self) -> Part:
        """What is put under every template."""
        found: Part = {}
        for spec in reversed(self.specs):
            found |= spec.get("templateDefaults") or {}
            if spec.get("retryStrategy"):
                found["retryStrategy"] = spec["retryStrategy"]
        return found

    @cached_property
    def hooks(self) -> list[Call]:
        """What the workflow itself calls when it changes its state or ends."""
        return _hooks(self.spec, self.spec_path, self, None)

    @cached_property
    def reachable(self) -> set[Template]:
        """The templates that a run may come to from the entrypoint."""
        todo = [self.entrypoint] if self.entrypoint is not None else []
        found: set[Template] = set()
        while todo:
            template = todo.pop()
            if template not in found:
                found.add(template)
                todo += [call.target for call in template.calls if call.target is not None]
        return found

    @cached_property
    def entrypoint(self) -> Template | None:
        """The template that a run begins with."""
        name = next((spec["entrypoint"] for spec in self.specs if spec.get("entrypoint")), "")
        return self.by_name.get(name)

    @cached_property
    def parameters(self) -> dict[str, Part]:
        """Arguments of the workflow by name: its own over those of the template under it."""
        specs = reversed(self.specs)
        return {one["name"]: one for spec in specs for one in (spec.get("arguments") or {}).get("parameters") or []}

    def path(self, part: Any, inner: str = "") -> str:
        """Where a part is, or something in it."""
        path = self.paths.get(id(part), self.spec_path)
        return f"{path}.{inner}" if inner else path


@dataclass(eq=False)
class Template:
    """One template, as it is written."""

    document: Document
    body: Part
    path: str
    caller: Call | None = None  # that it is written in

    @property
    def is_inline(self) -> bool:
        """Whether it is written where it is called."""
        return self.caller is not None

    @property
    def name(self) -> str:
        """Its own; "" of one inline."""
        return str(self.body.get("name") or "")

    @cached_property
    def kind(self) -> str:
        """The field that says what it runs; "" if there is none."""
        return template_type(self.body) or template_type(self.document.defaults)

    @property
    def is_group(self) -> bool:
        """Whether it has tasks or steps."""
        return self.kind in GROUPS

    def setting(self, name: str) -> Any:
        """The value of a field, or its default."""
        own = self.body.get(name)
        return self.document.defaults.get(name) if own is None else own

    @cached_property
    def calls(self) -> list[Call]:
        """Its tasks or steps in the order of the manifest."""
        if self.kind == "dag":
            tasks = (self.body.get("dag") or {}).get("tasks") or []
            return [Call(self.document, task, self.document.path(task), "tasks", self) for task in tasks]
        groups = self.body.get("steps") or []
        return [
            Call(self.document, step, self.document.path(step), "steps", self, group=index)
            for index, group in enumerate(groups)
            for step in group
        ]

    @cached_property
    def by_name(self) -> dict[str, Call]:
        """Its tasks or steps by name."""
        return {call.name: call for call in self.calls}

    @cached_property
    def graph(self) -> DagGraph | None:
        """Of a DAG that can be put in order; None of any other, and of what has no tasks."""
        if self.kind != "dag" or not self.calls or len(self.by_name) < len(self.calls):
            return None
        needed = {call.name: dependencies(call.holder) for call in self.calls}
        targets = str(self.body["dag"].get("target") or "").split()
        known = all(other in needed for others in (*needed.values(), targets) for other in others)
        if not known or find_cycle(needed):
            return None
        return DagGraph.of({**self.body["dag"], "target": " ".join(targets), "tasks": [call.holder for call in self.calls]})

    @cached_property
    def inputs(self) -> dict[str, Part]:
        """Its input parameters by name."""
        return {one["name"]: one for one in (self.body.get("inputs") or {}).get("parameters") or []}

    @cached_property
    def outputs(self) -> dict[str, Part]:
        """Its output parameters by name."""
        return {one["name"]: one for one in (self.body.get("outputs") or {}).get("parameters") or []}

    def artifacts(self, side: str) -> dict[str, Part]:
        """Its artifacts by name; `side` is inputs or outputs."""
        return {one["name"]: one for one in (self.body.get(side) or {}).get("artifacts") or []}

    @cached_property
    def json(self) -> str:
        """Its JSON text, in which Argo looks for mentions of results."""
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))


@dataclass(eq=False)
class Call:
    """A task, a step or a hook.

    Attributes:
        head: what references to it begin with: tasks or steps; of a hook those of what it hangs on.
        template: around it; None of a hook of the workflow.
        group: the number of its step group.
        owner: the task or step that a hook hangs on.
    """

    document: Document
    holder: Part
    path: str
    head: str
    template: Template | None = None
    group: int = 0
    owner: Call | None = None
    hook: str = ""

    @property
    def name(self) -> str:
        """Its own, or the hook's."""
        return self.hook or str(self.holder.get("name") or "")

    @property
    def is_loop(self) -> bool:
        """Whether it has items; a literal empty list of them is no loop."""
        return any(self.holder.get(name) for name in LOOPS)

    @cached_property
    def inline(self) -> Template | None:
        """The template that is written in it."""
        body = self.holder.get("inline")
        return Template(self.document, body, f"{self.path}.inline", self) if body else None

    @cached_property
    def target(self) -> Template | None:
        """The template that it calls; None if that isn't known."""
        if self.inline is not None:
            return self.inline
        reference = self.holder.get("templateRef")
        if reference:
            document = self.document.bundle.referred(reference)
            return document.by_name.get(reference.get("template") or "") if document is not None else None
        return self.document.by_name.get(self.holder.get("template") or "")

    @cached_property
    def is_last(self) -> bool:
        """Whether nothing in its template comes after it."""
        if self.template is None or self.owner is not None:
            return True
        if self.head == "steps":
            return self.group == max(call.group for call in self.template.calls)
        return self.template.graph is None or not self.template.graph.downstream[self.name]

    @cached_property
    def hooks(self) -> list[Call]:
        """What hangs on it."""
        return _hooks(self.holder, self.path, self.document, self)

    @cached_property
    def ancestors(self) -> Collection[str]:
        """The tasks or steps that are done before it starts; of a hook also what it hangs on."""
        if self.owner is not None:
            return {*self.owner.ancestors, self.owner.name}
        if self.template is None:
            return ()
        if self.head == "steps":
            return {call.name for call in self.template.calls if call.group < self.group}
        graph = self.template.graph
        return graph.ancestors(self.name) if graph is not None else self.template.by_name.keys()

    @property
    def what(self) -> str:
        """What messages call it."""
        if self.hook:
            return f"hook '{self.hook}'"
        return f"{self.head.removesuffix('s')} '{self.name}'"

    def arguments(self, kind: str = "parameters") -> Sequence[Part]:
        """What it calls its template with; `kind` is parameters or artifacts."""
        found: Sequence[Part] = (self.holder.get("arguments") or {}).get(kind) or []
        return found


def _hooks(holder: Part, path: str, document: Document, owner: Call | None) -> list[Call]:
    template, head = (owner.template, owner.head) if owner is not None else (None, "")
    found = [
        Call(document, hook, f"{path}.hooks.{name}", head, template, owner=owner, hook=name)
        for name, hook in (holder.get("hooks") or {}).items()
    ]
    if holder.get("onExit"):
        on_exit = {"template": holder["onExit"]}
        found.append(Call(document, on_exit, f"{path}.onExit", head, template, owner=owner, hook="onExit"))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A text with tags, or an expression that stands alone, and what is around it.

    Attributes:
        path: its own.
        expression: it is one itself.
        call: the task, step or hook whose field it is.
        template: whose field it is, or that is around the call.
        output: it says what an output of a group is made of.
    """

    document: Document
    path: str
    value: str
    expression: bool = False
    call: Call | None = None
    template: Template | None = None
    output: bool = False


_EXPRESSIONS: Final = frozenset(["expression", "fromExpression"])
"""Fields that hold an expression, and successCondition of http, but not of resource."""


def texts_of(document: Document) -> Iterator[Text]:
    """All texts of a document that may refer to something."""
    bare = {key: value for key, value in document.spec.items() if key not in ("templates", "templateDefaults", "hooks")}
    yield from _texts(bare, document.spec_path, document, None, None)
    for hook in document.hooks:
        yield from _texts(hook.holder, hook.path, document, hook, None)
    for template in document.templates:
        yield from _texts_of_template(template)


def _texts_of_template(template: Template) -> Iterator[Text]:
    document = template.document
    own = {key: value for key, value in template.body.items() if key not in (*GROUPS, "outputs")}
    yield from _texts(own, template.path, document, None, template)
    outputs = template.body.get("outputs") or {}
    yield from _texts(outputs, f"{template.path}.outputs", document, None, template, output=template.is_group)
    for call in template.calls:
        holder = {key: value for key, value in call.holder.items() if key not in ("inline", "hooks", "onExit")}
        yield from _texts(holder, call.path, document, call, template)
        for hook in call.hooks:
            yield from _texts(hook.holder, hook.path, document, hook, template)


def _texts(
    value: Any, path: str, document: Document, call: Call | None, template: Template | None, *, output: bool = False
) -> Iterator[Text]:
    stack: list[tuple[Any, str, bool]] = [(value, path, False)]
    while stack:
        part, place, expression = stack.pop()
        place = document.paths.get(id(part), place)
        if isinstance(part, str):
            if expression or "{{" in part:
                yield Text(document, place, part, expression, call, template, output)
        elif isinstance(part, dict):
            inner = [(one, f"{place}.{key}", _is_expression(key, place)) for key, one in part.items() if isinstance(key, str)]
            stack += reversed(inner)
        elif isinstance(part, list):
            stack += reversed([(one, f"{place}[{index}]", False) for index, one in enumerate(part)])


def _is_expression(field: str, place: str) -> bool:
    return field in _EXPRESSIONS or (field == "successCondition" and place.endswith(".http"))

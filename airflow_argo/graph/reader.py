"""A manifest → what is drawn of it: each task a node, each group a box, loops as one of their items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from airflow_argo.argo.limits import MAX_TEMPLATE_DEPTH
from airflow_argo.diagnostics import InputError
from airflow_argo.graph import loops
from airflow_argo.graph.conditions import read_condition, read_items
from airflow_argo.graph.kinds import kind_of, reference
from airflow_argo.graph.model import Edge, EdgeKind, Kind, Node, Picture
from airflow_argo.graph.requirements import Requirement, ends_in_words
from airflow_argo.graph.source import Dict, Source, is_group, mapping, text
from airflow_argo.graph.task_groups import with_task_groups
from airflow_argo.graph.tasks import Said, Task, said, tasks_of

MAX_NODES = 20_000
"""Templates may call others many times each, so a short manifest can stand for a picture without end."""

EXIT_HOOK = "exit"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read.

    Attributes:
        paths: node id → where Argo's nodes of it are, by names of tasks, if that isn't the id.
        again: id of a node that calls a template from inside of it → where that template's tasks are.
    """

    picture: Picture
    paths: Mapping[str, str]
    again: Mapping[str, str]


def read(source: Source) -> Reading:
    """The picture of a manifest, without states.

    Raises:
        InputError: a field has not the shape that Argo wants, or the picture would have no end.
    """
    reader = _Reader(source)
    reader.workflow()
    picture = Picture(name=source.name, nodes=tuple(reader.nodes), edges=tuple(dict.fromkeys(reader.edges)))
    if source.grouped:
        picture = with_task_groups(picture)
    return Reading(picture, reader.paths, reader.again)


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of a template.

    Attributes:
        holder: the task, step or hook.
        id: of its node.
        inside: templates that it is inside of: name → where their tasks are.
    """

    holder: Dict
    id: str
    label: str
    parent: str | None = None
    condition: str = ""
    inside: Mapping[str, str] = field(default_factory=dict)

    def node(self, kind: Kind, note: str, items: str) -> Node:
        """The node of the call."""
        return Node(
            id=self.id, label=self.label, kind=kind, parent=self.parent, note=note, items=items, condition=self.condition
        )


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.nodes: list[Node] = []
        self.ids: set[str] = set()
        self.edges: list[Edge] = []
        self.paths: dict[str, str] = {}
        self.again: dict[str, str] = {}
        self.tasks: dict[int, list[Task]] = {}
        """Those of a template, by the id of that object: many may call it."""
        self.first: dict[str, str] = {}
        """Id of a box, "" for the workflow → the first node in it."""

    # --- the workflow

    def workflow(self) -> None:
        """All that is drawn."""
        spec = self.source.spec
        entrypoint = text(spec, "entrypoint")
        if not entrypoint and not self.source.templates:
            self._node(Node(id="template", label=self.source.name, kind=Kind.REFERENCE, note=_template_of(spec)))
            return
        if entrypoint:
            self._entrypoint(entrypoint)
        else:
            for name in self._uncalled():
                self._call(_Call({"template": name}, name, name))
        ends = self._ends()
        for name, hook in _hooks(spec):
            self._workflow_hook(name, hook, ends)

    def _entrypoint(self, name: str) -> None:
        template = self.source.templates.get(name)
        if template is not None and is_group(template):
            self._tasks(template, "", None, {name: ""})
        else:
            self._call(_Call({"template": name}, name, name))
            self.paths[name] = ""

    def _uncalled(self) -> Iterator[str]:
        """The templates that a library is for: those that no other calls, or all if each is called."""
        groups = [template for template in self.source.templates.values() if is_group(template)]
        holders = [task.fields for template in groups for task in self._known(template)]
        hooks = [hook for holder in (self.source.spec, *holders) for _, hook in _hooks(holder)]
        called = {text(holder, "template") for holder in (*holders, *hooks)}
        yield from [name for name in self.source.templates if name not in called] or self.source.templates

    def _workflow_hook(self, name: str, hook: Dict, ends: list[str]) -> None:
        id = ".onExit" if name == EXIT_HOOK else f".hooks.{name}"
        condition = self._expression(hook)
        self._call(_Call(hook, id, "on exit" if name == EXIT_HOOK else name, condition=condition))
        if name == EXIT_HOOK and len(ends) == 1:  # edges from many ends would hide all others, and the label says it
            self.edges.append(Edge(source=ends[0], target=id, kind=EdgeKind.HOOK))

    def _ends(self) -> list[str]:
        """The nodes at the top, but hooks, that no other follows."""
        passed = {edge.source for edge in self.edges if edge.kind is EdgeKind.FLOW}
        passed |= {edge.target for edge in self.edges if edge.kind is EdgeKind.HOOK}
        return [node.id for node in self.nodes if node.parent is None and node.id not in passed]

    # --- a template's tasks

    def _tasks(self, template: Dict, prefix: str, parent: str | None, inside: Mapping[str, str]) -> None:
        for task, found in self._joined(self._known(template), prefix, parent):
            id = prefix + task.name
            self.first.setdefault(prefix.rstrip("/"), id)
            self._call(_Call(task.fields, id, self.source.label(task.name), parent, found.own, inside))
            for before, words in found.edges.items():
                self.edges.append(Edge(source=prefix + before, target=id, label=words))
            self._task_hooks(task, id, parent, inside)

    def _known(self, template: Dict) -> list[Task]:
        if id(template) not in self.tasks:
            self.tasks[id(template)] = tasks_of(template, self.source)
        return self.tasks[id(template)]

    def _joined(self, tasks: list[Task], prefix: str, parent: str | None) -> Iterator[tuple[Task, Said]]:
        """Each task with what it follows. Where several steps follow several, a join is between, and a node for it."""
        sizes = Counter(task.group for task in tasks)
        joins: set[str] = set()
        for task in tasks:
            if not task.is_step or sizes[task.group] < 2 or len(task.after) < 2:
                yield task, said(task, self.source.label)
                continue
            name = f"[{task.group}]"
            if name not in joins:
                joins.add(name)
                self._node(Node(id=prefix + name, label="", kind=Kind.JOIN, parent=parent))
                self.edges += [Edge(source=prefix + before, target=prefix + name) for before in task.after]
            yield task, Said({name: said(task, self.source.label, at_edges=False).own}, "")

    def _task_hooks(self, task: Task, id: str, parent: str | None, inside: Mapping[str, str]) -> None:
        for name, hook in _hooks(task.fields):
            hook_id = f"{id}.onExit" if name == EXIT_HOOK else f"{id}.hooks.{name}"
            label = "on exit" if name == EXIT_HOOK else name
            self._call(_Call(hook, hook_id, label, parent, "", inside))
            self.edges.append(Edge(source=id, target=hook_id, label=self._expression(hook), kind=EdgeKind.HOOK))

    def _expression(self, hook: Dict) -> str:
        code = text(hook, "expression")
        if not code:
            return ""
        condition = read_condition(f"{{{{={code}}}}}", self.source.label)
        needs = Requirement.of(condition.rule)
        words = [ends_in_words(ends) or "succeeded" for ends in needs.ends.values()]
        words += [*needs.together_in_words(self.source.label), condition.text]
        return ", ".join(filter(None, words)) or " ".join(code.split())

    # --- a call

    def _call(self, call: _Call) -> None:
        """The node or box of a call."""
        template = self.source.template(call.holder)
        name = text(call.holder, "template")
        if template is None:
            self._leaf(call, Kind.REFERENCE, reference(call.holder))
        elif not call.holder.get("inline") and name in call.inside:
            self._leaf(call, Kind.AGAIN, name)
            self.again[call.id] = call.inside[name]
            self._again_edge(call.id, call.inside[name])
        elif not is_group(template):
            self._leaf(call, *kind_of(template))
        elif name in self.source.whiles:
            self._while(call, template)
        else:
            self._group(call, template)

    def _leaf(self, call: _Call, kind: Kind, note: str, items: str = "") -> None:
        if "{{" in note:
            note = read_items(note, lambda _: "", self.source.label)
        self._node(call.node(kind, note, items or loops.items_of(call.holder, self.source)))

    def _again_edge(self, id: str, box: str) -> None:
        beginning = self.first.get(box)
        if beginning is not None and beginning != id:
            self.edges.append(Edge(source=id, target=beginning, kind=EdgeKind.AGAIN))

    def _group(self, call: _Call, template: Dict) -> None:
        each = loops.each_of(template, self.source)
        instance = self.source.template(each) if each is not None else None
        if each is None or instance is None:
            kind = Kind.LOOP if loops.is_loop(call.holder) else Kind.GROUP
            self._box(call, template, kind, loops.items_of(call.holder, self.source), call.id)
            return
        items = loops.items_of(each, self.source, call.holder)
        inner = f"{call.id}/{loops.EACH}"
        self.paths[call.id] = inner
        job = loops.only_job(instance, self.source)
        if job is not None:
            self._leaf(call, *kind_of(job[1]), items)
        elif is_group(instance):
            self._box(call, instance, Kind.LOOP, items, inner)
        else:
            self._leaf(call, *kind_of(instance), items)

    def _while(self, call: _Call, template: Dict) -> None:
        """A while-loop that our compiler wrote, as one iteration."""
        iteration = loops.iteration_of(template)
        body = self.source.template(iteration)
        if body is None:
            self._group(call, template)
            return
        inner = f"{call.id}/{loops.ITERATION}"
        self.paths[call.id] = inner
        self._box(
            call, body, Kind.WHILE, loops.while_condition(iteration, self.source), inner, loops.most_iterations(iteration)
        )

    def _box(self, call: _Call, template: Dict, kind: Kind, items: str, path: str, note: str = "") -> None:
        if call.id.count("/") >= MAX_TEMPLATE_DEPTH:
            raise InputError(f"templates call one another more than {MAX_TEMPLATE_DEPTH} deep", "Argo runs no such workflow")
        self._node(call.node(kind, note, items))
        self._tasks(template, f"{path}/", call.id, {**call.inside, text(call.holder, "template"): path})

    def _node(self, node: Node) -> None:
        if len(self.nodes) >= MAX_NODES:
            raise InputError(f"the picture would have more than {MAX_NODES:,} nodes", "draw a part of the workflow")
        if node.id in self.ids:
            raise InputError(f"two tasks are named '{node.label}'", "Argo runs no such workflow")
        self.ids.add(node.id)
        self.nodes.append(node)


def _hooks(holder: Dict) -> Iterator[tuple[str, Dict]]:
    """The hooks of a workflow, task or step; `onExit` is the old way to write the exit hook."""
    found = {name: mapping(mapping(holder, "hooks"), name) for name in mapping(holder, "hooks")}
    if text(holder, "onExit"):
        found.setdefault(EXIT_HOOK, {"template": text(holder, "onExit")})
    yield from found.items()


def _template_of(spec: Dict) -> str:
    ref = mapping(spec, "workflowTemplateRef")
    return text(ref, "name") if ref else "there are no templates"

"""The tasks of a dag or steps template as they are drawn: whom each follows, and on what it runs.

Of a manifest of ours, tasks that stand for no step of the author's are left out: what follows them follows what they followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from airflow_argo.argo import depends as depends_language
from airflow_argo.argo.dag import dependencies
from airflow_argo.argo.depends import AllOf, ContinueOn, DependsError, Ended, Not, Rule, TaskResult, parse_depends
from airflow_argo.graph.conditions import ALWAYS, Condition, read_condition
from airflow_argo.graph.loops import each_of
from airflow_argo.graph.requirements import Requirement, substituted, tasks_in, without_waits
from airflow_argo.graph.source import Dict, Source, mapping, mappings, misshapen, text, texts
from airflow_argo.graph.words import Label


@dataclass(frozen=True, slots=True)
class Task:
    """A task or step.

    Attributes:
        fields: as they stand in the manifest.
        after: names of the tasks that it waits for.
        rule: what must be so of how tasks ended.
        condition: its `when`, whose rule is part of `rule`.
        group: of steps, the number of the parallel group; -1 for a task of a DAG.
        unread: the `depends`, if it is no expression.
    """

    name: str
    fields: Dict
    after: tuple[str, ...] = ()
    rule: Rule = ALWAYS
    condition: Condition = field(default_factory=Condition)
    group: int = -1
    unread: str = ""

    @property
    def is_step(self) -> bool:
        """Whether it is of a steps template, where a step follows a group only if that succeeded."""
        return self.group >= 0

    def requirement(self) -> Requirement:
        """What it needs of the tasks before it."""
        return Requirement.of(self.rule)


def tasks_of(template: Dict, source: Source) -> list[Task]:
    """The tasks or steps of a template, in the order of the manifest.

    Raises:
        InputError: a field has not the shape that Argo wants.
    """
    if template.get("dag") is None:
        return list(_steps(template, source))
    fields = {text(one, "name"): one for one in _dag_tasks(template, source, frozenset())}
    tasks = {name: _dag_task(name, one, fields, source) for name, one in fields.items()}
    return _without_helpers(tasks, source.helpers)


# --- steps


def _steps(template: Dict, source: Source) -> Iterator[Task]:
    groups = template.get("steps")
    if not isinstance(groups, list):
        raise misshapen("steps", "a list")
    before: tuple[str, ...] = ()
    for number, group in enumerate(groups):
        steps = mappings({"steps": group if isinstance(group, list) else [group]}, "steps")
        for step in steps:
            condition = read_condition(text(step, "when"), source.label, source.label(text(step, "name")))
            yield Task(text(step, "name"), step, before, condition.rule, condition, number)
        before = tuple(text(step, "name") for step in steps) or before


# --- DAGs


def _dag_tasks(template: Dict, source: Source, inside: frozenset[str]) -> Iterator[Dict]:
    """The tasks of a DAG, those of its parts among them, without what stands in for a task of another part."""
    for task in mappings(mapping(template, "dag"), "tasks"):
        called = text(task, "template")
        if called in source.parts and called in source.templates and called not in inside:
            yield from _dag_tasks(source.templates[called], source, inside | {called})
        elif called not in source.proxies:
            yield task


def _dag_task(name: str, task: Dict, tasks: Mapping[str, Dict], source: Source) -> Task:
    depends = text(task, "depends")
    texts(task, "dependencies")
    after = tuple(before for before in dependencies(task) if before in tasks and before != name)
    called = source.template(task)
    of_loop = called is not None and each_of(called, source) is not None
    condition = read_condition(text(task, "when"), source.label, source.label(name), of_loop=of_loop)
    rule, unread = _rule(task, depends, tasks)
    return Task(name, task, after, AllOf((rule, condition.rule)), condition, unread=unread)


def _rule(task: Dict, depends: str, tasks: Mapping[str, Dict]) -> tuple[Rule, str]:
    """What `depends` or `dependencies` ask for; the text instead, if it is no expression that can be told in words."""

    def continue_on(name: str) -> ContinueOn:
        given = mapping(tasks.get(name, {}), "continueOn")
        return ContinueOn(error=bool(given.get("error")), failed=bool(given.get("failed")))

    if not depends:
        logic = [depends_language.expanded_name(name, continue_on(name)) for name in texts(task, "dependencies")]
        return AllOf(tuple(filter(None, map(parse_depends, logic)))), ""
    try:
        rule = parse_depends(depends_language.expanded(depends, continue_on))
    except (DependsError, RecursionError):
        rule = None
    return (ALWAYS, depends) if rule is None else (rule, "")


# --- bridges over hidden tasks


def _without_helpers(tasks: Mapping[str, Task], hidden: frozenset[str]) -> list[Task]:
    if hidden.isdisjoint(tasks):
        return list(tasks.values())
    bridges = _Bridges({name: task for name, task in tasks.items() if name in hidden})
    return [bridges.over(task) for name, task in tasks.items() if name not in hidden]


class _Bridges:
    """What stands in the place of hidden tasks.

    A hidden task is a proxy, which follows one task and ends as that is judged, or a join, which follows several and succeeds
    if its own rule over them holds. Sources: airflow_argo.compiler, states.Proxy and joins.
    """

    def __init__(self, hidden: Mapping[str, Task]) -> None:
        self.hidden = hidden
        self.known: dict[str, tuple[tuple[str, ...], Rule]] = {}

    def over(self, task: Task) -> Task:
        """The task, following only what is visible."""
        if self.hidden.keys().isdisjoint(task.after):
            return task
        after, rule = self._bridged(task)
        return replace(task, after=after, rule=rule)

    def _bridged(self, task: Task) -> tuple[tuple[str, ...], Rule]:
        if task.name not in self.known:
            self.known[task.name] = (), ALWAYS  # of a task that waits for itself, which Argo refuses
            after: dict[str, None] = {}
            for before in task.after:
                after |= dict.fromkeys(self._bridged(self.hidden[before])[0] if before in self.hidden else (before,))
            self.known[task.name] = tuple(after), substituted(without_waits(task.rule), self._meaning)
        return self.known[task.name]

    def _meaning(self, test: Ended) -> Rule:
        if test.task not in self.hidden:
            return test
        after, rule = self._bridged(self.hidden[test.task])
        if len(after) == 1:
            return Ended(after[0], test.result)
        return rule if test.result in (TaskResult.SUCCEEDED, TaskResult.SKIPPED) else Not(rule)


# --- what edges and tasks say


@dataclass(frozen=True, slots=True)
class Said:
    """On what a task runs, in words.

    Attributes:
        edges: task before → what the edge from it says.
        own: what is no matter of one edge.
    """

    edges: Mapping[str, str]
    own: str


def said(task: Task, label: Label, *, at_edges: bool = True) -> Said:
    """On what a task runs, each thing at the edge that it is about, if it is about one.

    What is the same for several edges is said once, by the task: `all done`, `none skipped`.

    Args:
        at_edges: the task has edges of its own, that can say something.
    """
    needs = task.requirement()
    together = {name for rule in needs.together for name in tasks_in(rule)}
    edges = {before: _at_edge(task, before, needs, together) for before in task.after} if at_edges else {}
    own = [f"{label(name)} {needs.on_edge(name) or 'succeeded'}" for name in needs.ends if name not in edges]
    words = {word for said in edges.values() for word in said}
    if len(edges) > 1 and len(words) == 1 and all(edges.values()) and words != {""}:
        own.append(_of_all(words.pop()))
        edges = {before: [] for before in edges}
    own += needs.together_in_words(label)
    place = edges.get(_only_edge(task) or "", own)
    place += [task.condition.text, _squeezed(task.unread)]
    return Said({before: _joined(said) for before, said in edges.items()}, _joined(own))


def _at_edge(task: Task, before: str, needs: Requirement, together: set[str]) -> list[str]:
    """What an edge says of how its task must end; nothing if that is judged together with others, or of a step."""
    if before not in needs.ends and (task.is_step or before in together):
        return []
    return [needs.on_edge(before)]


def _only_edge(task: Task) -> str | None:
    """The task before to whose edge a condition on values belongs."""
    about = [before for before in task.after if before in task.condition.tasks] or list(task.after)
    return about[0] if len(about) == 1 else None


def _of_all(word: str) -> str:
    return f"none {word.removeprefix('not ')}" if word.startswith("not ") else f"all {word}"


def _joined(words: list[str]) -> str:
    return ", ".join(dict.fromkeys(filter(None, words)))


def _squeezed(words: str) -> str:
    return " ".join(words.split())

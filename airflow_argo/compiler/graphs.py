"""A graph → a DAG template, and a step → a task in it.

Every template of a group has `retryStrategy: {limit: "0"}`: Argo then attaches what depends on the group to the attempt, not to
the last nodes inside, of which there may be none (golden/hangs/*-then-task).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from airflow_argo.argo.limits import MAX_DAG_TASKS
from airflow_argo.argo.names import task_names
from airflow_argo.compiler import rules
from airflow_argo.compiler.calls import Reported
from airflow_argo.compiler.code import as_tag, quote, tag
from airflow_argo.compiler.drafts import Dict, argument, guards
from airflow_argo.compiler.expressions import exists, travelling, travelling_or_nil, truth
from airflow_argo.compiler.joins import with_joins
from airflow_argo.compiler.kept import Kept
from airflow_argo.compiler.parts import cut, needs_parts
from airflow_argo.compiler.scope import (
    RETURN_VALUE,
    Scope,
    Source,
    unused,
    values_output,
)
from airflow_argo.compiler.states import Proxy, proxies, reports_items
from airflow_argo.compiler.tasks import PlannedTask
from airflow_argo.compiler.templates import FAIL, FAIL_IF, NOOP, NOOP_TEMPLATE, Templates, arguments_of
from airflow_argo.diagnostics import DefinitionError
from airflow_argo.model.conditions import (
    FALSE,
    NOT_RUN_TO_SUCCESS,
    TRUE,
    Condition,
    Every,
    Some,
    State,
    steps_judged,
    values_read,
)
from airflow_argo.model.graph import ForLoop, Graph, Step, WhileLoop
from airflow_argo.model.jobs import Job, reports
from airflow_argo.model.values import Concatenated, Listing, Output, Value, Zipped, sources_of

RETRY_ZERO = {"limit": "0"}
VERDICT = "verdict"
ITEM = "item"
FAIL_IF_TEMPLATE: Dict = {
    "inputs": {"parameters": [{"name": "reason"}]},
    "retryStrategy": RETRY_ZERO,
    "steps": [
        [
            {
                "name": "fail",
                "template": "fail",
                "when": tag("inputs.parameters.reason != ''"),
                "arguments": {"parameters": [{"name": "reason", "value": "{{inputs.parameters.reason}}"}]},
            }
        ]
    ],
}
"""No pod: Failed, with the reason in the message, if there is a reason (golden/nopod/failed-with-input)."""

FAIL_TEMPLATE: Dict = {
    "inputs": {"parameters": [{"name": "reason"}]},
    "suspend": {"duration": "{{inputs.parameters.reason}}"},
}


@dataclass(slots=True)
class Call:
    """How a task calls a template: which, with what, and the conditions without which the arguments can't be written."""

    template: str
    arguments: list[tuple[str, str]] = field(default_factory=list)
    guards: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Compilation:
    """What the making of one workflow's templates shares.

    Attributes:
        call: how a step's task calls the template of its body; made with the template, if that is new.
        helpers: names of the tasks that no step of the author's stands for.
        parts: names of the templates of parts, whose tasks only hold others.
        proxies: names of the templates of tasks that stand for a step of an earlier part.
        whiles: names of the templates of while-loops.
        renamed: task name → step id, where they differ.
        shares: templates of one shape will be shared, so the names in them shouldn't differ where nobody looks at them.
        read: see `read_by_argo`.
        kept: see `kept_by_readers`.
    """

    call: Callable[[Step, GraphTemplate], Call]
    templates: Templates = field(default_factory=Templates)
    helpers: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    proxies: set[str] = field(default_factory=set)
    whiles: set[str] = field(default_factory=set)
    renamed: dict[str, str] = field(default_factory=dict)
    shares: bool = False
    read: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    kept: Mapping[int, Kept] = field(default_factory=dict)

    def fail_if(self) -> str:
        """The template that fails if it is given a reason."""
        self.templates.once(FAIL_IF, FAIL_IF_TEMPLATE)
        self.templates.once(FAIL, FAIL_TEMPLATE)
        return FAIL_IF


@dataclass(slots=True)
class GraphTemplate:
    """The DAG template of a graph in the making.

    Attributes:
        in_loop: the graph is the body of a loop that reports.
        split: ids of the steps whose returned value a loop of this graph runs over.
    """

    made: Compilation
    graph: Graph
    scope: Scope
    in_loop: bool = False
    split: frozenset[str] = frozenset()
    tasks: list[PlannedTask] = field(default_factory=list)
    proxy_names: dict[tuple[str, Proxy], str] = field(default_factory=dict)
    gate_names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, made: Compilation, graph: Graph, *, in_loop: bool = False) -> GraphTemplate:
        """An empty template for a graph."""
        if _task_count(graph) > MAX_DAG_TASKS:  # it will be cut in parts
            graph, joins = with_joins(graph)
            made.helpers |= set(joins)
        if in_loop and made.shares:
            names = {step.id: ITEM for step in graph.steps}
        else:
            names = task_names((step.id for step in graph.steps), taken=(VERDICT,))
            made.renamed |= {name: step for step, name in names.items() if name != step}
        return cls(made, graph, Scope.of(graph, names), in_loop, frozenset(_looped_over(graph)))

    def proxy_name(self, step: str, kind: Proxy) -> str:
        """The name of a step's proxy."""
        if (step, kind) not in self.proxy_names:
            word = "state" if kind is Proxy.WORST or not reports_items(self.scope.steps[step].body) else kind.value
            taken = (*self.scope.names.values(), *self.proxy_names.values(), VERDICT)
            name = unused(f"{self.scope.names[step]}-{word}", taken)
            self.proxy_names[step, kind] = name
            self.made.helpers.add(name)
        return self.proxy_names[step, kind]

    def gate_name(self, step: Step) -> str:
        """The name of the task without a pod that is skipped if a step's own condition says so, whatever its rule says."""
        if step.id not in self.gate_names:
            taken = (*self.scope.names.values(), *self.proxy_names.values(), *self.gate_names.values(), VERDICT)
            self.gate_names[step.id] = unused(f"{self.scope.names[step.id]}-gate", taken)
            self.made.helpers.add(self.gate_names[step.id])
        return self.gate_names[step.id]

    def add_steps(self) -> None:
        """A task for each step, each proxy right behind its step."""
        wanted = self._proxies_by_step()
        for step in self.graph.steps:
            check_reads(step, self.scope)
            if is_gated(step):
                self.tasks.append(self._gate(step))
            self.tasks.append(self._task(step, self.made.call(step, self)))
            for kind in wanted.get(step.id, ()):
                self.tasks.append(PlannedTask(self._proxy_task(step, kind), (self.scope.names[step.id],)))

    def add_verdict(self) -> None:
        """The last task: it waits for all leaves and fails if one that counts did not succeed and was not skipped.

        Source: Airflow's DagRun.update_state; a step that is followed only by steps that don't count is a leaf too.
        """
        followed = {before for step in self.graph.steps for before in step.after}
        followed_by_counting = {before for step in self.graph.steps if step.counts for before in step.after}
        ends = [step for step in self.graph.steps if step.id not in followed]
        leaves = [step for step in self.graph.steps if step.counts and step.id not in followed_by_counting]
        waits = tuple(dict.fromkeys(self.scope.names[step.id] for step in (*ends, *leaves)))
        self.made.helpers.add(VERDICT)
        verdict: Dict = {
            "name": VERDICT,
            "template": self.made.fail_if(),
            **arguments_of([("reason", tag(self._failed_leaves(leaves)))]),
        }
        if waits:
            verdict["depends"] = " && ".join(rules.in_any_state(name) for name in waits)
        self.tasks.append(PlannedTask(verdict, waits, stays=True))

    def body(self, name: str, **fields: Any) -> Dict:
        """The fields of the template of this name: inputs for what was captured, the tasks, the outputs."""
        body: Dict = {}
        codes = [(output, travelling_or_nil(value, self.scope)) for output, value in self.graph.outputs]
        if self.scope.captures:
            body["inputs"] = inputs_of(self.scope.captures.values())
        body |= fields
        body["dag"] = {"failFast": False, "tasks": self._tasks_within_limit(name)}
        if codes:
            body["outputs"] = {"parameters": [values_output(codes)]}
        return body

    def _tasks_within_limit(self, name: str) -> list[Dict]:
        if not needs_parts(self.tasks):
            return [task.fields for task in self.tasks]
        read = [source.step for _, value in self.graph.outputs for source in sources_of(value) if isinstance(source, Output)]
        needed = tuple(self.scope.names[step] for step in read if step in self.scope.names)
        prefix = self.made.templates.free_prefix(f"{name}-part")
        made = cut(self.tasks, prefix, list(self.scope.captures.values()), needed)
        self.made.templates.once(NOOP, NOOP_TEMPLATE)
        self.made.fail_if()
        for template, body in (made.parts | made.proxies).items():
            self.made.templates.once(template, body)
        self.made.parts |= made.parts.keys()
        self.made.proxies |= made.proxies.keys()
        self.made.helpers |= made.helpers
        return made.tasks

    def _task(self, step: Step, call: Call) -> PlannedTask:
        names = self.scope.names
        needs = tuple([names[before] for before in step.after])
        task: Dict = {"name": names[step.id], "template": call.template, **arguments_of(call.arguments)}
        if step.rule is not None:
            depends = rules.depends(step, self.scope, self.proxy_name, self.gate_name(step) if is_gated(step) else None)
            if is_gated(step):
                needs += (self.gate_name(step),)
            if depends:
                task["depends"] = depends
            needs += tuple(self.proxy_name(before, kind) for before, kind in proxies(step.rule.needs, self.scope.steps))
        elif needs:
            task["depends"] = " && ".join(needs)  # each of them succeeded or was skipped
        if step.rule is not None or step.when is not None or call.guards:
            condition = rules.when(step, self.scope, call.guards)
            if condition:
                task["when"] = condition
        return PlannedTask(task, needs, step)

    def _gate(self, step: Step) -> PlannedTask:
        assert step.when is not None
        read = [value.step for value in values_read(step.when) if isinstance(value, Output) and value.step in self.scope.names]
        needs = tuple(dict.fromkeys(self.scope.names[before] for before in read))
        task: Dict = {"name": self.gate_name(step), "template": self.made.templates.once(NOOP, NOOP_TEMPLATE)}
        task["depends"] = " && ".join(rules.in_any_state(name) for name in needs)
        condition = rules.when(replace(step, rule=None), self.scope, [])
        if condition:
            task["when"] = condition
        return PlannedTask(task, needs)

    def _proxies_by_step(self) -> dict[str, list[Proxy]]:
        wanted: dict[str, list[Proxy]] = {}
        for step in self.graph.steps:
            for before, kind in proxies(step.rule.needs, self.scope.steps) if step.rule else ():
                if kind not in wanted.setdefault(before, []):
                    wanted[before].append(kind)
        return wanted

    def _proxy_task(self, step: Step, kind: Proxy) -> Dict:
        """A task without a pod whose phase is a step's state: see `states.Proxy`."""
        skipped = frozenset({State.SKIPPED})
        fails: dict[Proxy, Condition] = {
            Proxy.WORST: Some(step.id, NOT_RUN_TO_SUCCESS),
            Proxy.BEST: Every(step.id, NOT_RUN_TO_SUCCESS | skipped),
            Proxy.SOME: Every(step.id, NOT_RUN_TO_SUCCESS),
            Proxy.SKIPS: FALSE,
        }
        reason = f"{truth(fails[kind], self.scope)} ? {quote(self.scope.names[step.id] + ' failed')} : ''"
        task: Dict = {
            "name": self.proxy_name(step.id, kind),
            "template": self.made.fail_if(),
            **arguments_of([("reason", tag(reason))]),
            "depends": self.scope.names[step.id],
        }
        if kind is not Proxy.SOME:
            skips = Some(step.id, skipped) if kind is Proxy.SKIPS else Every(step.id, skipped)
            task["when"] = tag(f"!({truth(skips, self.scope)})")
        return task

    def _failed_leaves(self, leaves: list[Step]) -> str:
        plain = [self.scope.names[step.id] for step in leaves if not reports_items(step.body)]
        names = ", ".join(f"'{name}'" for name in plain)
        # without a task there is no `tasks` to ask
        code = f"filter([{names}], tasks[#].status in ['Failed', 'Error', 'Omitted'])" if names else "[]"
        for step in leaves:
            if reports_items(step.body):
                failed = truth(Some(step.id, NOT_RUN_TO_SUCCESS), self.scope)
                code = f"concat({code}, {failed} ? ['{self.scope.names[step.id]}'] : [])"
        return f"join({code}, ', ')"


def _task_count(graph: Graph) -> int:
    """How many tasks the steps become: one each, gates and proxies, and the verdict."""
    steps = {step.id: step for step in graph.steps}
    wanted = {proxy for step in graph.steps if step.rule for proxy in proxies(step.rule.needs, steps)}
    return len(steps) + len(wanted) + sum(map(is_gated, graph.steps)) + 1


def is_gated(step: Step) -> bool:
    """Whether a step may have to end skipped where its rule alone would make it Omitted."""
    return step.skips_first and step.when is not None and step.rule is not None and step.rule.needs != TRUE


def graph_template(made: Compilation, graph: Graph, name: str, **fields: Any) -> tuple[str, Mapping[Source, str]]:
    """The template of a group, and its captures. Without rules of its own Argo's judgement of its leaves is right."""
    template = made.templates.reserve(name)
    writing = GraphTemplate.of(made, graph)
    writing.add_steps()
    if any(step.rule is not None or not step.counts for step in graph.steps):
        writing.add_verdict()
    made.templates.put(template, writing.body(template, **fields))
    return template, writing.scope.captures


def graph_call(step: Step, around: GraphTemplate) -> Call:
    """The call of a group's template."""
    assert isinstance(step.body, Graph)
    name = around.scope.names[step.id]
    template, captures = graph_template(around.made, step.body, name, retryStrategy=RETRY_ZERO)
    return captured_call(template, captures, around.scope)


def captured_call(template: str, captures: Mapping[Source, str], scope: Scope) -> Call:
    """The call of a template that passes captured values on, if they exist."""
    call = Call(template)
    for source, name in captures.items():
        call.arguments.append((name, as_tag(travelling(source, scope))))
        call.guards.append(exists(source, scope))
    return call


def job_call(step: Step, around: GraphTemplate) -> Call:
    """The call of a job's template."""
    literal = None if around.in_loop else around.made.templates.use_literal(step.body)  # type: ignore[arg-type]
    if literal is not None:
        return Call(*literal)
    job: Job = step.body  # type: ignore[assignment]  # who calls has looked
    made = around.made
    reported = Reported(split=step.id in around.split, plain=made.read.get(id(job), ()), kept=made.kept.get(id(job), ()))
    template, sources = around.made.templates.use(job, in_loop=around.in_loop, reported=reported)
    texts = [(name, argument(source, around.scope, step.id)) for name, source in sources.items()]
    conditions = [code for source in sources.values() for code in guards(source, around.scope)]
    passed = [(name, text) for name, text in texts if text is not None]
    return Call(template, passed, conditions)


def inputs_of(parameters: Iterable[str]) -> Dict:
    """The `inputs` of a DAG template."""
    found = [{"name": name} for name in parameters]
    return {"parameters": found} if found else {}


def is_reporting(step: Step | None) -> bool:
    """Whether a step's body is a job that reports."""
    return step is not None and not isinstance(step.body, Graph | ForLoop | WhileLoop) and reports(step.body)


def _looped_over(graph: Graph) -> set[str]:
    """The steps whose returned value is what a loop of the graph, at any depth, runs over."""
    found: set[str] = set()
    for step in graph.steps:
        if isinstance(step.body, ForLoop):
            found |= {one.step for _, axis in step.body.axes for one in _lists_in(axis, step.body) if one.name == RETURN_VALUE}
        if isinstance(step.body, ForLoop | WhileLoop):
            found |= _looped_over(step.body.body)
        elif isinstance(step.body, Graph):
            found |= _looped_over(step.body)
    return found


def _lists_in(axis: Value, loop: ForLoop) -> Iterator[Output]:
    """What is a list itself, of what a loop runs over, or an object if its items are: not what is somewhere in an element."""
    match axis:
        case Output():
            yield axis
        case Zipped(of=lists) | Concatenated(of=lists):
            for part in lists:
                yield from _lists_in(part, loop)
        case Listing(of=elements) if loop.keyed:
            yield from (element for element in elements if isinstance(element, Output))
        case _:
            pass


def check_reads(step: Step, scope: Scope) -> None:
    """Every step that is named by what a step reads or judges must be before it.

    Raises:
        DefinitionError: one isn't.
    """
    own, items = step.rule, step.body.rule if isinstance(step.body, ForLoop) else None
    judged = [one for rule in (own, items) if rule for one in (*steps_judged(rule.needs), *steps_judged(rule.wants))]
    if step.when is not None:
        judged += [*steps_judged(step.when), *(value.step for value in values_read(step.when) if isinstance(value, Output))]
    for before in judged:
        if before in scope.steps and before not in step.after:
            raise DefinitionError(f"step '{step.id}' judges '{before}', which isn't before it", f"let it run after '{before}'")

"""Executing a steps template. Source: steps.go; what differs is only that a step is visited when something about it changed."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_argo.argo.phases import ERROR, FAILED, RUNNING, SKIPPED, SUCCEEDED
from airflow_argo.argo.scope import Scope
from airflow_argo.argo.templates import Template
from airflow_argo.local.controller import variables
from airflow_argo.local.controller.aggregate import INLINE_LOOP, aggregated
from airflow_argo.local.controller.arguments import mark_absent, resolve
from airflow_argo.local.controller.artifacts import ArtifactScope
from airflow_argo.local.controller.calls import Call, CallOptions
from airflow_argo.local.controller.execute import execute_template, executes
from airflow_argo.local.controller.expansion import expand, holds, is_loop
from airflow_argo.local.controller.faults import Fault, MaxDepthExceeded, MissingReference, Panic, ParallelismReached, TimedOut
from airflow_argo.local.controller.hooks import HookPlace, exit_hook, named_hooks, run_exit_hook, run_named_hooks
from airflow_argo.local.controller.outbound import outbound_nodes
from airflow_argo.local.controller.outputs import export_outputs, template_outputs
from airflow_argo.local.controller.state import Run
from airflow_argo.local.controller.tree import NOTHING_RAN, STEP_GROUP, STEPS, Node, NodeFlag

Step = dict[str, Any]
EMPTY_LOOP_MESSAGE = "Skipped, empty params"


@dataclass(slots=True, eq=False)
class StepsBody:
    """What a pass keeps of a steps node: how far it is, and of the group that runs the steps with their loops written out.

    Attributes:
        group: its number.
        steps: name of the step's node → the step; None until its references are there.
        written: the steps as they stood in the template then.
        untried: the first that has not been tried; `open_steps` are to be visited again.
        running: the steps whose nodes are not fulfilled.
        hooked: a step of the group has hooks.
        full: no further step may start in this pass.
    """

    name: str
    scope: Scope
    artifacts: dict[str, dict[str, Any]]
    group: int = 0
    steps: list[tuple[str, Step]] | None = None
    written: list[Step] | None = None
    untried: int = 0
    open_steps: set[int] = field(default_factory=set)
    running: set[int] = field(default_factory=set)
    hooked: bool = False
    full: bool = False

    def queue(self, key: Hashable) -> None:
        """Visit a step of the group at the next pass: its group and number."""
        assert isinstance(key, tuple)
        if key[0] == self.group:
            self.open_steps.add(key[1])

    def next_group(self) -> None:
        """Go on."""
        self.group += 1
        self.steps = None
        self.untried = 0
        self.open_steps.clear()
        self.running.clear()
        self.hooked = False

    def to_visit(self) -> Iterator[int]:
        """The open steps, then the untried ones; all in a group with hooks."""
        if self.hooked:
            yield from range(len(self.steps or ()))
            return
        tried = self.untried
        yield from sorted(index for index in self.open_steps if index < tried)
        yield from range(tried, len(self.steps or ()))


@executes("steps")
def execute_steps(
    run: Run, call: Call, name: str, template: Template, options: CallOptions, _terminate_at: float | None
) -> Node:
    """Go through the groups from the one that was left last."""
    node = run.tree.get(name) or run.add_node(
        name, STEPS, RUNNING, holder=call.holder, scope=call.scope, options=options, template=template
    )
    body = call.body
    if not isinstance(body, StepsBody):
        scope = run.globals.child(variables.input_variables(template))
        body = call.body = StepsBody(name, scope, variables.input_artifacts(template))
    if _is_caught(run, body, template):
        return node
    visit = _GroupVisit(run, call, body, options, _known(run, body))
    while body.group < len(template["steps"]):
        group = _enter_group(run, call, body, options)
        try:
            visit.visit(template["steps"][body.group], group)
        except (Fault, ParallelismReached) as error:
            call.again()
            # the group's node, as Argo returns it: who called takes it for the one that was called
            return run.tree.mark(group.name, ERROR, str(error))
        if not group.fulfilled:
            return node
        if group.unsuccessful:
            _set_outbound(run, body, node)
            return run.tree.mark(name, FAILED, group.message)
        visit.publish(template["steps"][body.group], group)
        body.next_group()
    _set_outbound(run, body, node)
    outputs = visit.outputs(template)
    if outputs is not None:
        node.outputs = outputs
        export_outputs(run, outputs)
    return run.tree.mark(name, SUCCEEDED)


def _is_caught(run: Run, body: StepsBody, template: Template) -> bool:
    """Whether an empty group keeps those after it from going on: it has the next one as its child, and is over with that.

    Argo comes by all groups each time, and by no further one if one isn't over; only what ends at once gets past it.
    """
    for number in range(body.group):
        group = run.tree[f"{body.name}[{number}]"]
        if not template["steps"][number] and not (group.fulfilled and run.tree.all_fulfilled(group.name)):
            run.tree.mark(group.name, RUNNING)
            run.stuck[group.name] = "an empty step group waits for the one after it, which nobody looks at meanwhile"
            return True
    return False


def _enter_group(run: Run, call: Call, body: StepsBody, options: CallOptions) -> Node:
    """The node of the group, hung on the last nodes of the group before."""
    name = f"{body.name}[{body.group}]"
    group = run.tree.get(name)
    if group is not None:
        return group
    assert call.inner is not None
    inside = CallOptions(boundary=body.name, on_exit=options.on_exit, flag=NodeFlag())
    group = run.add_node(name, STEP_GROUP, RUNNING, holder={}, scope=call.inner, options=inside)
    if body.group == 0:
        run.tree.add_child(body.name, name)
        return group
    before = run.tree[f"{body.name}[{body.group - 1}]"]
    if not before.children:
        run.tree.add_child(before.name, name)
    for child in list(before.children):
        for last in list(outbound_nodes(run.tree, child)):
            if run.tree.get(last) is None:
                raise Panic(f"could not obtain the out noden name for {run.tree.id_of(last)}")
            run.tree.add_child(last, name)
    return group


def _set_outbound(run: Run, body: StepsBody, node: Node) -> None:
    """The last nodes of the last group that has a node. Source: updateOutboundNodes."""
    last = run.tree.get(f"{body.name}[{body.group}]") or run.tree.get(f"{body.name}[{body.group - 1}]")
    if last is not None:
        node.outbound = [name for child in last.children for name in outbound_nodes(run.tree, child)]
        run.tree.touch(node)


def _known(run: Run, body: StepsBody) -> ArtifactScope:
    """The artifacts that steps may refer to; the workflow's own as they are when a pass begins. Source: executeSteps."""
    outputs = variables.workflow_outputs(run.output_parameters)

    def alone() -> Scope:
        own = {key: body.scope[key] for key in body.scope if not key.startswith("workflow.")}
        return Scope(own | outputs)

    artifacts = ChainMap(body.artifacts, variables.workflow_artifacts(run.output_artifacts))
    return ArtifactScope(artifacts, lambda _key: True, alone)


@dataclass(frozen=True, slots=True)
class _GroupVisit:
    """Visits the steps of a group. Source: executeStepGroup."""

    run: Run
    call: Call
    body: StepsBody
    options: CallOptions
    artifacts: ArtifactScope

    def visit(self, written: list[Step], group: Node) -> None:
        """Do what there is to do in a group; it is fulfilled if it is over.

        Raises:
            Fault, ParallelismReached: an exit hook's.
        """
        if group.fulfilled and self.run.tree.all_fulfilled(group.name):
            return
        if self.body.steps is not None:
            self._resolve_again(written, group)
        elif not self._prepare(written, group):
            return
        self.body.full = False
        for index in self.body.to_visit():
            if self.body.full and self.run.tree.get((self.body.steps or [])[index][0]) is None:
                if self.body.hooked:
                    continue
                break
            if not self._visit_step(index, group):
                return
        if not self._hooks_done(group):
            return
        if not self.body.running:
            self._judge(group)
        elif group.fulfilled:  # an exit hook couldn't be called while others were at work, and has ended now
            self.run.tree.mark(group.name, RUNNING)

    def _prepare(self, written: list[Step], group: Node) -> bool:
        """Replace references to steps before and write out loops; whether that was possible."""
        try:
            resolved = [self._resolved(step) for step in written]
        except MissingReference as error:
            self.run.stuck[group.name] = str(error)
            return False
        except Fault as error:
            self.run.tree.mark(group.name, ERROR, f"failed to resolve references: {error}")
            return False
        try:
            steps = [one for step in resolved for one in self._expanded(step, group)]
        except Fault as error:
            self.run.tree.mark(group.name, ERROR, str(error))
            return False
        self.body.steps = [(f"{group.name}.{name}", step) for name, step in steps]
        self.body.written = written
        self.body.hooked = any(step.get("hooks") or step.get("onExit") for _, step in steps)
        return True

    def _resolve_again(self, written: list[Step], group: Node) -> None:
        """Argo resolves arguments at each visit. That shows where they tell the time, or how the run stands."""
        body = self.body
        if written is body.written or written == body.written:
            return
        body.written = written
        try:
            found = [one for step in written for one in self._expanded(self._resolved(step), group)]
        except (MissingReference, Fault):
            return
        steps = [(f"{group.name}.{name}", step) for name, step in found]
        if body.steps is not None and len(steps) == len(body.steps):
            body.open_steps |= {index for index in body.running if steps[index] != body.steps[index]}
            body.steps = steps

    def _resolved(self, step: Step) -> Step:
        """Source: resolveReferences."""
        scope = self.body.scope
        bare = {key: value for key, value in step.items() if key != "hooks"}
        hooks = {"hooks": step["hooks"]} if step.get("hooks") else {}
        if step.get("when"):
            when = resolve(step["when"], scope)
            try:
                if not holds(when):
                    return {**bare, "when": when, **hooks}
            except Fault:
                if not is_loop(step):
                    raise
        if bare.get("arguments"):
            bare["arguments"] = mark_absent(bare["arguments"], scope)
        resolved: Step = resolve(bare, scope)
        if resolved.get("arguments"):
            arguments = self.artifacts.in_arguments(resolved["arguments"], scope, in_steps=True)
            resolved = {**resolved, "arguments": arguments}
        return {**resolved, **hooks}

    def _expanded(self, step: Step, group: Node) -> list[tuple[str, Step]]:
        instances = expand(step, self.body.scope, keep_loop=False)
        name = f"{group.name}.{step['name']}"
        if not instances and self.run.tree.get(name) is None:
            self._add_node(name, SKIPPED, step, EMPTY_LOOP_MESSAGE, group)
        return instances

    def _add_node(self, name: str, phase: str, step: Step, message: str, group: Node) -> None:
        assert self.call.inner is not None
        self.run.add_node(
            name,
            NOTHING_RAN,
            phase,
            holder=step,
            scope=self.call.inner,
            options=CallOptions(boundary=self.body.name, flag=NodeFlag()),
            message=message,
        )
        self.run.tree.add_child(group.name, name)

    def _visit_step(self, index: int, group: Node) -> bool:
        """Run a step, or go on with it; False if it ends the group."""
        assert self.body.steps is not None
        name, step = self.body.steps[index]
        self.body.open_steps.discard(index)
        self.body.untried = max(self.body.untried, index + 1)
        try:
            if not holds(step.get("when") or ""):
                if self.run.tree.get(name) is None:
                    self._add_node(name, SKIPPED, step, f"when '{step['when']}' evaluated false", group)
                return True
        except Fault as error:
            self._add_node(name, ERROR, step, str(error), group)
            self.run.tree.mark(group.name, ERROR, str(error))
            return False
        return self._execute(index, name, step, group)

    def _execute(self, index: int, name: str, step: Step, group: Node) -> bool:
        assert self.call.inner is not None
        try:
            execute_template(
                self.run,
                name,
                step,
                self.call.inner,
                step.get("arguments") or {},
                CallOptions(boundary=self.body.name, on_exit=self.options.on_exit),
                parent=self.call,
                parent_body=self.body,
                key=(self.body.group, index),
            )
        except ParallelismReached as reason:
            self.body.full = self.body.full or reason.wide
            self._try_again(index)
        except MaxDepthExceeded:
            pass
        except TimedOut as error:
            self.run.tree.mark(group.name, FAILED, str(error))
            return False
        except Fault as error:
            self.run.tree.add_child(group.name, name)
            self.run.tree.mark(group.name, ERROR, f"step group deemed errored due to child {name} error: {error}")
            return False
        node = self.run.tree.get(name)
        if node is not None:
            self.run.tree.add_child(group.name, name)
            self._count(index, node)
            if self.run.calls[name].dirty:
                self._try_again(index)
        return True

    def _try_again(self, index: int) -> None:
        if self.run.tree.get((self.body.steps or [])[index][0]) is None:
            self.body.untried = min(self.body.untried, index)
        else:
            self.body.open_steps.add(index)
        self.call.again()

    def _count(self, index: int, node: Node) -> None:
        if node.fulfilled:
            self.body.running.discard(index)
        else:
            self.body.running.add(index)

    def _hooks_done(self, group: Node) -> bool:
        """Run the hooks of the group's steps; whether none is at work."""
        if not self.body.hooked:
            return True
        done = True
        steps = dict(self.body.steps or ())
        for name in list(group.children):
            node = self.run.tree[name]
            step = steps.get(name, {})
            self.body.scope.set(f"steps.{node.display_name}.status", node.phase)
            place = self._hook_place(step)
            try:
                if not run_named_hooks(self.run, named_hooks(step), node, place):
                    self.call.again()
                    return False
            except Fault as error:
                self.run.tree.mark(group.name, ERROR, str(error))
                return False
            if node.completed:
                hook = exit_hook(step, self.run.spec.get("arguments") or {})
                done = run_exit_hook(self.run, hook, node, place) and done
        if not done:
            self.call.again()
        return done

    def _hook_place(self, step: Mapping[str, Any]) -> HookPlace:
        assert self.call.inner is not None
        return HookPlace(
            owner=self.call,
            body=self.body,
            key=(self.body.group, 0),
            boundary=self.body.name,
            templates=self.call.inner,
            reference=f"steps.{step.get('name', '')}",
            variables=self.body.scope,
            artifacts=self.artifacts,
        )

    def _judge(self, group: Node) -> None:
        """All steps are over: the group fails with the first that may not fail."""
        steps = dict(self.body.steps or ())
        for name in group.children:
            node = self.run.tree[name]
            if node.unsuccessful and not _tolerates(steps.get(name, {}), node.phase):
                self.run.tree.mark(group.name, FAILED, f"child '{node.id}' failed")
                return
        self.run.tree.mark(group.name, SUCCEEDED)

    # --- after the group

    def outputs(self, template: Template) -> dict[str, Any] | None:
        """What the template puts out, once its last group is over.

        Raises:
            Fault: an output isn't there.
        """
        declared = template.get("outputs") or {}
        if not declared.get("parameters") and not declared.get("artifacts"):
            return None
        return template_outputs(template, self.artifacts.variables(), self.artifacts)

    def publish(self, written: list[Step], group: Node) -> None:
        """Put what the steps of a group leave into the scope of those after it.

        Raises:
            Fault: the results of a loop are no JSON, or it has an inline template.
        """
        for step in written:
            prefix, name = f"steps.{step['name']}", f"{group.name}.{step['name']}"
            node = self.run.tree.get(name)
            known: dict[str, object] = {}
            if node is None:
                instances = list(self._instances(name, group))
                if step.get("inline") and instances:
                    raise Fault(INLINE_LOOP)
                known |= {f"{prefix}.{key}": value for key, value in aggregated(instances).items()}
                known |= variables.node_variables(prefix, group, self.run.tree)
            else:
                known |= variables.node_variables(prefix, node, self.run.tree)
                known |= self._unproduced(step, prefix, node)
                self.body.artifacts |= variables.node_artifacts(prefix, node, self.run.tree)
            for key, value in known.items():
                self.body.scope.set(key, value)

    def _instances(self, name: str, group: Node) -> Iterator[Node]:
        for child in group.children:
            node = self.run.tree.get(child)
            if child.startswith(f"{name}(") and node is not None and node.type != NOTHING_RAN:
                yield node

    def _unproduced(self, step: Step, prefix: str, node: Node) -> dict[str, object]:
        if node.outputs is not None or node.phase != SKIPPED:
            return {}
        assert self.call.inner is not None
        try:
            template = self.run.library.undefaulted(step, self.call.inner)
        except KeyError:
            return {}
        for artifact in (template.get("outputs") or {}).get("artifacts") or []:
            self.body.artifacts[f"{prefix}.outputs.artifacts.{artifact['name']}"] = {"name": artifact["name"]}
        return variables.unproduced_variables(prefix, node, template)


def _tolerates(step: Mapping[str, Any], phase: str) -> bool:
    given = step.get("continueOn") or {}
    return bool(given.get("error") if phase == ERROR else given.get("failed"))

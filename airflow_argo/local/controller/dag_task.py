"""Visiting one task of a dag. Source: executeDAGTask in dag.go."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from airflow_argo.argo.dag import Task
from airflow_argo.argo.depends import DependsError, TaskResults, evaluate_depends
from airflow_argo.argo.phases import ERROR, FAILED, OMITTED, RUNNING, SKIPPED, SUCCEEDED
from airflow_argo.argo.scope import Scope
from airflow_argo.local.controller import variables
from airflow_argo.local.controller.aggregate import INLINE_LOOP, aggregated
from airflow_argo.local.controller.arguments import mark_absent, resolve
from airflow_argo.local.controller.artifacts import ArtifactScope
from airflow_argo.local.controller.calls import Call, CallOptions
from airflow_argo.local.controller.dag_body import DagBody, TaskState
from airflow_argo.local.controller.execute import execute_template, release_locks
from airflow_argo.local.controller.expansion import expand, holds, is_loop
from airflow_argo.local.controller.faults import Fault, MaxDepthExceeded, MissingReference, Panic, ParallelismReached, TimedOut
from airflow_argo.local.controller.hooks import HookPlace, exit_hook, named_hooks, run_exit_hook, run_named_hooks
from airflow_argo.local.controller.outbound import outbound_nodes
from airflow_argo.local.controller.state import Run
from airflow_argo.local.controller.tree import NOTHING_RAN, TASK_GROUP, Node, NodeFlag

_WELL = frozenset({SUCCEEDED, SKIPPED})
OMITTED_MESSAGE = "omitted: depends condition not met"
EMPTY_LOOP_MESSAGE = "Skipped, empty params"


@dataclass(frozen=True, slots=True)
class TaskVisit:
    """Visits tasks of one dag in one pass."""

    run: Run
    call: Call
    body: DagBody
    options: CallOptions

    def visit(self, name: str) -> None:
        """Do what there is to do for a task, and tell those that depend on it if it is over."""
        node_name = self.body.node_name(name)
        node = self.run.tree.get(node_name)
        known = name in self.body.graph.hooked or self.body.states[name].released
        if node is not None and node.fulfilled and known and not self._is_looked_at(name):
            return
        self._visit(name, self.body.graph.tasks[name], node)
        node = self.run.tree.get(node_name)
        if node is None:
            return
        over = node.fulfilled and self.run.tree.hooks_fulfilled(node)
        self.body.set_open(name, is_open=not over)
        if over and not self.body.states[name].released:
            self._publish(name, node)
            self.body.release(name)

    def _is_looked_at(self, name: str) -> bool:
        """Whether Argo comes by a task that is over: only on the way down from one that isn't, or if it is a target."""
        seen: set[str] = set()
        stack = [name]
        while stack:
            task = stack.pop()
            if task in self.body.graph.targets:
                return True
            for other in self.body.graph.downstream[task]:
                node = self.run.tree.get(self.body.node_name(other))
                if other not in seen and other in self.body.states and (node is None or not node.fulfilled):
                    seen.add(other)
                    stack.append(other)
        return False

    def _visit(self, name: str, task: Task, node: Node | None) -> None:
        if node is not None and (node.fulfilled or node.phase == RUNNING) and not self._named_hooks_done(name, task, node):
            return
        if node is not None and node.fulfilled:
            done = self.run.calls.get(node.name)
            if done is not None and done.processed is not None:
                release_locks(self.run, done, done.processed)
            if node.completed:
                self._exit_hook_done(name, task, node)
            return
        state = self.body.states[name]
        if state.items is not None:
            self._resolve_again(name, task, state)
        elif not self._prepare(name, task, node, state):
            return
        self._run_items(name, task, state)

    def _named_hooks_done(self, name: str, task: Task, node: Node) -> bool:
        hooks = named_hooks(task)
        if not hooks:
            return True
        try:
            done = run_named_hooks(self.run, hooks, node, hook_place(self.run, self.call, self.body, name, node))
        except Fault as error:
            self.run.tree.mark(node.name, ERROR, str(error))
            done = False
        if not done:
            self.body.visit_later(name)
        return done

    def _exit_hook_done(self, name: str, task: Task, node: Node) -> bool:
        hook = exit_hook(task, self.run.spec.get("arguments") or {})
        if hook is None:
            return True
        place = hook_place(self.run, self.call, self.body, name, node)
        try:
            done = run_exit_hook(self.run, hook, node, place)
        except ParallelismReached as reason:
            self.body.full = self.body.full or reason.wide
            done = False
        except Fault:
            done = False
        if not done:
            self.body.visit_later(name)
        return done

    # --- before it runs

    def _prepare(self, name: str, task: Task, node: Node | None, state: TaskState) -> bool:
        """Judge `depends`, `when` and arguments and write out the loop; whether there is something to run."""
        try:
            if node is None and not self._depends_hold(name):
                self._add(name, task, OMITTED, OMITTED_MESSAGE)
                return False
            resolved = self._resolved(name, task)
            scope = self._scope(name)
            state.items = expand(resolved, scope, keep_loop=True)
        except MissingReference as error:
            self.run.stuck[self.body.node_name(name)] = str(error)
            return False
        except Fault as error:
            self._add(name, task, ERROR, str(error))
            return False
        state.done_items = bytearray(len(state.items))
        state.made_of = task
        if not is_loop(task):
            return True
        if not state.items:
            self._add(name, task, SKIPPED, EMPTY_LOOP_MESSAGE)
            return False
        if node is None:
            self._connect(self.body.node_name(name), name, None)
            self._add_node(self.body.node_name(name), TASK_GROUP, RUNNING, task, "")
        return True

    def _resolve_again(self, name: str, task: Task, state: TaskState) -> None:
        """Argo resolves arguments at each visit. That shows where they tell the time, or how the run stands."""
        if task is state.made_of or task == state.made_of:
            return
        state.made_of = task
        try:
            items = expand(self._resolved(name, task), self._scope(name), keep_loop=True)
        except (MissingReference, Fault):
            return
        if len(items) == len(state.items or ()):
            state.items = items

    def _add(self, name: str, task: Task, phase: str, message: str) -> None:
        """A node for a task that doesn't run."""
        node_name = self.body.node_name(name)
        self._add_node(node_name, NOTHING_RAN, phase, task, message)
        self._connect(node_name, name, None)

    def _add_node(self, node_name: str, node_type: str, phase: str, task: Task, message: str) -> None:
        assert self.call.inner is not None
        self.run.add_node(
            node_name,
            node_type,
            phase,
            holder=task,
            scope=self.call.inner,
            options=CallOptions(boundary=self.body.name, flag=NodeFlag()),
            message=message,
        )

    def _depends_hold(self, name: str) -> bool:
        graph = self.body.graph
        if name in graph.plain:
            return all(self.run.tree[self.body.node_name(one)].phase in _WELL for one in graph.upstream[name])
        logic = graph.logic[name]
        try:
            return evaluate_depends(logic, self._results)
        except DependsError as error:
            raise Fault(str(error)) from None

    def _results(self, name: str) -> TaskResults:
        """How a task that others depend on ended. Source: evaluateDependsLogic."""
        node = self.run.tree[self.body.node_name(name)]
        any_succeeded = all_failed = False
        if node.type == TASK_GROUP:
            children = [self.run.tree.get(child) for child in node.children]
            any_succeeded = any(child is not None and child.phase == SUCCEEDED for child in children)
            all_failed = bool(children) and all(child is not None and child.phase == FAILED for child in children)
        return TaskResults(
            succeeded=node.phase == SUCCEEDED,
            failed=node.phase == FAILED,
            errored=node.phase == ERROR,
            skipped=node.phase == SKIPPED,
            omitted=node.phase == OMITTED,
            any_succeeded=any_succeeded,
            all_failed=all_failed,
        )

    def _scope(self, name: str) -> Scope:
        """The variables that a task may use: of other tasks only those that it depends on, directly or not.

        Raises:
            Fault: one of them is a loop whose results are no JSON.
        """
        ancestors = self.body.graph.ancestors(name)
        for task, error in self.body.broken.items():
            if task in ancestors:
                raise error
        return self.body.scope.limited("tasks", ancestors)

    def _resolved(self, name: str, task: Task) -> Task:
        """The task with the tags of others replaced, `when` first; if that is false the rest stays as it is.

        Source: resolveDependencyReferences.
        """
        scope = self._scope(name)
        bare = {key: value for key, value in task.items() if key != "hooks"}
        hooks = {"hooks": task["hooks"]} if task.get("hooks") else {}
        if task.get("when"):
            when = resolve(task["when"], scope)
            try:
                if not holds(when):
                    return {**bare, "when": when, **hooks}
            except Fault:
                if not is_loop(task):  # of a loop, it may need an item
                    raise
        if bare.get("arguments"):
            bare["arguments"] = mark_absent(bare["arguments"], scope)
        resolved: Task = resolve(bare, scope)
        if resolved.get("arguments"):
            artifacts = artifact_scope(self.run, self.body, name)
            resolved = {**resolved, "arguments": artifacts.in_arguments(resolved["arguments"], scope, in_steps=False)}
        return {**resolved, **hooks}

    # --- running it

    def _run_items(self, name: str, task: Task, state: TaskState) -> None:
        group = self.run.tree.get(self.body.node_name(name)) if is_loop(task) else None
        for index in state.to_visit():
            if not self._run_item(name, task, state, index, group):
                return
        if group is not None and state.done == len(state.items or ()):
            self.run.tree.mark(group.name, self._group_phase(state))

    def _group_phase(self, state: TaskState) -> str:
        phase = SUCCEEDED
        for item_name, _ in state.items or ():
            node = self.run.tree[self.body.node_name(item_name)]
            if node.unsuccessful:
                phase = node.phase
        return phase

    def _run_item(self, name: str, task: Task, state: TaskState, index: int, group: Node | None) -> bool:
        """Run one instance; False if the ones after it are not to be looked at in this pass."""
        assert state.items is not None
        item_name, item = state.items[index]
        node_name = self.body.node_name(item_name)
        state.open_items.discard(index)
        state.next_item = max(state.next_item, index + 1)
        if self.run.tree.get(node_name) is None:
            self._connect(node_name, name, group)
            if not self._may_run(node_name, task, item):
                state.set_done(index)
                return True
        try:
            node = self._execute(name, node_name, item, index, group)
        except (TimedOut, Fault) as error:
            if isinstance(error, TimedOut):
                self.run.tree.mark(node_name, FAILED, str(error))
            else:
                self.run.tree.mark(node_name, ERROR, f"task '{node_name}' errored: {error}")
            state.set_done(index)
            self._interrupt(name, group)
            return False
        if node is None:
            state.next_item = index
            self.body.block(name)
            return False
        child = self.run.calls[node_name]
        if child.dirty:
            state.open_items.add(index)
            self.body.visit_later(name)
        if self.run.tree[node_name].fulfilled:
            state.set_done(index)
        if node.completed and not self._exit_hook_done(name, task, node):
            state.open_items.add(index)
            self._interrupt(name, group)
            return False
        return True

    def _interrupt(self, name: str, group: Node | None) -> None:
        if group is not None:
            self.body.interrupted = True
            self.body.visit_later(name)

    def _may_run(self, node_name: str, task: Task, item: Mapping[str, Any]) -> bool:
        """Judge an instance's `when`; one that doesn't run gets a node that says so."""
        try:
            if holds(item.get("when") or ""):
                return True
            self._add_node(node_name, NOTHING_RAN, SKIPPED, task, f"when '{item['when']}' evaluated false")
        except Fault as error:
            self._add_node(node_name, NOTHING_RAN, ERROR, task, str(error))
        return False

    def _execute(self, name: str, node_name: str, item: Task, index: int, group: Node | None) -> Node | None:
        """Call the template; None if it has to wait and has no node yet."""
        assert self.call.inner is not None
        try:
            return execute_template(
                self.run,
                node_name,
                item,
                self.call.inner,
                item.get("arguments") or {},
                CallOptions(boundary=self.body.name, on_exit=self.options.on_exit),
                kind="tasks",
                parent=self.call,
                parent_body=self.body,
                key=name if group is None else (name, index),
            )
        except ParallelismReached as reason:
            self.body.full = self.body.full or reason.wide
            node = self.run.tree.get(node_name)
            if node is not None and node.fulfilled:  # by failFast, which Argo sees at a later visit, if there is one
                return replace(node, phase=RUNNING)
        except MaxDepthExceeded:
            pass
        return self.run.tree.get(node_name)

    def _connect(self, node_name: str, name: str, group: Node | None) -> None:
        """Hang a node on what comes before it. Source: connectDependencies."""
        tree, upstream = self.run.tree, self.body.graph.upstream[name]
        if group is not None:
            tree.add_child(group.name, node_name)
        elif not upstream:
            tree.add_child(self.body.name, node_name)
        else:
            before = [last for other in upstream for last in outbound_nodes(tree, self.body.node_name(other))]
            self.body.lost = self.body.lost or not before
            for last in before:
                if tree.get(last) is None:
                    return  # a hook that has had to wait: Argo logs it, and connects no more
                tree.add_child(last, node_name)

    # --- after it ran

    def _publish(self, name: str, node: Node) -> None:
        """Put what a task leaves into the scope of those that come after it."""
        prefix, task = f"tasks.{name}", self.body.graph.tasks[name]
        if node.type == TASK_GROUP and task.get("inline"):
            self.body.broken[name] = Fault(INLINE_LOOP)
        try:
            known = task_variables(self.run, self.call, task, node)
        except Fault as error:
            self.body.broken[name] = error
            known = variables.node_variables(prefix, node, self.run.tree)
        except Panic as error:
            self.body.broken[name] = error
            return
        for key, value in known.items():
            self.body.scope.set(key, value)
        self.body.artifacts |= variables.node_artifacts(prefix, node, self.run.tree)


def task_variables(run: Run, call: Call, task: Mapping[str, Any], node: Node) -> dict[str, object]:
    """All that a task's node leaves to others; the aggregates of a loop included.

    Raises:
        Fault: the results of a loop are no JSON.
    """
    prefix = f"tasks.{task['name']}"
    known: dict[str, object] = {}
    if node.type == TASK_GROUP:
        children = (run.tree.get(child) for child in node.children)
        values = aggregated(child for child in children if child is not None)
        known |= {f"{prefix}.{key}": value for key, value in values.items()}
    known |= variables.node_variables(prefix, node, run.tree)
    if node.outputs is None and node.phase in (SKIPPED, OMITTED):
        assert call.inner is not None
        try:
            template = run.library.undefaulted(task, call.inner)
        except KeyError:
            return known
        known |= variables.unproduced_variables(prefix, node, template)
    return known


def artifact_scope(run: Run, body: DagBody, name: str) -> ArtifactScope:
    """The artifacts that a task may refer to. Source: buildLocalScopeFromTask."""
    ancestors = body.graph.ancestors(name)

    def visible(key: str) -> bool:
        return not key.startswith("tasks.") or key.split(".")[1] in ancestors

    def alone() -> Scope:
        own = {key: body.scope[key] for key in body.scope if not key.startswith("workflow.") and visible(key)}
        return Scope(own | variables.workflow_outputs(run.output_parameters))

    artifacts = ChainMap(body.artifacts, variables.workflow_artifacts(run.output_artifacts))
    return ArtifactScope(artifacts, visible, alone)


def hook_place(run: Run, call: Call, body: DagBody, name: str, node: Node) -> HookPlace:
    """Where the hooks of a task hang; they may use its own status too."""
    assert call.inner is not None
    return HookPlace(
        owner=call,
        body=body,
        key=name,
        boundary=body.name,
        templates=call.inner,
        reference=f"tasks.{name}",
        variables=body.scope.limited("tasks", body.graph.ancestors(name)).child({f"tasks.{name}.status": node.phase}),
        artifacts=artifact_scope(run, body, name),
    )

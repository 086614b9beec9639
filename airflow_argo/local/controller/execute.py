"""Calling a template: the way of every node, whatever it runs. Source: executeTemplate in operator.go."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import Any, Final

from airflow_argo.argo.durations import InvalidDuration, parse_duration
from airflow_argo.argo.limits import MAX_TEMPLATE_DEPTH
from airflow_argo.argo.phases import ERROR, FAILED, PENDING, RUNNING
from airflow_argo.argo.templates import POD_TYPES, Template, TemplateNotFound, TemplateScope, template_type
from airflow_argo.local.controller import retries
from airflow_argo.local.controller.arguments import ConfigMapParameters, dumps, process_arguments, substitute
from airflow_argo.local.controller.calls import Body, Call, CallOptions
from airflow_argo.local.controller.faults import Fault, MaxDepthExceeded, ParallelismReached, TimedOut
from airflow_argo.local.controller.retries import Next
from airflow_argo.local.controller.state import Run
from airflow_argo.local.controller.tree import DAG, POD, RETRY, STEP_GROUP, STEPS, SUSPEND, Node, NodeFlag, pod_name_of
from airflow_argo.local.controller.workflow_variables import forgotten

Executor = Callable[[Run, Call, str, Template, CallOptions, "float | None"], Node]
"""Runs what a template is made of, under a node name that may be an attempt's; the last argument is a time to end by."""

EXECUTORS: dict[str, Executor] = {}
"""By the template's type."""

_MAX_DEPTH_MESSAGE: Final = (
    "Maximum recursion depth exceeded. See "
    "https://argo-workflows.readthedocs.io/en/release-4.1/scaling/#maximum-recursion-depth"
)
_FAIL_FAST_MESSAGE: Final = "template has failed or errored children and failFast enabled"
_NODE_TYPES: Final = {"dag": DAG, "steps": STEPS, "suspend": SUSPEND}
_VOLATILE: Final = re.compile(
    r"workflow\.(?:status|duration|failures|outputs)|\bnow\(\)|workflow\.(?:labels|annotations)(?:\.json)?(?![\w.\-\[])"
)
_DISPLAY_NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-.]{0,61}[a-zA-Z0-9]\Z")
_RETRIES_ERRORS: Final = frozenset({retries.ALWAYS, retries.ON_ERROR, retries.ON_TRANSIENT_ERROR})


def executes(*types: str) -> Callable[[Executor], Executor]:
    """Enter a function for template types."""

    def enter(executor: Executor) -> Executor:
        EXECUTORS.update(dict.fromkeys(types, executor))
        return executor

    return enter


def execute_template(
    run: Run,
    name: str,
    holder: Mapping[str, Any],
    scope: TemplateScope,
    arguments: Mapping[str, Any],
    options: CallOptions,
    *,
    kind: str = "steps",
    parent: Call | None = None,
    parent_body: Body | None = None,
    key: Hashable = None,
) -> Node:
    """Call a template under a node name, or go on with the call; returns its node.

    Args:
        name: of the node.
        holder: the task, step or hook that names the template, to be looked up in `scope`.
        kind: `tasks` for a DAG task.
        parent: the call around it; a change in here wakes that one and queues `key` with its body.
    Raises:
        ParallelismReached: it has to wait for others; there may be no node yet.
        Fault: its node is an Error, or TimedOut.
    """
    call = run.calls.get(name)
    if call is None:
        call = run.calls[name] = Call(
            name, holder, kind, scope, arguments, options, parent=parent, key=key, parent_body=parent_body
        )
    node = run.tree.get(name)
    if call.arguments is not arguments and call.arguments != arguments:
        call.arguments, call.processed, call.dirty = arguments, None, True
    if node is not None and not call.dirty:
        return node
    call.dirty = False
    run.depth += 1
    try:
        return _visit(run, call)
    finally:
        run.depth -= 1


def _visit(run: Run, call: Call) -> Node:
    if run.depth >= MAX_TEMPLATE_DEPTH:
        error = MaxDepthExceeded(_MAX_DEPTH_MESSAGE)
        run.error_node(call, error)
        raise error
    try:
        template = _processed(run, call)
        node = run.tree.get(call.name)
        if node is not None:
            _set_display_name(run, node, template)
    except Fault as error:
        run.error_node(call, error)
        raise
    if node is not None and node.fulfilled:
        release_locks(run, call, template)
        return node
    _check_pending_timeouts(run, call, node, template)
    try:
        _check_parallelism(run, node, template, call.options.boundary)
        node = _with_locks(run, call, template, node)
    except ParallelismReached:
        call.again()
        raise
    if node is not None and node.waiting_for:
        return node
    if retry_strategy(run, template) is not None:
        node = _attempted(run, call, template)
        stale = False
    else:
        node = _executed(run, call, template)
        stale = node.type == SUSPEND or (node.type == DAG and node.unsuccessful)
        if not node.fulfilled and template.get("failFast") and run.tree.counts(call.name).unsuccessful:
            call.again()  # the next visit ends it, unless pods are at work in it
    if node.fulfilled and stale and template.get("synchronization"):
        call.again()  # executeSuspend and executeDAG return a stale node: locks go back at the next visit, if there is one
    elif node.fulfilled and node.type != STEP_GROUP:
        release_locks(run, call, template)
    return node


def _processed(run: Run, call: Call) -> Template:
    """The template with its arguments; done anew in each pass only if it shows what changes during a run."""
    if call.processed is not None and call.processed_in in (run.pass_number, _FOR_GOOD):
        return call.processed
    if call.template is None:
        try:
            call.inner, call.template = run.library.resolve(call.holder, call.scope)
        except TemplateNotFound as error:
            raise Fault(str(error)) from None
    text = dumps(call.template)
    changing = _VOLATILE.search(text) is not None or any(label in text for label in forgotten(run))
    local = {"node.name": call.name, f"{call.kind}.name": call.holder.get("name") or ""}
    if template_type(call.template) in POD_TYPES and retry_strategy(run, call.template) is None:
        local["pod.name"] = pod_name_of(run.metadata.name, call.name, call.template.get("name", ""))
    parameters = ConfigMapParameters(run.parameters)
    call.processed = process_arguments(call.template, call.arguments, run.globals, local, parameters)
    call.processed_in = run.pass_number if changing else _FOR_GOOD
    return call.processed


_FOR_GOOD: Final = -2


def _set_display_name(run: Run, node: Node, template: Template) -> None:
    wanted = (template.get("annotations") or {}).get("workflows.argoproj.io/display-name")
    if not wanted or wanted == node.display_name:
        return
    if not _DISPLAY_NAME.match(wanted):
        raise Fault(f"displayName must match the regex ^{_DISPLAY_NAME.pattern[:-2]}$")
    node.display_name = wanted
    run.tree.touch(node)


def retry_strategy(run: Run, template: Template) -> Mapping[str, Any] | None:
    """The template's retryStrategy, or the workflow's."""
    own: Mapping[str, Any] | None = template.get("retryStrategy")
    return own if own is not None else run.spec.get("retryStrategy")


def _check_pending_timeouts(run: Run, call: Call, node: Node | None, template: Template) -> None:
    """A node that is Pending for longer than `timeout` or `pendingTimeout` fails. Source: checkTemplateTimeouts."""
    if node is None or node.phase != PENDING:
        return
    for field in ("timeout", "pendingTimeout"):
        if not template.get(field):
            continue
        deadline = node.started_at + timeout_seconds(template[field])
        if run.now() > deadline:
            run.ends.append((node.name, "timeout"))
            run.tree.mark(node.name, FAILED, "timeout")
            raise TimedOut("timeout")
        run.wake_at(deadline + 0.001, call.name)


def timeout_seconds(text: str) -> float:
    """The seconds of a `timeout`.

    Raises:
        Fault: it is no duration.
    """
    try:
        return parse_duration(text)
    except InvalidDuration as error:
        raise Fault(f"invalid timeout format {error}") from None


def _check_parallelism(run: Run, node: Node | None, template: Template, boundary: str) -> None:
    """Source: checkParallelism in operator.go."""
    limit = run.spec.get("parallelism")
    if limit is not None and run.tree.active_pods >= limit:
        raise ParallelismReached(wide=True)
    if node is not None and template_type(template) in ("dag", "steps"):
        _check_fail_fast(run, node, template, wide=False)
        limit = template.get("parallelism")
        if limit is not None and run.tree.counts(node.name).pods >= limit:
            raise ParallelismReached(wide=False)
    if boundary and (node is None or node.phase not in (PENDING, RUNNING)):
        around = run.tree[boundary]
        outer = boundary_template(run, boundary)
        _check_fail_fast(run, around, outer, wide=True)
        limit = outer.get("parallelism")
        if limit is not None and run.tree.counts(boundary).children >= limit:
            raise ParallelismReached(wide=True)


def _check_fail_fast(run: Run, node: Node, template: Template, *, wide: bool) -> None:
    """With `failFast` of a template, nothing new starts after a failure, and the node fails when the last pod has ended."""
    counts = run.tree.counts(node.name)
    if not template.get("failFast") or counts.unsuccessful == 0:
        return
    if counts.pods == 0:
        if template_type(template) == "steps":
            group = _last_step_group(run, node)
            if group is not None:
                run.tree.mark(group.name, FAILED, _FAIL_FAST_MESSAGE)
        run.tree.mark(node.name, FAILED, _FAIL_FAST_MESSAGE)
    raise ParallelismReached(wide=wide)


def _last_step_group(run: Run, node: Node) -> Node | None:
    """The last StepGroup on a walk down from a node, children in their order. Source: findLeafNodeWithType."""
    without: set[str] = set()
    stack = [(node, iter(reversed(node.children)))]
    while stack:
        current, children = stack[-1]
        child = next((one for one in children if one not in without and run.tree.get(one) is not None), None)
        if child is not None:
            stack.append((run.tree[child], iter(reversed(run.tree[child].children))))
        elif current.type == STEP_GROUP:
            return current
        else:
            without.add(current.name)
            stack.pop()
    return None


def boundary_template(run: Run, boundary: str) -> Template:
    """The template of a dag or steps node, as it is written, without defaults. Source: GetTemplateByBoundaryID."""
    call = run.calls.get(boundary) or run.calls[boundary.rpartition("(")[0]]
    known: Template | None = call.extra.get("written")
    if known is None:
        known = call.extra["written"] = run.library.undefaulted(call.holder, call.scope)
    return known


# --- locks


def _with_locks(run: Run, call: Call, template: Template, node: Node | None) -> Node | None:
    """Take the locks that a template asks for; a node that can't is Pending and waits."""
    synchronization = template.get("synchronization")
    if not synchronization:
        return node
    if run.restored and node is not None and node.waiting_for:
        call.again()
        return node
    try:
        taken = run.locks.acquire(call.name, synchronization)
    except Fault as error:
        run.error_node(call, error)
        raise
    if taken is not None:
        if node is None:
            node = run.add_node(
                call.name,
                _node_type(template),
                PENDING,
                holder=call.holder,
                scope=call.scope,
                options=call.options,
                template=template,
            )
        node.waiting_for, node.message = taken.name, taken.message
        run.tree.touch(node)
    elif node is not None and node.waiting_for:
        node.waiting_for = node.message = ""
        run.tree.touch(node)
    return node


def _node_type(template: Template) -> str:
    """The type of a node that waits for a lock, of the template alone. Source: GetNodeType."""
    return RETRY if template.get("retryStrategy") is not None else _NODE_TYPES.get(template_type(template), POD)


def release_locks(run: Run, call: Call, template: Template) -> None:
    """Give back the locks of a call that is over, and wake who waits for them."""
    if template.get("synchronization") and not call.released:
        call.released = True
        for waiting in run.locks.release(call.name, template["synchronization"]):
            run.wake(waiting)


# --- running it, with or without attempts


def _executed(run: Run, call: Call, template: Template) -> Node:
    """Run a template without retries."""
    try:
        return _execute(run, call, call.name, template, call.options, None)
    except Fault as error:
        run.tree.mark(call.name, ERROR, str(error))
        release_locks(run, call, template)
        raise


def _execute(run: Run, call: Call, name: str, template: Template, options: CallOptions, terminate_at: float | None) -> Node:
    executor = EXECUTORS.get(template_type(template))
    if executor is None:
        raise Fault(f"Template '{template.get('name', '')}' missing specification")
    if call.body_node != name:
        call.body, call.body_node = None, name
    return executor(run, call, name, template, options, terminate_at)


def _attempted(run: Run, call: Call, template: Template) -> Node:
    """Run a template as an attempt under a Retry node; go on to the next attempt if this one is over at once."""
    strategy = retry_strategy(run, template)
    assert strategy is not None
    node = run.tree.get(call.name)
    if node is None:
        flag = call.options.flag
        shared = flag and replace(flag, retried=True)  # a hook's flag is its attempts' too
        node = run.add_node(
            call.name,
            RETRY,
            RUNNING,
            holder=call.holder,
            scope=call.scope,
            options=replace(call.options, flag=shared),
            template=template,
        )
    attempts = run.tree.attempts(node)
    situation = retries.Situation(now=run.now(), shutdown=run.shutdown, deadline=run.deadline)
    try:
        decision = retries.decide(strategy, attempts, situation)
    except Fault as error:
        run.tree.mark(call.name, ERROR, str(error))
        raise
    if decision.next is Next.BACK_OFF:
        run.wake_at(decision.until, call.name)
        return run.tree.mark(call.name, node.phase, decision.message)
    if decision.next is Next.END:
        _end_retry(run, node, attempts, decision)
        if run.tree.all_fulfilled(node.name):
            return node
        # Argo goes on here, with an attempt that nobody waits for, if some node of the last one is still at work
    elif decision.message is not None:
        run.tree.mark(call.name, node.phase, decision.message)
    attempt = _run_attempt(run, call, template, strategy, attempts, decision)
    if not node.fulfilled and attempt.fulfilled:
        return _next_round(run, call, attempt)
    return node


def _end_retry(run: Run, node: Node, attempts: list[Node], decision: retries.Decision) -> Node:
    """The Retry node ends as its last attempt did, with that one's outputs."""
    if attempts[-1].outputs is not None:
        node.outputs = attempts[-1].outputs
    return run.tree.mark(node.name, decision.phase, decision.message)


def _run_attempt(
    run: Run,
    call: Call,
    template: Template,
    strategy: Mapping[str, Any],
    attempts: list[Node],
    decision: retries.Decision,
) -> Node:
    going_on = bool(attempts) and not attempts[-1].fulfilled
    before = attempts[:-1] if going_on else attempts
    name = f"{call.name}({len(before)})"
    run.tree.add_child(call.name, name)
    flag = call.options.flag
    options = replace(call.options, flag=NodeFlag(hooked=flag is not None and flag.hooked, retried=True))
    # Argo fills the template at each visit, and takes the attempt that is at work for the last one then
    local = retries.last_retry_variables(attempts, exit_code="0") if going_on else retries.next_attempt_variables(before)
    if template_type(template) in POD_TYPES:
        local["pod.name"] = pod_name_of(run.metadata.name, name, template.get("name", ""))
    if not going_on or call.body is None or call.extra.get("attempt of") is not template:
        try:
            call.extra["attempt"] = substitute(template, run.globals, local)
            call.extra["attempt of"] = None if "lastRetry." in dumps(template) else template
        except Fault as error:
            run.error_node(call, error, name)
            raise
    try:
        return _execute(run, call, name, call.extra["attempt"], options, decision.terminate_at)
    except Fault as error:
        node = run.tree.mark(name, ERROR, str(error))
        if retries.policy(strategy) not in _RETRIES_ERRORS:
            release_locks(run, call, template)
            raise
        return node


def _next_round(run: Run, call: Call, attempt: Node) -> Node:
    """An attempt is over: judge it in the same pass, one call deeper, as Argo does."""
    call.dirty = False
    run.depth += 1
    try:
        return _visit(run, call)
    except Fault as error:
        run.tree.mark(attempt.name, ERROR, str(error))
        raise
    finally:
        run.depth -= 1

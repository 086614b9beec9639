"""One DAG → one workflow: each task a step, with Airflow's rules, branches, mapping and tries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from airflow_argo.diagnostics import Diagnostic, Severity
from airflow_argo.model.conditions import FALSE, Condition, Rule, all_of
from airflow_argo.model.graph import Body, ForLoop, Graph, Step
from airflow_argo.model.jobs import Container, NoOp, PythonCall, Resource
from airflow_argo.model.values import SameItem
from airflow_argo.model.walk import found_in
from airflow_argo.model.workflow import Workflow
from airflow_argo.settings import Settings, load_settings
from airflow_argo.translator import limits
from airflow_argo.translator.airflow_names import airflow_names, fails_fast, is_mapped, rule_name_of
from airflow_argo.translator.bodies import body_of
from airflow_argo.translator.branches import conditions_on_decisions
from airflow_argo.translator.callbacks import exit_of
from airflow_argo.translator.context import RETURN_VALUE, DagContext, TaskContext
from airflow_argo.translator.failing_fast import behind_failures, chances_of, rule_failing_fast
from airflow_argo.translator.handed_files import report_handed_files
from airflow_argo.translator.import_effects import effects_of
from airflow_argo.translator.intervals import intervals_of
from airflow_argo.translator.labels import DAG_ID_LABEL, annotations_of, label_of
from airflow_argo.translator.large_values import with_large_values
from airflow_argo.translator.leaves import leaves_of
from airflow_argo.translator.left_out import left_out_of_dag, left_out_of_task
from airflow_argo.translator.made_at import lines_of, maker_of
from airflow_argo.translator.mapped_groups import (
    both,
    has_instances,
    is_counted_at_start,
    is_never_expanded,
    item_rule,
    mapped_group_of,
    rule_before_expansion,
    rule_of_sources,
    sources_of_mapping,
)
from airflow_argo.translator.offloaded import as_written
from airflow_argo.translator.origins import origins_in
from airflow_argo.translator.outside import Outside
from airflow_argo.translator.params import inputs_of_run, params_of
from airflow_argo.translator.plain_ids import make_ids_plain
from airflow_argo.translator.read_findings import findings_of_reads
from airflow_argo.translator.schedules import schedule_of
from airflow_argo.translator.sources import means_airflow_2
from airflow_argo.translator.translation import Translation, TranslationError
from airflow_argo.translator.trigger_rules import ALL_DONE_SETUP_SUCCESS, RULES, rule_of


def translate(
    dag: Any,
    *,
    settings: Settings | None = None,
    strict: bool = False,
    outside: Outside | None = None,
    is_dated: bool | None = None,
) -> Translation:
    """Make a workflow of an Airflow DAG, which is read and not run, and changed in nothing but that its ids become plain texts.

    Args:
        dag: loaded by Airflow 2.11 or 3.x, from a file that is still there.
        settings: images and names; by default those that apply to the DAG's file.
        strict: whatever can't be carried over is an error.
        outside: only a part of the DAG is meant, and this is known of the rest; by default all of it is.
        is_dated: an Airflow submits it, for a run with a logical date, or for one without, in which what asks for one ends as
            in Airflow 3; None: no Airflow does.
    Raises:
        TranslationError: with all diagnostics, if `strict` and there are any but notes.
    """
    dag = dag if outside else as_written(dag)
    make_ids_plain(dag)
    ctx = _dag_context(dag, settings, outside, is_dated)
    steps = [*ctx.outside.steps(), *(step for task in in_order(dag, ctx.own) if (step := _step(task, ctx)))]
    schedule, on_exit = schedule_of(dag, ctx), exit_of(dag, ctx)
    for found in (*left_out_of_dag(dag), *(chances_of(dag, ctx.ancestors) if fails_fast(dag) else ())):
        ctx.report(*found)
    report_handed_files(ctx)
    workflow = None if _is_refused(ctx.diagnostics) else _workflow(dag, ctx, tuple(steps), schedule, on_exit)
    diagnostics = (*ctx.diagnostics, *findings_of_reads(dag, ctx.path, workflow))
    if strict and any(finding.severity is not Severity.NOTE for finding in diagnostics):
        raise TranslationError(f"DAG '{dag.dag_id}' would lose something", diagnostics)
    made = None if _is_refused(diagnostics) else workflow
    return Translation(dag.dag_id, made, diagnostics, len(ctx.own), made_in=maker_of(dag))


def _is_refused(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in diagnostics)


def _dag_context(dag: Any, settings: Settings | None, outside: Outside | None, is_dated: bool | None) -> DagContext:
    own = frozenset(dag.task_dict) if outside is None else outside.own
    path = str(dag.fileloc)
    return DagContext(
        dag=dag,
        path=path,
        settings=settings or load_settings(Path(path)),
        origins=origins_in(path, dag.dag_id, lines_of(dag)),
        params=params_of(dag),
        environment=dag.get_template_env(),
        ancestors=_ancestors(dag, own),
        intervals=intervals_of(dag.timetable),
        leaves=frozenset(leaves_of(dag, own)),
        decisions=conditions_on_decisions(dag, own),
        mapped=set() if outside is None else set(outside.mapped),
        outside=outside or Outside(own, is_nothing=True),
        effects=effects_of(dag),
        run_inputs=inputs_of_run(is_dated),
        gathered=_gathered(path),
    )


def _gathered(path: str) -> str | None:
    """How functions get what all instances of a mapped task gave. Source: XComArg.resolve; in Airflow 2 TaskInstance.xcom_pull.

    In Airflow 3 it is a sequence that is no list, in Airflow 2 None where nothing was given; a ported file counts on a list.
    """
    if airflow_names().is_2:
        return "list if any"
    return None if means_airflow_2(path) else "sequence"


def _workflow(dag: Any, ctx: DagContext, steps: tuple[Step, ...], schedule: Any, on_exit: Graph | None) -> Workflow:
    settings: dict[str, Any] = {}
    if ctx.settings["image_pull_secret"]:
        settings["imagePullSecrets"] = [{"name": ctx.settings["image_pull_secret"]}]
    if synchronization := limits.of_runs(dag):
        settings["synchronization"] = synchronization
    timeout = dag.dagrun_timeout
    return Workflow(
        name=dag.dag_id,
        graph=Graph(steps),
        inputs=(*ctx.params.own_inputs, *ctx.run_inputs, *ctx.params.inputs),
        parallelism=None if dag.max_active_tasks == limits.AIRFLOWS_DEFAULT else dag.max_active_tasks,
        timeout_seconds=None if timeout is None else max(1, int(timeout.total_seconds())),
        schedule=schedule,
        intervals=ctx.intervals,
        limits=limits.limits_of(dag),
        on_exit=on_exit,
        namespace=ctx.settings["namespace"],
        service_account=ctx.settings["service_account"],
        labels={DAG_ID_LABEL: label_of(dag.dag_id)},
        annotations=annotations_of(dag),
        description=dag.description,
        settings=settings,
    )


def in_order(dag: Any, own: Collection[str]) -> Iterator[Any]:
    """Some tasks, each after those upstream of it, else by id. Airflow's own order is over groups, and slow."""
    waits = {task_id: len(dag.task_dict[task_id].upstream_task_ids & own) for task_id in own}
    ready = sorted((task_id for task_id, count in waits.items() if not count), reverse=True)
    while ready:
        task = dag.task_dict[ready.pop()]
        yield task
        for later in sorted(task.downstream_task_ids & own, reverse=True):
            waits[later] -= 1
            if not waits[later]:
                ready.append(later)


def _ancestors(dag: Any, own: frozenset[str]) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for task in in_order(dag, own):
        direct = frozenset(task.upstream_task_ids & own)
        found[task.task_id] = direct.union(*(found[one] for one in direct))
    return found


def _step(task: Any, ctx: DagContext) -> Step | None:
    """A task as a step; None, and findings, where it can't be one."""
    task_ctx = TaskContext(ctx, task, mapped=is_mapped(task))
    body = _body(task, task_ctx)
    pools, queues = task_ctx.settings["pools_config_map"] is not None, task_ctx.settings.queues
    runs, carried = not isinstance(body, NoOp), ctx.outside.carried
    for found in left_out_of_task(task, pools=pools, queues=queues, runs=runs, carried=carried):
        task_ctx.report(*found)
    if body is None:
        return None
    keys = _pushed(body)
    if keys is None or keys:
        ctx.pushes[task.task_id] = keys
    rule_name = rule_name_of(task)
    if rule_name not in RULES and rule_name != ALL_DONE_SETUP_SUCCESS:
        task_ctx.report("AA225", f"trigger rule '{rule_name}' is not known", "use another one")
        return None
    if ctx.outside.is_nothing:
        body = with_large_values(body, task_ctx.settings)
    after, rule, condition = _start(task, rule_name, task_ctx)
    if isinstance(body, ForLoop):
        body, rule, condition = _judged_by_item(body, rule, condition, task, ctx)
    rule = both([rule_of_sources(task, ctx), rule])
    if fails_fast(ctx.dag) and not task.is_teardown:
        behind = behind_failures(task, ctx.ancestors)
        after, rule = [*after, *behind], rule_failing_fast(rule, behind)
        if isinstance(body, ForLoop) and body.rule is not None:
            body = replace(body, rule=rule_failing_fast(body.rule, []))
    return Step(
        id=task.task_id,
        body=body,
        after=tuple(dict.fromkeys(after)),
        rule=rule,
        when=condition,
        skips_first=not is_counted_at_start(task),
        counts=task.task_id in ctx.leaves,
        origin=task_ctx.origin,
    )


def _start(task: Any, rule_name: str, task_ctx: TaskContext) -> tuple[list[str], Rule, Condition | None]:
    """What a task waits for, by which rule it begins, and what those that decide on it must have said."""
    ctx = task_ctx.dag_context
    upstream = [] if task_ctx.runs_at_once else sorted(task.upstream_task_ids)
    decisions = ctx.decisions.get(task.task_id, [])
    indirect = ctx.outside.stand_ins(_indirect_setups(task), "all_success")
    setups = ctx.outside.stand_ins([one for one in upstream if ctx.dag.task_dict[one].is_setup], rule_name)
    upstream = ctx.outside.stand_ins(upstream, rule_name)
    after = [*upstream, *indirect, *(one for one in _between(task) if one in ctx.own)]
    after += [*(decider for decider, _ in decisions), *task_ctx.after]
    after += ctx.outside.stand_ins(sources_of_mapping(task), "all_success")
    condition: Condition | None = all_of(test for _, test in decisions) if decisions else None
    if task.task_id in ctx.outside.skipped and not task_ctx.runs_at_once:
        condition = FALSE
    return after, rule_of(rule_name, upstream, setups, indirect), condition


def _judged_by_item(
    loop: ForLoop, rule: Rule, condition: Condition | None, task: Any, ctx: DagContext
) -> tuple[ForLoop, Rule, Condition | None]:
    """What is judged for each instance of a task, in the loop, and what for all of them at once: loop, rule, condition."""
    items: list[Rule] = []
    is_member = mapped_group_of(task) is not None
    if condition is not None and (any(found_in(condition, SameItem)) or (is_member and is_counted_at_start(task))):
        items.append(Rule(wants=condition))
        condition = None
    if is_member and not is_never_expanded(task):
        items.append(item_rule(rule, task, ctx.dag))
        rule = rule_before_expansion(rule, task, ctx)
    return (replace(loop, rule=both(items)) if items else loop), rule, condition


def _body(task: Any, ctx: TaskContext) -> Body | None:
    if has_instances(task):
        ctx.dag_context.mapped.add(ctx.task_id)
    return body_of(task, ctx)


def _pushed(body: Body) -> frozenset[str] | None:
    """The keys under which a task may push; None is any."""
    match body.body.steps[0].body if isinstance(body, ForLoop) else body:
        case PythonCall():
            return None
        case Graph(outputs=outputs):
            return frozenset(name for name, _ in outputs)
        case Container(report=report, outputs=outputs) if report is None or report.returns is None:
            return frozenset(spec.name for spec in outputs)
        case Container():
            return frozenset({RETURN_VALUE})
        case Resource(outputs=outputs):
            return frozenset(spec.name for spec in outputs)
        case _:
            return frozenset()


def _indirect_setups(task: Any) -> list[str]:
    """Setups that apply to a task though they aren't upstream of it directly. Source: TriggerRuleDep, setup constraint."""
    if task.is_teardown:
        return []
    setups = {setup.task_id for setup in task.get_upstreams_only_setups()}
    return sorted(setups - set(task.upstream_task_ids))


def _between(task: Any) -> list[str]:
    """What a teardown also waits for: everything between its setups and itself. Source: TriggerRuleDep."""
    if not task.is_teardown:
        return []
    setups = [setup for setup in task.upstream_list if setup.is_setup]
    between: set[str] = set()
    for setup in setups:
        between |= setup.get_flat_relative_ids(upstream=False) & task.get_flat_relative_ids(upstream=True)
    return sorted(between)

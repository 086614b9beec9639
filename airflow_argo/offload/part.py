"""The tasks that were taken out of a DAG, and what they become when the task that submits them runs."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from itertools import chain, count
from typing import Any, Final

from airflow_argo._compat import no_timetable, task_states
from airflow_argo.diagnostics import InputError, Origin, Severity
from airflow_argo.offload.around import OF_ITS_OWN
from airflow_argo.offload.edges import SubmissionsUpstreamIds, decides, hide
from airflow_argo.offload.events import EVENTS, inlet_events, triggering_events
from airflow_argo.offload.written import copied, placed, without_surroundings
from airflow_argo.operators.sources import Nothing, Source, has_date, workflow_source
from airflow_argo.translator.airflow_names import fails_fast, is_mapped, rule_name_of

SUBMIT: Final = "submit"
READY: Final = "ready"
"""What the tasks around the workflow are named, unless the author has tasks or groups of these names."""

SKIPS: Final = "skipmixin_key"
"""The XCom in which a task leaves what it has decided about those after it. Source: SkipMixin."""

SENSITIVE: Final = frozenset(
    {"all_failed", "all_skipped", "one_success", "one_done", "none_failed_min_one_success", "all_done_min_one_success"}
)
"""Trigger rules that one more upstream task, that succeeds, could change."""

GATHERING: Final = frozenset({"all_done", "none_failed", "none_skipped"})
"""Trigger rules by which a task may run though all before it in the part have ended before the submission: failures and
branches before the part end them at once. One more upstream task that succeeds changes nothing else."""

AT_ONCE: Final = frozenset({*SENSITIVE, "always", "one_failed"})
"""Trigger rules by which a task may run before the submission has, whatever edges there are."""


class PartOfDag:
    """Some tasks of a DAG as a workflow.

    Attributes:
        dag: Airflow's, in which other tasks stand in their places.
        group: that they are in; the DAG's own if they are all.
        own: id → the task as it was written.
        strict: whatever can't be carried over is an error.
        show_steps: each task has one that shows it.
        submit_id, ready_id: of the tasks in Airflow's DAG that stand before them.
        taken_out: tasks and groups that are no longer in Airflow's DAG; tasks refer to their groups only weakly.
        edges: id → the ids before and after the task; of tasks that are shown as they were when the part was complete.
    """

    def __init__(self, dag: Any, group: Any, own: dict[str, Any], *, show_steps: bool, strict: bool) -> None:
        self.dag, self.group, self.own, self.show_steps, self.strict = dag, group, own, show_steps, strict
        self.submit_name, self.ready_name = _free(SUBMIT, group, dag), _free(READY, group, dag)
        self.submit_id, self.ready_id = group.child_id(self.submit_name), group.child_id(self.ready_name)
        self.edges = {task_id: (set(task.upstream_task_ids), set(task.downstream_task_ids)) for task_id, task in own.items()}
        self.taken_out: list[Any] = []
        self._ends = (list(group.get_roots()), list(group.get_leaves()))

    # Edges, while the DAG is written

    def task(self, task_id: str) -> Any:
        """A task of Airflow's DAG."""
        return self.dag.task_dict[task_id]

    def is_own(self, task_id: str) -> bool:
        """Whether a task shows a step, or is one of those around the submission."""
        return task_id in self.own or task_id in self.around()

    def roots(self) -> list[Any]:
        """The tasks that the part begins with."""
        if not self.show_steps:
            return self._ends[0]
        found = [self.task(task_id) for task_id in self.own]
        return [one for one in found if not (one.upstream_task_ids & self.own.keys())]

    def first(self) -> Any:
        """The first of the tasks around the submission."""
        return self.dag.task_dict.get(self.ready_id) or self.task(self.submit_id)

    def leaves(self) -> list[Any]:
        """The tasks that it ended with when it was complete."""
        return self._ends[1]

    def comes_after(self, task_id: str) -> None:
        """The submission waits for a task outside, unless it does already.

        What is directly after a branch may be skipped by it, whatever its rule; what is directly after a setup must have the
        rule all_success (Airflow demands that). A task `ready` stands between where the submission must run in any case.
        """
        self._check_is_before(task_id)
        submit, task = self.task(self.submit_id), self.task(task_id)
        upstream: SubmissionsUpstreamIds = submit.upstream_task_ids
        if task.is_setup:
            others = () if fails_fast(self.dag) else upstream
            for other in sorted(one for one in others if not self.task(one).is_setup and one != self.ready_id):
                upstream.disconnect(other)
                self._ready_after(other)
            submit.trigger_rule = type(submit.trigger_rule)("all_success")
            upstream.connect(task_id)
        elif decides(task) or (rule_name_of(submit) == "all_success" and not fails_fast(self.dag)):
            self._ready_after(task_id)
        else:
            upstream.connect(task_id)

    @property
    def rule(self) -> str:
        """The submission's trigger rule: it runs however all before it has ended, unless a failure ends the run anyway."""
        return "all_success" if fails_fast(self.dag) else "all_done"

    def _check_is_before(self, task_id: str) -> None:
        """Raises InputError: a task that the workflow would wait for waits for the workflow."""
        seen, left = {task_id}, [task_id]
        while left:
            above = self.task(left.pop()).upstream_task_ids - seen
            if own := sorted(above & (self.own.keys() | self.around())):
                found = (
                    f"task '{task_id}' comes after '{own[0]}', which is in the same workflow as what comes after '{task_id}'"
                )
                raise InputError(found, "offload it too, or make two groups", Origin(str(self.dag.fileloc)))
            seen |= above
            left += above

    def _ready_after(self, task_id: str) -> None:
        if fails_fast(self.dag):
            found = f"'{task_id}' may skip tasks of the group '{self.group.group_id}', and the DAG has fail_fast"
            raise InputError(found, "offload all of the DAG, or do without fail_fast", Origin(str(self.dag.fileloc)))
        if self.ready_id not in self.dag.task_dict:
            from airflow_argo.offload.ready import ArgoReadyOperator

            place = {"dag": self.dag, "task_group": self.group}
            ready = ArgoReadyOperator(task_id=self.ready_name, workflow=self, trigger_rule="all_done", **place, **OF_ITS_OWN)
            ready.upstream_task_ids = SubmissionsUpstreamIds(set(), ready.task_id, self)
            self.task(self.submit_id).upstream_task_ids.connect(ready.task_id)
        self.task(self.ready_id).upstream_task_ids.connect(task_id)
        if self.show_steps:  # else it is what the task decides about
            hide(self.task(task_id), self.ready_id)

    def unbind(self, task_id: str) -> None:
        """Take off the edge from the submission to a task that has others, if its rule would be changed by it."""
        task = self.task(task_id)
        if rule_name_of(task) in SENSITIVE:
            task.upstream_task_ids.discard(self.submit_id)
            self.task(self.submit_id).downstream_task_ids.discard(task_id)

    def around(self) -> frozenset[str]:
        """Ids of the tasks in Airflow's DAG that only submit the others."""
        return frozenset((self.submit_id, self.ready_id))

    def check(self) -> None:
        """Check what can be known only when all of the DAG is written.

        Raises:
            InputError: a task is outside of a part that is all of the DAG, or it pulls what a task that isn't shown pushes, or
                may skip one that Airflow has begun by then.
        """
        from airflow_argo.offload.hidden import check_nothing_is_pulled

        outside = [task_id for task_id in self.dag.task_dict if not self.is_own(task_id)]
        if outside and self.group.is_root:
            found = f"task '{outside[0]}' is written after the DAG is offloaded, so that it would run beside the workflow"
            raise InputError(found, "let offload(dag) be the last line", Origin(str(self.dag.fileloc)))
        for task_id in sorted(self.own):
            if rule_name_of(self.own[task_id]) == "always" and (decider := self._decider_before(task_id)):
                found = (
                    f"task '{task_id}' has the rule always, so that it runs before '{decider}' decides, but its workflow after"
                )
                cure = f"give it the rule that is meant, such as all_done, or write '{decider}' into the group"
                raise InputError(found, cure, Origin(str(self.dag.fileloc)))
        if not self.show_steps:
            check_nothing_is_pulled(self)

    def _decider_before(self, task_id: str) -> str | None:
        """The id of a task outside that could skip a task of the part; branches skip only what is directly after them."""
        from airflow_argo.translator.branches import is_branch

        seen: set[str] = set()
        left = direct = self._relatives(task_id)[0]
        while left:
            for one in (self.task(one) for one in sorted(left - self.own.keys() - self.around())):
                reaches_far = not is_branch(one) and getattr(one, "ignore_downstream_trigger_rules", True)
                if decides(one) and not is_mapped(one) and (reaches_far or one.task_id in direct):
                    return str(one.task_id)
            seen |= left
            left = {above for one in left for above in self._above(one)} - seen
        return None

    def _above(self, task_id: str) -> set[str]:
        return self._relatives(task_id)[0] if task_id in self.own else set(self.task(task_id).upstream_task_ids)

    # The workflow, when the submission runs

    def source_in(self, context: Any, log: Any) -> Source:
        """What is submitted in a run.

        Raises:
            Nothing: no task of it would run.
            InputError: as `check`.
            TranslationError: a task can't be translated.
        """
        from airflow_argo.translator.dags import in_order, translate
        from airflow_argo.translator.outside import known_ends

        self.check()
        inner = self.inner()
        outside = self._outside(inner, context)
        ends = known_ends(in_order(inner, outside.own), outside)
        if None not in ends.values():
            raise Nothing("none of these tasks would run, after what has come before them", failed=self._fails(inner, ends))
        translation = translate(inner, strict=self.strict, outside=outside, is_dated=has_date(context))
        for finding in translation.diagnostics:
            if finding.severity is not Severity.ERROR:
                (log.warning if finding.severity is Severity.WARNING else log.info)("%s", finding)
        return workflow_source(translation.required(), context, is_dag=True)

    def _fails(self, inner: Any, ends: dict[str, Any]) -> bool:
        """Whether the submission fails for tasks that don't run: those that are shown have ends of their own."""
        from airflow_argo.model.conditions import State
        from airflow_argo.translator.leaves import leaves_of

        return not self.show_steps and any(State.UPSTREAM_FAILED in ends[task_id] for task_id in leaves_of(inner, self.own))

    def inner(self) -> Any:
        """The DAG as it was written, but that Airflow has its schedule, its callbacks and its limits of runs."""
        from airflow_argo.translator.template_files import resolve_template_files

        inner = copy.copy(self.dag)
        written = self.written_in(inner, around=not self.show_steps)
        facts = {
            "task_dict": {**self.dag.task_dict, **written},
            "timetable": no_timetable(),
            "schedule": None,
            "max_active_runs": 16,
            "max_consecutive_failed_dag_runs": 0,
            **dict.fromkeys(("on_success_callback", "on_failure_callback", "deadline", "sla_miss_callback")),
        }
        for name, value in facts.items():
            if hasattr(inner, name):
                object.__setattr__(inner, name, value)
        resolve_template_files(inner, written.values())
        return inner

    def written_in(self, dag: Any, *, around: bool = True) -> dict[str, Any]:
        """The tasks as they were written, in a DAG.

        Args:
            around: with what Airflow does around them, such as callbacks.
        """
        made = {task_id: (copied if around else without_surroundings)(task) for task_id, task in self.own.items()}
        return {task_id: placed(task, *self._relatives(task_id), dag) for task_id, task in made.items()}

    def _relatives(self, task_id: str) -> tuple[set[str], set[str]]:
        """Ids before and after a task as it was written, and those that edges drawn later have added."""
        if self.show_steps:
            shown = self.task(task_id)
            return set(shown.upstream_task_ids) - self.around(), set(shown.downstream_task_ids) - self.around()
        return self.edges[task_id]

    def _outside(self, inner: Any, context: Any) -> Any:
        from airflow_argo.model.conditions import State
        from airflow_argo.translator.asset_events import WRITTEN
        from airflow_argo.translator.mapped_groups import has_instances
        from airflow_argo.translator.outside import Outside

        tasks = {task_id: task for task_id, task in self.dag.task_dict.items() if not self.is_own(task_id)}
        before = self._before(inner, tasks)
        known = task_states(context, sorted(before)) if before else {}
        mapped = frozenset(task_id for task_id, task in tasks.items() if has_instances(task))
        xcoms = _Xcoms(frozenset(tasks), mapped, context)
        return Outside(
            own=frozenset(self.own),
            states={task_id: tuple(map(State, states)) for task_id in before if (states := known.get(task_id))},
            skipped=frozenset(self._skipped(before, inner, context)),
            mapped=mapped,
            xcom=xcoms,
            instances=xcoms.of_instances,
            carried=frozenset(EVENTS if self.show_steps else EVENTS - set(WRITTEN)),
            triggering=triggering_events(context),
            inlet=inlet_events(self.own),
        )

    def _before(self, inner: Any, tasks: dict[str, Any]) -> set[str]:
        """The ids of tasks outside that are directly before one of the part's, or a setup for it."""
        found: set[str] = set()
        for task in (inner.task_dict[task_id] for task_id in self.own):
            setups = () if task.is_teardown else task.get_upstreams_only_setups()
            found |= (task.upstream_task_ids | {setup.task_id for setup in setups}) & tasks.keys()
        return found

    def _skipped(self, before: set[str], inner: Any, context: Any) -> Iterator[str]:
        """The ids of the part's tasks that a branch before them has skipped. Source: NotPreviouslySkippedDep."""
        for task_id in sorted(before):
            task = self.task(task_id)
            decided = context["ti"].xcom_pull(task_ids=task_id, key=SKIPS) if decides(task) and not is_mapped(task) else None
            if decided:
                own = [one for one in sorted(self.own) if task_id in inner.task_dict[one].upstream_task_ids]
                yield from (one for one in own if self._is_skipped(one, decided))

    def _is_skipped(self, task_id: str, decided: Mapping[str, Any]) -> bool:
        meant = {task_id} if self.show_steps else self.around()
        if (followed := decided.get("followed")) is not None:
            return meant.isdisjoint(followed)
        return not meant.isdisjoint(decided.get("skipped") or ())


def _free(name: str, group: Any, dag: Any) -> str:
    """The name, or one like it that no task and no group has there: `submit`, `argo_submit`, `argo_submit_2` and so on."""
    names = chain((name, f"argo_{name}"), (f"argo_{name}_{number}" for number in count(2)))
    return next(one for one in names if group.child_id(one) not in dag.task_group.used_group_ids)


def _can_be_pulled(key: str) -> bool:
    """Whether Airflow takes the key; where it doesn't, the task that pulls by it fails."""
    from airflow_argo.pod.reports import pulled_key

    try:
        pulled_key(key)
    except ValueError:
        return False
    return True


class _Xcoms:
    """What tasks outside have pushed: the author's, which those around the submission aren't."""

    def __init__(self, tasks: frozenset[str], mapped: frozenset[str], context: Any) -> None:
        self._tasks, self._mapped, self._context, self._ti = tasks, mapped, context, context["ti"]
        self._known: dict[tuple[str, str, bool], Any] = {}

    def __call__(self, task_id: str, key: str, listed: bool) -> Any:
        asked = (task_id, key, listed)
        if asked not in self._known:
            self._known[asked] = self._pulled(*asked)
        return self._known[asked]

    def of_instances(self, task_id: str, key: str) -> list[Any]:
        """What each instance of a mapped task pushed, at its index; None for nothing. [] if none has pushed anything."""
        values: list[Any] = self(task_id, key, True) or []
        count = len(task_states(self._context, [task_id])[task_id]) if values else 0
        if count <= len(values):  # each of them has pushed something
            return values
        return [self._ti.xcom_pull(task_ids=task_id, key=key, map_indexes=index) for index in range(count)]

    def _pulled(self, task_id: str, key: str, listed: bool) -> Any:
        if task_id not in self._tasks or not _can_be_pulled(key):
            return None
        if task_id not in self._mapped:
            return self._ti.xcom_pull(task_ids=task_id, key=key)
        values = [value for value in self._ti.xcom_pull(task_ids=[task_id], key=key) or () if value is not None]
        if values or listed:
            return values if listed or len(values) != 1 else values[0]
        return None

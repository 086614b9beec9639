"""ArgoStepOperator: a task that shows one step of a workflow, and ends as it ends."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import cached_property, partial
from typing import Any, Final, NoReturn

from airflow_argo._compat import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSkipException,
    BaseOperator,
    SkipMixin,
    conf,
    skip_tasks,
    task_state,
)
from airflow_argo.cluster import (
    ClusterError,
    ForbiddenError,
    NotFoundError,
    Snapshot,
    WaitTimeoutError,
    WorkflowGoneError,
    WrongPhaseError,
)
from airflow_argo.hooks.argo import ArgoHook, KillAction
from airflow_argo.hooks.standing_still import StandstillLooks, tell_standstill
from airflow_argo.links.argo import LINKS, URL_KEY, push_link
from airflow_argo.offload.again import as_written_now
from airflow_argo.offload.events import tell
from airflow_argo.offload.notes import Notes
from airflow_argo.offload.outcomes import UNMAPPED, StepOutcome, outcome_of
from airflow_argo.offload.trigger import KILLED, ArgoStepTrigger
from airflow_argo.operators.argo import DEFAULT_TIMEOUT, PATIENCE
from airflow_argo.operators.asking import state_of
from airflow_argo.operators.attempts import TaskTry, began_at
from airflow_argo.operators.errors import failing_for_good
from airflow_argo.operators.pod_logs import write
from airflow_argo.triggers.argo import ArgoWorkflowTrigger

_SKIPPED: Final = "skipped"
_SUCCESS: Final = "success"
RETRIES: Final = 2
RETRY_DELAY: Final = timedelta(seconds=10)
"""Of looks, when a worker dies: those of the step are Argo's."""

NAME: Final = "argo_step_name"
NAME_TEMPLATE: Final = f"{{{{ {NAME} | default('') }}}}"
"""The map_index_template of tasks that show instances whose authors have given them names: the pods render those."""

_NOT_YET: Final = 5.0
"""Seconds between looks for a submission that isn't there yet."""


class ArgoStepOperator(BaseOperator):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """Waits for a step of the workflow that another task has submitted; its logs, XComs and state become the task's.

    A failed step is not tried again here: Argo has done that as often as the original task says. If the task is cleared, Argo
    runs the step again, with what failed beside it and what comes after it.

    Args:
        step: the id of the step, which is that of the original task. In a mapped task or group its instance is meant.
        submitted_by: the id of the task that submits the workflow.
        argo_conn_id: a connection of type `argo`.
        deferrable: wait in the triggerer; by default as `[operators] default_deferrable` says.
        poll_interval: seconds between looks, where watching isn't allowed.
        log_tail: lines of each pod's log.
        timeout: how long the workflow may take, as in ArgoSubmitWorkflowOperator; whichever step is not over then ends it.
        on_kill_action: what becomes of the workflow then, and when the task is marked failed, or its run ends, before the step
            does.
        waits_for_submission: no edge says that the submission comes first, since that would change what the trigger rule means.

    Returns (XCom `return_value`): what the step returned. What else it pushed is pushed under the same keys.
    """

    template_fields: Sequence[str] = ("argo_conn_id",)
    operator_extra_links = LINKS
    ui_color = "#fdf3e3"
    custom_operator_name = "Argo step"

    def __init__(
        self,
        *,
        step: str,
        submitted_by: str,
        argo_conn_id: str = ArgoHook.default_conn_name,
        deferrable: bool | None = None,
        poll_interval: float = 10.0,
        log_tail: int = 1000,
        timeout: float | timedelta = DEFAULT_TIMEOUT,
        on_kill_action: KillAction = "stop",
        waits_for_submission: bool = False,
        retries: int = RETRIES,
        retry_delay: timedelta = RETRY_DELAY,
        **kwargs: Any,
    ) -> None:
        super().__init__(retries=retries, retry_delay=retry_delay, execution_timeout=None, **kwargs)
        self.step, self.submitted_by, self.argo_conn_id = step, submitted_by, argo_conn_id
        default = conf.getboolean("operators", "default_deferrable", fallback=False)
        self.deferrable = default if deferrable is None else deferrable
        self.poll_interval, self.log_tail, self.timeout = poll_interval, log_tail, timeout
        self.on_kill_action, self.waits_for_submission = on_kill_action, waits_for_submission
        self._namespace: str | None = None
        self._running: tuple[TaskTry, str] | None = None

    @cached_property
    def hook(self) -> ArgoHook:
        """The connection, in the namespace of the workflow."""
        return ArgoHook(self.argo_conn_id, self._namespace, patience=PATIENCE)

    def execute(self, context: Any) -> Any:
        """Look; wait if need be."""
        name, uid = self._workflow(context)
        self._running = (TaskTry.of(context), name)
        workflow = self._get(name, uid)
        outcome = outcome_of(workflow, self.step, self._index(context))
        if self._is_to_run_again(outcome, context):
            workflow = self._restarted(workflow, context)
            outcome = outcome_of(workflow, self.step, self._index(context))
        if outcome.over:
            return self._concluded(outcome, context)
        if self.deferrable:
            self._defer(workflow, context)
        return self._concluded(self._watched(workflow, context), context)

    def execute_complete(self, context: Any, event: Mapping[str, Any]) -> Any:
        """What the trigger saw: the outcome, or why there is none."""
        name, _ = self._workflow(context)
        if event["status"] == "timeout":
            self._fail_for_time(name)
        if event["status"] == "gone":
            self._fail_for_loss(name, "was deleted")
        if event["status"] != "done":
            raise AirflowFailException(event["message"])
        return self._concluded(StepOutcome.of_json(event["outcome"]), context)

    def execute_again(self, context: Any, event: Mapping[str, Any]) -> Any:
        """The workflow is done, so that the step can run again."""
        if event["status"] != "done":
            raise AirflowFailException(event["message"])
        return self.execute(context)

    @staticmethod
    def _index(context: Any) -> int:
        index = context["ti"].map_index
        return UNMAPPED if index is None else int(index)

    @property
    def _limit(self) -> float:
        return self.timeout.total_seconds() if isinstance(self.timeout, timedelta) else float(self.timeout)

    # The workflow

    def _workflow(self, context: Any) -> tuple[str, str]:
        """Name and uid of the workflow, as the task that submitted it has left them; the link goes on from there."""
        ti = context["ti"]
        if self.waits_for_submission:
            self._await_submission(ti)
        facts = ("workflow_name", "workflow_uid", "workflow_namespace", URL_KEY)
        name, uid, self._namespace, url = (ti.xcom_pull(task_ids=self.submitted_by, key=fact) for fact in facts)
        push_link(ti, str(url or ""))
        if not name:
            raise AirflowFailException(f"task '{self.submitted_by}' has submitted no workflow; clear it")
        return str(name), str(uid)

    def _await_submission(self, ti: Any) -> None:
        """Come again while the submission isn't over: what it has left before it was cleared is of another workflow."""
        state = task_state(ti.dag_id, self.submitted_by, ti.run_id, UNMAPPED)
        if state not in (_SUCCESS, *KILLED):
            raise AirflowRescheduleException(datetime.now(timezone.utc) + timedelta(seconds=_NOT_YET))

    def _get(self, name: str, uid: str) -> Snapshot:
        try:
            found = self.hook.cluster.get(name)
        except NotFoundError:
            self._fail_for_loss(name, "was deleted")
        if uid and found.uid != uid:
            self._fail_for_loss(name, "was replaced by another of its name")
        return found

    def _fail_for_loss(self, name: str, how: str) -> NoReturn:
        cure = f"clear '{self.submitted_by}' and what comes after it; if Argo's TTL was it, let that be longer"
        raise AirflowFailException(f"workflow '{name}' {how}, so that step '{self.step}' can't be shown, nor run again; {cure}")

    # Waiting

    def _deadline(self, workflow: Snapshot) -> float:
        """Until when the workflow may take, by the server's clock: from when it began to run, or to run again."""
        now = self.hook.api.clock.now()
        return min(began_at(workflow) or now, now) + self._limit

    def _fail_for_time(self, name: str) -> NoReturn:
        self.hook.end(name, self.on_kill_action)
        cure = "offload with a longer timeout, or see what the workflow waits for"
        found = f"step '{self.step}' of workflow '{name}' is not over after the {self._limit:g} s that this may take"
        raise AirflowFailException(f"{found}; {cure}")

    def _defer(self, workflow: Snapshot, context: Any) -> None:
        trigger = ArgoStepTrigger(
            step=self.step,
            index=self._index(context),
            name=workflow.name,
            uid=workflow.uid,
            namespace=self.hook.namespace,
            argo_conn_id=self.argo_conn_id,
            deadline=self._deadline(workflow),
            poll_interval=self.poll_interval,
            on_kill_action=self.on_kill_action,
        )
        self.defer(trigger=trigger, method_name="execute_complete")

    def _watched(self, workflow: Snapshot, context: Any) -> StepOutcome:
        name, uid, clock = workflow.name, workflow.uid, self.hook.api.clock
        index, deadline = self._index(context), self._deadline(workflow)
        try:
            timeout, told = max(deadline - clock.now(), 0.0), partial(tell_standstill, self.log)
            for snapshot in self.hook.cluster.watch(name, uid=uid, timeout=timeout, on_standstill=told):
                if (outcome := outcome_of(snapshot, self.step, index)).over:
                    return outcome
        except ForbiddenError as error:
            self.log.warning("Looking every %g s, since watching isn't allowed: %s", self.poll_interval, error)
        except WorkflowGoneError:
            self._fail_for_loss(name, "was deleted")
        except WaitTimeoutError:
            self._fail_for_time(name)
        standstill = StandstillLooks(self.hook.api, self.log, uid)
        while not (outcome := outcome_of(self._get(name, uid), self.step, index)).over:
            standstill.look(name)
            if clock.now() > deadline:
                self._fail_for_time(name)
            time.sleep(self.poll_interval)
        return outcome

    # Running a step again

    def _is_to_run_again(self, outcome: StepOutcome, context: Any) -> bool:
        """Whether the task was cleared after it had shown this very end."""
        was_cleared = (getattr(context["ti"], "max_tries", 0) or 0) > (self.retries or 0)
        return outcome.over and was_cleared and Notes(self.hook, self.step, context).last(outcome.workflow) == outcome.ended

    def _restarted(self, workflow: Snapshot, context: Any) -> Snapshot:
        """The workflow, going on with this step: it restarts when all of it is done, which is waited for."""
        if not workflow.done:
            self.log.info("Workflow %s goes on; the step runs again when it is done", workflow.name)
            if self.deferrable:
                self._defer_until_done(workflow)
            told = partial(tell_standstill, self.log)
            self.hook.cluster.wait(workflow.name, uid=workflow.uid, timeout=self._limit, on_standstill=told)
        outcome = outcome_of(workflow, self.step, self._index(context))
        selector = f"id={outcome.node}" if outcome.state in (_SUCCESS, _SKIPPED) and outcome.node else None
        newer = self._as_written_now(workflow, context)
        try:
            restarted = self.hook.cluster.retry(workflow.name, restart_successful=selector, manifest=newer)
        except WrongPhaseError as error:  # another task has restarted it
            self.log.info("Workflow %s isn't restarted by this task: %s", workflow.name, error)
            return self._get(workflow.name, workflow.uid)
        how = ", as the DAG has been changed since" if newer else ""
        self.log.info("Workflow %s runs again what failed of it, and step '%s'%s", workflow.name, self.step, how)
        return restarted

    def _as_written_now(self, workflow: Snapshot, context: Any) -> list[Any] | None:
        """What the workflow is to go on with, if its author has changed the DAG since it was made."""
        part = self.dag.task_dict[self.submitted_by].workflow
        with failing_for_good():
            newer = as_written_now(workflow, part, self.hook.namespace, context, self.log)
        if newer and not self.hook.can_annotate:
            cure = f"clear '{self.submitted_by}' to run the DAG as it is now"
            self.log.warning("The DAG was changed, and an Argo server can't change workflow %s; %s", workflow.name, cure)
            return None
        return newer

    def _defer_until_done(self, workflow: Snapshot) -> None:
        trigger = ArgoWorkflowTrigger(
            name=workflow.name,
            uid=workflow.uid,
            namespace=self.hook.namespace,
            argo_conn_id=self.argo_conn_id,
            deadline=self.hook.api.clock.now() + self._limit,
            poll_interval=self.poll_interval,
            on_kill_action="keep",
        )
        self.defer(trigger=trigger, method_name="execute_again")

    # The end

    def _concluded(self, outcome: StepOutcome, context: Any) -> Any:
        context[NAME] = outcome.name
        self._show_logs(outcome)
        Notes(self.hook, self.step, context).note(outcome.workflow, outcome.ended)
        for key, value in outcome.pushed.items():
            if key != "return_value" or outcome.state != _SUCCESS:  # else Airflow pushes it, as it is returned
                context["ti"].xcom_push(key=key, value=value)
        if outcome.state == _SKIPPED:
            raise AirflowSkipException(outcome.message or f"step '{self.step}' was skipped")
        if outcome.state != _SUCCESS:
            raise AirflowFailException(f"step '{self.step}' is {outcome.state}: {outcome.message or 'see its log'}")
        tell(outcome.events, context)
        self._decide(outcome, context)
        return outcome.pushed.get("return_value")

    def _show_logs(self, outcome: StepOutcome) -> None:
        for one in outcome.tries:
            self.log.info("Step %s, %s", self.step, one)
        if not outcome.pods:
            return
        try:
            for line in self.hook.cluster.logs(outcome.workflow, nodes=outcome.pods, tail=self.log_tail):
                write(self.log, line)
        except ClusterError as error:
            self.log.warning("The logs of step %s can't be read: %s", self.step, error)

    def _decide(self, outcome: StepOutcome, context: Any) -> None:
        """What the step decided about tasks after it: nothing, unless it stands for a task that can."""

    def on_kill(self) -> None:
        """Airflow asks the process to end: the workflow ends with a task that was made to fail, and goes on otherwise."""
        if self._running is None:
            return
        attempt, name = self._running
        if state_of(attempt) not in KILLED:
            self.log.warning("This worker is told to end; workflow %s goes on", name)
            return
        self.hook.end(name, self.on_kill_action)


class ArgoDecidingStepOperator(ArgoStepOperator, SkipMixin):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """Shows a step that chooses among the tasks after it, and lets Airflow skip the others.

    Attributes:
        decides: "choice": among those directly after it. Short circuits: "all" after it, or only the "direct" ones.
    """

    decides = "choice"

    def _decide(self, outcome: StepOutcome, context: Any) -> None:
        task = context["ti"].task
        if self._index(context) != UNMAPPED:  # an instance's choice is what it returns
            chosen = outcome.pushed.get("return_value")
            if self.decides == "choice" and chosen is not None:
                self.skip_all_except(context["ti"], chosen)
            return
        if isinstance(outcome.decided, list):
            later = task.get_direct_relatives(upstream=False)
            self._skip([one for one in later if one.task_id not in outcome.decided], context)
        elif outcome.decided is False:
            later = (
                task.get_flat_relatives(upstream=False) if self.decides == "all" else task.get_direct_relatives(upstream=False)
            )
            self._skip([one for one in later if not one.is_teardown], context)

    def _skip(self, tasks: list[Any], context: Any) -> None:
        """Those with the rule always run before anything is decided."""
        if left := [one for one in tasks if one.trigger_rule != "always"]:
            skip_tasks(self, left, context)


class ArgoStepOfMapped(ArgoDecidingStepOperator):
    """What an instance of a mapped task becomes. The expansion's own arguments are the step's, and not looked at.

    Args:
        argo_step: the arguments of ArgoStepOperator.
    """

    def __init__(self, *, argo_step: dict[str, Any], **kwargs: Any) -> None:
        place = ("task_id", "dag", "task_group", "start_date", "end_date", "params", "is_setup", "is_teardown")
        decides = argo_step.get("decides", "")
        given = {name: value for name, value in argo_step.items() if name != "decides"}
        super().__init__(**{name: kwargs[name] for name in place if name in kwargs}, **given)
        self.decides = decides

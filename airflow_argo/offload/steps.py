"""ArgoStepOperator: a task that shows one step of a workflow, and ends as it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, Final

from airflow_argo._compat import AirflowFailException, AirflowSkipException, BaseOperator, conf
from airflow_argo.cluster import ClusterError, LogLine, NotFoundError, Snapshot, WorkflowGoneError
from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.links.argo import URL_KEY, ArgoWorkflowLink
from airflow_argo.offload.outcomes import StepOutcome, outcome_of
from airflow_argo.offload.trigger import ArgoStepTrigger
from airflow_argo.operators.argo import DEFAULT_TIMEOUT, PATIENCE
from airflow_argo.operators.pod_logs import write

_SKIPPED: Final = "skipped"
_SUCCESS: Final = "success"


class ArgoStepOperator(BaseOperator):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """Waits for a step of the workflow that another task has submitted; its logs, value and state become the task's.

    A failed step is not tried again here: Argo has done that as often as the original task says. Clear the task that submits
    to run again what failed.

    Args:
        step: the id of the step, which is that of the original task.
        submitted_by: the id of the task that submits the workflow.
        argo_conn_id: a connection of type `argo`.
        deferrable: wait in the triggerer; by default as `[operators] default_deferrable` says.
        poll_interval: seconds between looks, where watching isn't allowed.
        log_tail: lines of each pod's log.
        timeout: as in ArgoSubmitWorkflowOperator; the workflow is not stopped.

    Returns (XCom `return_value`): what the step returned; of a mapped one a list.
    """

    template_fields: Sequence[str] = ("argo_conn_id",)
    operator_extra_links = (ArgoWorkflowLink(),)
    ui_color = "#fdf3e3"

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
        retries: int = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(retries=retries, **kwargs)
        self.step, self.submitted_by, self.argo_conn_id = step, submitted_by, argo_conn_id
        default = conf.getboolean("operators", "default_deferrable", fallback=False)
        self.deferrable = default if deferrable is None else deferrable
        self.poll_interval, self.log_tail, self.timeout = poll_interval, log_tail, timeout
        self._namespace: str | None = None

    @cached_property
    def hook(self) -> ArgoHook:
        """The connection, in the namespace of the workflow."""
        return ArgoHook(self.argo_conn_id, self._namespace, patience=PATIENCE)

    def execute(self, context: Any) -> Any:
        """Look; wait if need be."""
        name, uid = self._workflow(context)
        if not self.deferrable:
            return self._concluded(self._watched(name, uid))
        outcome = outcome_of(self._get(name, uid), self.step)
        if outcome.over:
            return self._concluded(outcome)
        limit = self.timeout.total_seconds() if isinstance(self.timeout, timedelta) else float(self.timeout)
        trigger = ArgoStepTrigger(
            step=self.step,
            name=name,
            uid=uid,
            namespace=self.hook.namespace,
            argo_conn_id=self.argo_conn_id,
            deadline=self.hook.api.clock.now() + limit,
            poll_interval=self.poll_interval,
        )
        self.defer(trigger=trigger, method_name="execute_complete")
        return None

    def execute_complete(self, context: Any, event: Mapping[str, Any]) -> Any:
        """What the trigger saw: the outcome, or why there is none."""
        self._workflow(context)
        if event["status"] != "done":
            raise AirflowFailException(event["message"])
        return self._concluded(StepOutcome.of_json(event["outcome"]))

    def _workflow(self, context: Any) -> tuple[str, str]:
        """Name and uid of the workflow, as the task that submitted it has left them; the link goes on from there."""
        ti = context["ti"]
        facts = ("workflow_name", "workflow_uid", "workflow_namespace", URL_KEY)
        name, uid, self._namespace, url = (ti.xcom_pull(task_ids=self.submitted_by, key=fact) for fact in facts)
        if not name:
            raise AirflowFailException(f"task '{self.submitted_by}' has submitted no workflow; clear it")
        if url:
            ti.xcom_push(key=URL_KEY, value=url)
        return str(name), str(uid)

    def _get(self, name: str, uid: str) -> Snapshot:
        try:
            found = self.hook.cluster.get(name)
        except NotFoundError as error:
            raise AirflowFailException(str(error)) from None
        if uid and found.uid != uid:
            raise AirflowFailException(f"workflow '{name}' was replaced by another of its name; clear '{self.submitted_by}'")
        return found

    def _watched(self, name: str, uid: str) -> StepOutcome:
        limit = self.timeout.total_seconds() if isinstance(self.timeout, timedelta) else float(self.timeout)
        try:
            for snapshot in self.hook.cluster.watch(name, uid=uid, timeout=limit):
                if (outcome := outcome_of(snapshot, self.step)).over:
                    return outcome
        except WorkflowGoneError as error:
            raise AirflowFailException(str(error)) from None
        raise AssertionError("a watch ends with a workflow that is done, in which every step is over")

    def _log_lines(self, outcome: StepOutcome) -> Iterator[LogLine]:
        if not outcome.pods:
            return iter(())
        return self.hook.cluster.logs(outcome.workflow, nodes=outcome.pods, tail=self.log_tail)

    def _concluded(self, outcome: StepOutcome) -> Any:
        try:
            for line in self._log_lines(outcome):
                write(self.log, line)
        except ClusterError as error:
            self.log.warning("The logs of step %s can't be read: %s", self.step, error)
        if outcome.state == _SKIPPED:
            raise AirflowSkipException(outcome.message or f"step '{self.step}' was skipped")
        if outcome.state != _SUCCESS:
            raise AirflowFailException(f"step '{self.step}' is {outcome.state}: {outcome.message or 'see its log'}")
        return outcome.value

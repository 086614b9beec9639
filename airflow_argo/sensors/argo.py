"""ArgoWorkflowSensor: waits for workflows that somebody else submits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, get_args

from airflow_argo._compat import (
    AirflowException,
    AirflowSensorTimeout,
    AirflowSkipException,
    BaseSensorOperator,
    conf,
)
from airflow_argo.argo.phases import FAILED_OR_ERROR, SUCCEEDED
from airflow_argo.cluster import ClusterError, NotFoundError
from airflow_argo.diagnostics import InputError
from airflow_argo.hooks.argo import ArgoHook
from airflow_argo.hooks.options import PHASES, check_option
from airflow_argo.hooks.standing_still import StandstillLooks
from airflow_argo.triggers.judge import Judge, Missing, going_on
from airflow_argo.triggers.selection import ArgoWorkflowsTrigger


class ArgoWorkflowSensor(BaseSensorOperator):  # type: ignore[misc] # Airflow's classes are Any to mypy
    """Succeeds when workflows are done: one by its name, or all that a label selector matches.

    Templates: `workflow_name`, `label_selector`, `namespace`, `argo_conn_id`. With `mode="poke"` or `"reschedule"` it looks
    every `poke_interval` seconds; with `deferrable` the triggerer watches.

    Args:
        workflow_name: of the workflow.
        label_selector: as kubectl has it.
        success_phases: the sensor succeeds when all are in these; add "Failed" and "Error" to wait for any end.
        failure_phases: it fails (is skipped, with `soft_fail` or `never_fail`) as soon as one is in these and in none of the
            others.
        missing: that there is no such workflow means to "wait", to "fail" or to "succeed".
        argo_conn_id: a connection of type `argo`.
        namespace: another than the connection's.
        deferrable: wait in the triggerer; by default as `[operators] default_deferrable` says.
    """

    template_fields: Sequence[str] = ("workflow_name", "label_selector", "namespace", "argo_conn_id")
    ui_color = "#fdebd2"

    def __init__(
        self,
        *,
        workflow_name: str | None = None,
        label_selector: str | None = None,
        success_phases: str | Iterable[str] = (SUCCEEDED,),
        failure_phases: str | Iterable[str] = tuple(sorted(FAILED_OR_ERROR)),
        missing: Missing = "wait",
        argo_conn_id: str = ArgoHook.default_conn_name,
        namespace: str | None = None,
        deferrable: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.workflow_name, self.label_selector = workflow_name, label_selector
        self.success_phases = _phases(success_phases)
        self.failure_phases = _phases(failure_phases) - self.success_phases
        for phase in (*self.success_phases, *self.failure_phases):
            check_option(self.task_id, "phase", phase, PHASES)
        check_option(self.task_id, "missing", missing, get_args(Missing))
        self.missing, self.argo_conn_id, self.namespace = missing, argo_conn_id, namespace
        default = conf.getboolean("operators", "default_deferrable", fallback=False)
        self.deferrable = default if deferrable is None else deferrable

    @cached_property
    def hook(self) -> ArgoHook:
        """The connection."""
        return ArgoHook(self.argo_conn_id, self.namespace or None)

    @cached_property
    def _standstill(self) -> StandstillLooks:
        """Told once a process: with "reschedule" at each look, with "poke" once."""
        return StandstillLooks(self.hook.api, self.log)

    @property
    def judge(self) -> Judge:
        """What phases mean here.

        Raises:
            InputError: neither or both of `workflow_name` and `label_selector` are given.
        """
        if bool(self.workflow_name) == bool(self.label_selector):
            raise InputError(f"sensor '{self.task_id}' names no workflow, or two ways", "give workflow_name or label_selector")
        what = f"workflow '{self.workflow_name}'" if self.workflow_name else f"workflows with {self.label_selector}"
        if self.silent_fail:  # a failure is no end: it looks on until the timeout
            return Judge(what, self.success_phases, frozenset(), "wait" if self.missing == "fail" else self.missing)
        return Judge(what, self.success_phases, self.failure_phases, self.missing)

    def execute(self, context: Any) -> None:
        """Wait as the arguments say; the first look is ours, so what is over already needs no triggerer."""
        if not self.deferrable:
            super().execute(context)
            return
        if self._is_over(context):
            return
        deadline = self.hook.api.clock.now() + _seconds(self.timeout)
        self.defer(
            trigger=ArgoWorkflowsTrigger(
                judge=self.judge,
                namespace=self.hook.namespace,
                workflow_name=self.workflow_name or "",
                label_selector=self.label_selector or "",
                argo_conn_id=self.argo_conn_id,
                deadline=deadline,
                poll_interval=float(self.poke_interval),
            ),
            method_name="execute_complete",
        )

    def _is_over(self, context: Any) -> bool:
        """One look before the wait. Airflow's `never_fail` is about looks of its own, and about what comes after a wait."""
        try:
            return self.poke(context)
        except AirflowSkipException:
            raise
        except Exception as error:
            if self.never_fail:
                raise AirflowSkipException(str(error)) from error
            raise

    def poke(self, context: Any) -> bool:  # noqa: ARG002 - Airflow's signature
        """One look; that the server can't be asked just now is borne, as long as the sensor may take."""
        judge = self.judge
        try:
            phases = self._phases()
            verdict = judge.verdict(phases)
        except ClusterError as error:
            if not error.transient:
                raise
            self.log.warning("Nobody knows, so it looks again later: %s", error)
            return False
        if verdict.over:
            self._conclude(good=verdict.good, message=verdict.message)
        elif not self.deferrable:
            self._standstill.look(*going_on(phases))
        return verdict.over

    def execute_complete(self, context: Any, event: Mapping[str, Any]) -> None:  # noqa: ARG002 - Airflow's signature
        """What the trigger saw."""
        if event["status"] == "timeout":
            if self.soft_fail:
                raise AirflowSkipException(event["message"])
            raise AirflowSensorTimeout(event["message"])
        self._conclude(good=event["status"] == "good", message=event["message"])

    def _phases(self) -> dict[str, str]:
        cluster = self.hook.cluster
        if self.label_selector:
            return {one.name: one.phase for one in cluster.list(label_selector=self.label_selector)}
        assert self.workflow_name
        try:
            return {self.workflow_name: cluster.get(self.workflow_name).phase}
        except NotFoundError:
            return {}

    def _conclude(self, *, good: bool, message: str) -> None:
        if not good:
            raise AirflowSkipException(message) if self.soft_fail else AirflowException(message)
        self.log.info("%s", message)


def _phases(given: str | Iterable[str]) -> frozenset[str]:
    """The phases that an author gives; a text is one of them, and not its letters."""
    return frozenset((given,) if isinstance(given, str) else given)


def _seconds(timeout: float | timedelta) -> float:
    return timeout.total_seconds() if isinstance(timeout, timedelta) else float(timeout)

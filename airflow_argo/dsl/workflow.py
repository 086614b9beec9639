"""A workflow written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from airflow_argo.diagnostics import DefinitionError, Origin
from airflow_argo.dsl.jobs import seconds
from airflow_argo.dsl.nodes import Node, flatten
from airflow_argo.dsl.params import Value, WorkflowInput, WorkflowParam
from airflow_argo.dsl.steps import as_step

if TYPE_CHECKING:
    from airflow_argo.model.workflow import Workflow as WorkflowModel

_SCHEMAS = {"int": '{"type": "integer"}', "float": '{"type": "number"}', "json": "{}"}
"""JSON Schemas by which the values of inputs are checked as a run begins; Argo takes bools in any case of letters."""


class Workflow:
    """A workflow: steps, and what makes one run differ from another.

    Args:
        name: any text; becomes the name of the runs.
        steps: jobs, functions that return jobs (decorated or not), or lists of them. Their order here means nothing: steps
            run when those whose outputs they use have ended, or those that they were put after.
        inputs: name → default, or WorkflowInput. Inputs that steps use are there without being named here.
        outputs: what the run is for: name → value, or a list of outputs of steps.
        on_exit: a step that runs at the end, however that came.
        parallelism: how many pods run at once.
        timeout: of the whole run, seconds or timedelta.
        schedule: a cron expression, or several, for a CronWorkflow; times are in `timezone`.
    """

    def __init__(
        self,
        name: str,
        steps: Iterable[Any],
        *,
        inputs: Mapping[str, Any] | Iterable[WorkflowInput] = (),
        outputs: Mapping[str, Value] | Iterable[WorkflowParam] = (),
        on_exit: Any = None,
        parallelism: int | None = None,
        timeout: Any = None,
        schedule: str | Iterable[str] | None = None,
        timezone: str = "UTC",
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        namespace: str | None = None,
        service_account: str | None = None,
        description: str | None = None,
    ) -> None:
        self.origin = Origin.of_author()
        if not isinstance(name, str) or not name:
            raise DefinitionError(f"{name!r} can't be the name of a workflow", "use some text", self.origin)
        if isinstance(steps, Node) or callable(steps) or not isinstance(steps, Iterable):
            raise DefinitionError("steps is no list", "say steps=[…]", self.origin)
        if parallelism is not None and (isinstance(parallelism, bool) or not isinstance(parallelism, int) or parallelism < 1):
            raise DefinitionError(f"parallelism is {parallelism!r}", "use 1 or more", self.origin)
        self.name, self.parallelism, self.timezone = name, parallelism, timezone
        self.steps = list(flatten(steps))
        if not self.steps:
            raise DefinitionError(f"workflow '{name}' has no steps", "say steps=[…]", self.origin)
        self.inputs = _inputs(inputs)
        self.outputs = dict(outputs) if isinstance(outputs, Mapping) else {output.name: output for output in outputs}
        self.on_exit = None if on_exit is None else as_step(on_exit)
        self.timeout = None if timeout is None else seconds(timeout, f"timeout of workflow '{name}'", self.origin)
        self.schedules = (schedule,) if isinstance(schedule, str) else tuple(schedule or ())
        self._check_schedule()
        self.labels, self.annotations = dict(labels or {}), dict(annotations or {})
        self.namespace, self.service_account, self.description = namespace, service_account, description
        self._model: WorkflowModel | None = None
        self.to_model()  # whatever is wrong is said here, at the author's line

    def _check_schedule(self) -> None:
        if not self.schedules:
            return
        from airflow_argo.argo.schedules import cron_fault, is_time_zone

        for text in self.schedules:
            if fault := cron_fault(str(text)):
                cure = 'write minute hour day month weekday, such as "0 3 * * *"'
                raise DefinitionError(f"{text!r} is no schedule: {fault}", cure, self.origin)
        if not is_time_zone(self.timezone):
            raise DefinitionError(f"there is no time zone {self.timezone!r}", "write one such as Europe/Paris", self.origin)

    def to_model(self) -> WorkflowModel:
        """The workflow as data.

        Raises:
            DefinitionError: it can't mean anything; the message names the step and the cure.
        """
        if self._model is None:
            self._model = self._lowered()
        return self._model

    def _lowered(self) -> WorkflowModel:
        from airflow_argo.dsl.lowering import Lowering, constant
        from airflow_argo.model.values import Type
        from airflow_argo.model.workflow import InputSpec, Schedule, Workflow

        lowering = Lowering(self.inputs)
        level = lowering.enter_all(self.steps)
        outputs = tuple((name, lowering.output(value, level)) for name, value in self.outputs.items())
        graph = lowering.finished(level)
        on_exit = None
        if self.on_exit is not None:
            exit_graph = Lowering(lowering.inputs)
            on_exit = exit_graph.finished(exit_graph.enter_all([self.on_exit]))
            lowering.inputs |= exit_graph.inputs
        return Workflow(
            name=self.name,
            graph=graph,
            inputs=tuple(
                InputSpec(given.name, Type(given.type), constant(given.default), given.description, _SCHEMAS.get(given.type))
                for given in lowering.inputs.values()
            ),
            outputs=outputs,
            on_exit=on_exit,
            parallelism=self.parallelism,
            timeout_seconds=self.timeout,
            schedule=Schedule(self.schedules, self.timezone) if self.schedules else None,
            namespace=self.namespace,
            service_account=self.service_account,
            labels=self.labels,
            annotations=self.annotations,
            description=self.description,
        )


def _inputs(given: Mapping[str, Any] | Iterable[Any]) -> dict[str, WorkflowInput]:
    if isinstance(given, Mapping):
        return {name: WorkflowInput(name, default) for name, default in given.items()}
    inputs: list[Any] = [
        WorkflowInput(one.name, one.default, type=one.type) if isinstance(one, WorkflowParam) else one for one in given
    ]
    for one in inputs:
        if not isinstance(one, WorkflowInput):
            raise DefinitionError(f"{one!r} is no input", "use WorkflowInput(name, default)", Origin.of_author())
    return {one.name: one for one in inputs}

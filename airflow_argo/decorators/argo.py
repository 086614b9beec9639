"""`@task.argo`: a Python function that runs in the pod of a workflow."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_argo._compat import (
    AirflowFailException,
    AirflowSkipException,
    DecoratedOperator,
    handled_output,
    task_decorator_factory,
)
from airflow_argo.cluster import Snapshot
from airflow_argo.diagnostics import InputError
from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator
from airflow_argo.operators.attempts import TaskTry
from airflow_argo.operators.errors import WorkflowFailed
from airflow_argo.operators.plain import plain
from airflow_argo.operators.results import returned, steps
from airflow_argo.operators.sources import Source, has_date, run_facts, workflow_source

if TYPE_CHECKING:
    from airflow_argo.model.workflow import Workflow
    from airflow_argo.runners.tree import StepRun
    from airflow_argo.translator.slices import Slice


class ArgoDecoratedOperator(DecoratedOperator, ArgoSubmitWorkflowOperator):  # type: ignore[misc] # Any to mypy
    """Runs a function with the arguments that Airflow gives it, in a pod; what it returns is the XCom.

    The function's source travels, with all of the DAG file that it needs; see `airflow_argo.translator.slices`. Arguments and
    result are JSON, with dates, tuples and sets marked.

    Args:
        image: has Python 3.8 or later, and what the function imports; by default that of the settings.
        pod: fields of the pod's main container, as Kubernetes has them: resources, env, volumeMounts, …
        template: fields of Argo's template: nodeSelector, tolerations, volumes, serviceAccountName, …
        others: as ArgoSubmitWorkflowOperator has them.
    """

    template_fields: Sequence[str] = ("op_args", "op_kwargs", *ArgoSubmitWorkflowOperator.template_fields)
    custom_operator_name = "@task.argo"

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Any = (),
        op_kwargs: Any = None,
        image: str | None = None,
        pod: dict[str, Any] | None = None,
        template: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(python_callable=python_callable, op_args=op_args, op_kwargs=op_kwargs or {}, **kwargs)
        self.image = image
        self.pod, self.template = self._fields("pod", pod), self._fields("template", template)

    def _fields(self, name: str, given: Any) -> dict[str, Any]:
        """Raises InputError: it is no dict of what Kubernetes has; objects of its client are."""
        if not isinstance(given, Mapping | None):
            found = f"task '{self.task_id}' has {name}={given!r}, which is no dict"
            raise InputError(found, "give fields as Kubernetes has them, such as {'resources': {'limits': {'memory': '4Gi'}}}")
        made: dict[str, Any] = plain(given or {}, f"task '{self.task_id}': {name}")
        return made

    def _source(self, context: Any) -> Source:
        """Its workflow.

        Raises:
            InputError: an argument can't travel, or the function takes something of the context that its pod doesn't know.
        """
        workflow = self._as_workflow(context)
        source = workflow_source(workflow, context)
        return Source(source.documents, parameters=run_facts(context, workflow.inputs))

    def _as_workflow(self, context: Any) -> Workflow:
        """One step that calls the function, in one try of the task."""
        from airflow_argo.model.graph import Graph, Step
        from airflow_argo.model.jobs import PodSettings, PythonCall
        from airflow_argo.model.values import Constant
        from airflow_argo.model.workflow import Workflow
        from airflow_argo.settings import load_settings
        from airflow_argo.translator.context import is_shippable
        from airflow_argo.translator.params import OWN_INPUTS, inputs_of_run, params_of
        from airflow_argo.translator.slices import slice_of

        path = str(self.dag.fileloc)
        source = slice_of(self.python_callable, path, is_shippable=is_shippable)
        self._check_context(source, context)
        settings, params, attempt = load_settings(Path(path)), params_of(self), TaskTry.of(context)
        task = {"task_id": self.task_id, "dag_id": self.dag_id, "alone": True}
        task |= {"try_number": attempt.try_number, "map_index": attempt.map_index}
        call = PythonCall(
            image=self.image or settings.required("image"),
            source=source.source,
            function=source.function,
            args=tuple(Constant.of(self._travelling(str(number), one)) for number, one in enumerate(self.op_args, 1)),
            kwargs=tuple((name, Constant.of(self._travelling(f"'{name}'", one))) for name, one in self.op_kwargs.items()),
            modules=tuple(source.modules.items()),
            facts=Constant.of({"task": task, "file": Path(path).name, "module": source.module, "params": params.for_pods()}),
            pod=PodSettings.of(self._pod_fields(settings["image_pull_policy"]), self.template),
        )
        step = Step(id=self.task_id.replace(".", "-"), body=call)
        inputs = (*OWN_INPUTS, *inputs_of_run(has_date(context)), *params.inputs)
        return Workflow(name=f"{self.dag_id}-{self.task_id}", graph=Graph((step,)), inputs=inputs)

    def _travelling(self, called: str, value: Any) -> Any:
        """An argument as JSON with marks.

        Raises:
            InputError: its pod could not read it: not even Airflow may read an object of each class that it can store.
        """
        from airflow_argo.pod.values import from_json, to_json

        try:
            made = to_json(value)
            json.loads(json.dumps(made, allow_nan=False), object_hook=from_json)
        except (TypeError, ValueError, AttributeError, ImportError) as error:
            reason = str(error).partition(". ")[0]
            found = f"argument {called} of task '{self.task_id}' can't travel to its pod: {reason}"
            raise InputError(found, "pass texts, numbers, dates, and lists, sets and dicts of them") from None
        return made

    def _check_context(self, source: Slice, context: Any) -> None:
        """Check that the function takes nothing of the context that its pod doesn't know: it would get its default there."""
        from airflow_argo.pod.context import KNOWN
        from airflow_argo.translator.context_use import taken_from_context

        given = signature(self.python_callable).bind_partial(*self.op_args, **self.op_kwargs).arguments
        taken = taken_from_context(source.source, source.function) & set(context)
        if unknown := sorted(taken - KNOWN - given.keys() - self.op_kwargs.keys()):
            found = f"the function of task '{self.task_id}' takes {unknown[0]} of the context, which its pod doesn't know"
            cure = f'give it as an argument, which Airflow renders: {unknown[0]}="{{{{ {unknown[0]} }}}}"'
            raise InputError(found, cure)

    def _pod_fields(self, pull_policy: str | None) -> dict[str, Any]:
        return {**({"imagePullPolicy": pull_policy} if pull_policy else {}), **self.pod}

    def _ended(self, workflow: Snapshot, context: Any) -> Any:
        """What the function returned.

        Raises:
            AirflowSkipException, AirflowFailException: the function has raised it.
            WorkflowFailed: it failed otherwise.
        """
        from airflow_argo.pod.reports import FINAL_EXIT_CODE

        call = next(iter(steps(workflow)), None)
        self._push(call, context)
        try:
            value = super()._ended(workflow, context)
        except WorkflowFailed as error:
            if call is not None and (call.node.get("outputs") or {}).get("exitCode") == str(FINAL_EXIT_CODE):
                raise AirflowFailException(str(error)) from None
            raise
        if call is not None and call.state == "skipped":
            raise AirflowSkipException(f"the function has skipped itself in workflow '{workflow.name}'")
        return value

    def _push(self, call: StepRun | None, context: Any) -> None:
        """What the function has pushed under keys, though it may have failed then."""
        from airflow_argo.operators.stored import pushed_value

        pushed = {} if call is None else call.outcome.get("pushed") or {}
        for key, value in pushed.items():
            context["ti"].xcom_push(key=key, value=pushed_value(value))

    def _outputs(self, workflow: Snapshot, found: Any, context: Any) -> Any:  # noqa: ARG002 - the base's signature
        return next(iter(returned(steps(workflow), self.log).values()), None)

    def execute(self, context: Any) -> Any:
        """What the function returned. DecoratedOperator's own needs, in Airflow 3.0, what the SDK's operators haven't."""
        return handled_output(self, ArgoSubmitWorkflowOperator.execute(self, context), context)

    def execute_complete(self, context: Any, event: Any) -> Any:
        """What the trigger saw; `multiple_outputs` are made of it as after `execute`."""
        return handled_output(self, super().execute_complete(context, event), context)


def argo_task(python_callable: Callable[..., Any] | None = None, multiple_outputs: bool | None = None, **kwargs: Any) -> Any:
    """`@task.argo`, or `@task.argo(image=…, …)`; arguments are those of ArgoDecoratedOperator."""
    return task_decorator_factory(
        python_callable=python_callable,
        multiple_outputs=multiple_outputs,
        decorated_operator_class=ArgoDecoratedOperator,
        **kwargs,
    )

"""TriggerDagRunOperator: a resource template that creates a Workflow from the other DAG's WorkflowTemplate.

The other DAG is translated by `--kind WorkflowTemplate`; its name follows from the DAG's id. The Workflow's name follows from
Airflow's id of the run, so that a run that is there already is refused, as Airflow refuses it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from types import NoneType
from typing import Any

from airflow_argo.argo.limits import MAX_WORKFLOW_NAME
from airflow_argo.argo.names import object_name, workflow_name
from airflow_argo.diagnostics import Severity
from airflow_argo.model.graph import Body, Graph, Step
from airflow_argo.model.jobs import OutputSpec, Resource, Retry
from airflow_argo.model.values import Constant, Digest, Listing, Output, Record, RunFact, Text, Type, Value
from airflow_argo.translator.airflow_names import airflow_names
from airflow_argo.translator.context import NOTHING, MappedItem, TaskContext, WantsAirflow
from airflow_argo.translator.dags_beside import dag_beside
from airflow_argo.translator.labels import DAG_ID_LABEL, DESCRIPTION, RUN_ID, label_of
from airflow_argo.translator.moments_of_tasks import moment_of
from airflow_argo.translator.operators.kubernetes_resource import resource_pod
from airflow_argo.translator.params import CONF, LOGICAL_DATE, OWN_INPUTS, is_unset, params_of
from airflow_argo.translator.params import RUN_ID as RUN_ID_INPUT
from airflow_argo.translator.registry import translates
from airflow_argo.translator.tries import retry_of, timeout_of

XCOM = "trigger_run_id"
_PHASES = {"success": ("Succeeded",), "failed": ("Failed", "Error"), "running": ("Running",), "queued": ("Pending",)}
_DIGEST_LENGTH = 10
_TYPED = (bool, int, float, list, dict, type(None))


@translates("airflow.providers.standard.operators.trigger_dagrun.TriggerDagRunOperator")
def trigger_dagrun(task: Any, ctx: TaskContext) -> Body:
    """Source: TriggerDagRunOperator.execute, _handle_trigger_dag_run of the task runner.

    Raises:
        WantsAirflow: only the operator itself can do it, with Kubernetes' API behind it.
    """
    _check(task)
    dag_id = _text(task.trigger_dag_id, "trigger_dag_id")
    date, run_id = _date(task, ctx), _run_id(task, ctx)
    name = workflow_name(dag_id)
    _report(task, name, ctx)
    item = _workflow(dag_id, name, date, run_id, _conf(task, dag_id, ctx), getattr(task, "note", None))
    creating = Resource(
        action="create",
        manifest=item,
        **_conditions(task, ctx),
        outputs=(OutputSpec(XCOM, Type.JSON, f'"{{.metadata.annotations.{_escaped(RUN_ID)}}}"', NOTHING),),
        retry=_retry(task, ctx),
        timeout_seconds=_timeout(task, ctx),
        pod=resource_pod(ctx),
    )
    return _reset(item, creating) if task.reset_dag_run else creating


def _check(task: Any) -> None:
    """Raises WantsAirflow for what a resource template can't say."""
    for name in ("skip_when_already_exists", "wait_for_completion"):
        if not isinstance(getattr(task, name), bool):
            raise WantsAirflow(f"{name} is known only when it runs")
    if task.skip_when_already_exists:
        raise WantsAirflow("it is skipped if the run is there already")
    if not is_unset(task.run_after):
        raise WantsAirflow("it has a run_after")
    if task.reset_dag_run and task.wait_for_completion and task.retries:
        raise WantsAirflow("each try removes its run and creates it again")
    if any(isinstance(getattr(task, name, None), MappedItem) for name in ("trigger_dag_id", "trigger_run_id", "logical_date")):
        raise WantsAirflow("it is mapped over what identifies the run")


def _text(found: Any, name: str) -> str:
    if not isinstance(found, str) or "{{" in found or "{%" in found:
        raise WantsAirflow(f"{name} is known only when it runs")
    return found


def _retry(task: Any, ctx: TaskContext) -> Retry | None:
    """A run that is there already fails the task for good; in Airflow 2 it is an error as others are.

    Source: _handle_trigger_dag_run of the task runner.
    """
    retry = retry_of(task, ctx, reports=False)
    return (
        retry if retry is None or airflow_names().is_2 else replace(retry, when="!(lastRetry.message contains 'AlreadyExists')")
    )


# The run's identity


def _date(task: Any, ctx: TaskContext) -> str | Text:
    """The run's date, in ISO's form; without one it is for the time at which the task begins."""
    found = task.logical_date
    if is_unset(found):
        return Text((RunFact("now"),))
    if found is None:
        raise WantsAirflow("its run has no date")
    return moment_of(found, "logical_date", ctx)


def _run_id(task: Any, ctx: TaskContext) -> str | Text:
    """Airflow's id of the run. Source: DagRun.generate_run_id."""
    if task.trigger_run_id:
        return ctx.text(task.trigger_run_id)
    date = _date(task, ctx)
    return f"manual__{date}" if isinstance(date, str) else Text(("manual__", *date.parts), date.python)


def _run_name(name: str, run_id: str | Text) -> Text:
    head = object_name(name, MAX_WORKFLOW_NAME - _DIGEST_LENGTH - 1)
    return Text((f"{head}-", Digest(_value(run_id))))


def _value(text: str | Text) -> Value:
    return Constant.of(text) if isinstance(text, str) else text


# What it is given


def _conf(task: Any, dag_id: str, ctx: TaskContext) -> dict[str, Value]:
    """The parameters of the run, for what it is configured with: `conf`, and those of the DAG's params that it overrides."""
    conf = task.conf
    if isinstance(conf, str):
        try:
            conf = json.loads(conf)
        except ValueError:
            raise WantsAirflow("its conf is a text that is no JSON") from None
    if conf is not None and not isinstance(conf, dict | MappedItem | airflow_names().xcom_arg):
        raise WantsAirflow(f"its conf is a {type(conf).__name__}")
    if (other := _no_json(conf)) is not None:
        raise WantsAirflow(f"its conf has a {type(other).__name__} in it, which is no JSON")
    found: dict[str, Value] = {}
    if conf is not None:
        found[CONF] = Text((ctx.value(conf),))
    if isinstance(conf, dict):
        found |= {parameter: _param(value, type_, ctx) for parameter, value, type_ in _overridden(conf, dag_id, ctx)}
    return found


def _no_json(value: Any) -> Any:
    """What a conf has in it that Airflow can't write as JSON, and so fails; None if there is no such thing."""
    if isinstance(value, dict):
        return next((found for one in (*value.keys(), *value.values()) if (found := _no_json(one)) is not None), None)
    if isinstance(value, list | tuple):
        return next((found for one in value if (found := _no_json(one)) is not None), None)
    known = isinstance(value, str | int | float | NoneType | MappedItem | airflow_names().xcom_arg)
    return None if known else value


def _overridden(conf: dict[Any, Any], dag_id: str, ctx: TaskContext) -> Iterator[tuple[str, Any, Type]]:
    """Inputs for the other DAG's params that a conf overrides: (name, value, type). Source: dag_run_conf_overrides_params."""
    target = dag_beside(ctx.dag_context.path, dag_id)
    own = {spec.name for spec in OWN_INPUTS}
    for key, value in conf.items():
        if target is not None:
            known = params_of(target).types.get(str(key))
            if known is not None:
                yield known[0], value, known[1]
        elif str(key) not in own and str(key).replace("-", "").replace("_", "").isalnum():
            yield str(key), value, Type.JSON if isinstance(value, _TYPED) else Type.TEXT


def _param(value: Any, type_: Type, ctx: TaskContext) -> Value:
    """A value as the text that a parameter has for it: text as it is, all else as JSON."""
    found = ctx.value(value)
    if isinstance(found, Constant):
        return Constant.of(str(found.value) if type_ is Type.TEXT else found.json)
    if type_ is not Type.TEXT and found.type is Type.TEXT:
        raise WantsAirflow("its conf has a text, known only when it runs, for a param that may be of other types")
    return Text((found,))


def _workflow(dag_id: str, name: str, date: str | Text, run_id: str | Text, given: dict[str, Value], note: str | None) -> Value:
    parameters: list[tuple[str, Value]] = [(LOGICAL_DATE, _value(date)), (RUN_ID_INPUT, _value(run_id)), *given.items()]
    described = ((DESCRIPTION, Constant.of(str(note))),) if note else ()
    metadata = _record(
        name=_run_name(name, run_id),
        labels=Constant.of({"app.kubernetes.io/managed-by": "airflow-argo", DAG_ID_LABEL: label_of(dag_id)}),
        annotations=Record(((DAG_ID_LABEL, Constant.of(dag_id)), (RUN_ID, _value(run_id)), *described)),
    )
    listed = Listing(tuple(_record(name=Constant.of(key), value=value) for key, value in parameters))
    spec = _record(workflowTemplateRef=Constant.of({"name": name}), arguments=_record(parameters=listed))
    return _record(apiVersion=Constant.of("argoproj.io/v1alpha1"), kind=Constant.of("Workflow"), metadata=metadata, spec=spec)


def _record(**fields: Value) -> Record:
    return Record(tuple(fields.items()))


# Waiting for it


def _conditions(task: Any, ctx: TaskContext) -> dict[str, Any]:
    """Which phases of the run end the task; none if it doesn't wait. A run that ends otherwise fails it at once."""
    if not task.wait_for_completion:
        return {}
    allowed, failed = (
        [str(getattr(one, "value", one)) for one in states] for states in (task.allowed_states, task.failed_states)
    )
    good = [phase for state in allowed if state not in failed for phase in _PHASES[state]]
    bad = [phase for state in failed for phase in _PHASES[state]]
    never = [phase for state in ("success", "failed") if state not in (*allowed, *failed) for phase in _PHASES[state]]
    if never:
        found = f"a run that ends in {' or '.join(never)} is awaited for ever in Airflow, and fails the task here"
        ctx.report("AA235", found, "name it in allowed_states or failed_states", Severity.WARNING)
    return {
        "success_condition": f"status.phase in ({', '.join(good or ['Succeeded'])})",
        "failure_condition": f"status.phase in ({', '.join([*bad, *never])})" if [*bad, *never] else None,
    }


def _timeout(task: Any, ctx: TaskContext) -> int | None:
    seconds = timeout_of(task)
    if seconds is not None and task.wait_for_completion:
        found = "execution_timeout limits the waiting for the run too, which Airflow 3 doesn't do"
        ctx.report("AA235", found, "leave it out, if the run may take longer", Severity.WARNING)
    return seconds


def _reset(item: Value, creating: Resource) -> Graph:
    """A run of that name is removed before."""
    removing = Resource(action="delete", manifest=item, retry=creating.retry, pod=creating.pod)
    steps = (Step("reset", removing), Step("create", creating, ("reset",)))
    return Graph(steps, ((XCOM, Output("create", XCOM, Type.JSON, NOTHING)),))


def _report(task: Any, name: str, ctx: TaskContext) -> None:
    cure = "translate that DAG by --kind WorkflowTemplate, and let the service account create, get (and delete) workflows"
    ctx.report("AA236", f"it creates a workflow of the WorkflowTemplate '{name}'", cure, Severity.NOTE)
    if task.fail_when_dag_is_paused:
        found = "fail_when_dag_is_paused means nothing: a WorkflowTemplate can't be paused"
        ctx.report("AA235", found, "leave it out", Severity.WARNING)


def _escaped(key: str) -> str:
    """A key as kubectl's JSONPath has it."""
    return key.replace(".", "\\.")

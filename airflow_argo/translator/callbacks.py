"""A DAG's own callbacks: what runs when all is done. Source: airflow.dag_processing.processor, _execute_dag_callbacks.

Callbacks of tasks are run by Airflow's task runner in the task's own pod: see `real_operator`.
"""

from __future__ import annotations

from typing import Any

from airflow_argo.diagnostics import Severity
from airflow_argo.model.conditions import Compare
from airflow_argo.model.graph import Graph, Step
from airflow_argo.model.jobs import PythonCall
from airflow_argo.model.values import Constant, RunFact
from airflow_argo.translator.context import DagContext, airflow_image
from airflow_argo.translator.real_operator import airflow_settings, shipped, with_environment

SUCCEEDED = Constant.of("Succeeded")


def exit_of(dag: Any, ctx: DagContext) -> Graph | None:
    """What runs after the run: on_success_callback or on_failure_callback, in an Airflow image; None if there are neither."""
    kinds = [kind for kind in ("success", "failure") if getattr(dag, f"on_{kind}_callback", None)]
    if kinds and not dag.tasks:  # it can't fail
        if "success" in kinds:
            ctx.report("AA229", "on_success_callback of a DAG without tasks is not carried over", "give it an EmptyOperator")
        return None
    if not kinds or (shipment := shipped(ctx)) is None:
        return None
    names = " and ".join(f"on_{kind}_callback" for kind in kinds)
    ctx.report("AA231", f"{names} runs in an Airflow image", "nothing, if pods with Airflow are fine", Severity.NOTE)
    steps = []
    for kind in kinds:
        facts = {
            "kind": "operator",
            "callback": kind,
            "task": {"task_id": _last(dag, ctx), "dag_id": dag.dag_id},
            "timeout": None if dag.dagrun_timeout is None else dag.dagrun_timeout.total_seconds(),
            "file": shipment.name,
            "path": shipment.path,
            "params": ctx.params.for_pods(),
            "silent": sorted(dag.task_dict.keys() - ctx.pushes.keys()),
            "set": airflow_settings(ctx.path),
        }
        call = PythonCall(
            image=airflow_image(ctx.settings),
            source="",
            function="",
            beside=shipment.beside,
            kwargs=(("failed", RunFact("failed")), ("duration", RunFact("duration"))) if kind == "failure" else (),
            facts=Constant.of({key: value for key, value in facts.items() if value not in (None, [], {})}),
            may_skip=False,
            pod=with_environment(ctx.settings),
        )
        when = Compare(RunFact("status"), "==" if kind == "success" else "!=", SUCCEEDED)
        steps.append(Step(f"on_{kind}_callback", call, when=when))
    return Graph(tuple(steps))


def _last(dag: Any, ctx: DagContext) -> str:
    """The task whose context the callbacks get if none failed: the leaf that most tasks are before, as a rule the last to end.

    Airflow gives them that of the task that succeeded last, of which Argo knows nothing when the run has ended.
    """
    return str(max((leaf.task_id for leaf in dag.leaves), key=lambda leaf: (len(ctx.ancestors[leaf]), leaf)))

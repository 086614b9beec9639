"""Manifests from everywhere, and all ways to wait."""

from __future__ import annotations

import os

import yaml
from airflow.providers.common.compat.sdk import DAG

import airflow_argo as argo
from airflow_argo.operators.argo import ArgoSubmitWorkflowOperator


def shell(script, **spec):
    container = {"image": "lab/task:1", "command": ["sh", "-c", script]}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": "shell-"},
        "spec": {"entrypoint": "main", "templates": [{"name": "main", "container": container}], **spec},
    }


@argo.step
def three():
    outputs = [argo.WorkflowParam("n", type=int), argo.WorkflowParam("text")]
    command = ["sh", "-c", "printf 3 > /tmp/n; printf 4 > /tmp/text"]
    return argo.ContainerJob(name="three", image="lab/task:1", command=command, outputs=outputs)


ours = argo.Workflow("ours", [three], outputs={"n": three.output.n, "text": three.output.text})


with DAG("submit", params={"word": "hello"}) as submit:
    ArgoSubmitWorkflowOperator(
        task_id="poke", manifest="manifest.yaml", deferrable=False, parameters={"word": "{{ params.word }}"}
    )
    ArgoSubmitWorkflowOperator(task_id="deferred", manifest="manifest.yaml", deferrable=True, parameters={"word": 7})
    ArgoSubmitWorkflowOperator(task_id="fails", manifest=shell("exit 3"), deferrable=True)
    ArgoSubmitWorkflowOperator(task_id="fails_poking", manifest=shell("exit 3"), deferrable=False)
    ArgoSubmitWorkflowOperator(task_id="too_slow", manifest=shell("sleep 60"), deferrable=True, timeout=3)
    ArgoSubmitWorkflowOperator(task_id="no_wait", manifest=shell("true"), wait_for_completion=False)
    ArgoSubmitWorkflowOperator(task_id="from_template", workflow_template="{{ 'greet' }}", parameters={"word": "x"})
    ArgoSubmitWorkflowOperator(task_id="ours", workflow=ours)
    ArgoSubmitWorkflowOperator(task_id="nothing")


with DAG("sources", render_template_as_native_obj=True, params={"number": 3}) as sources:
    WORD = shell("printf '%s' '{{workflow.parameters.word}}' > /tmp/o", arguments={"parameters": [{"name": "word"}]})
    WORD["spec"]["templates"][0]["outputs"] = {
        "parameters": [{"name": "o", "globalName": "o", "valueFrom": {"path": "/tmp/o"}}]
    }
    ArgoSubmitWorkflowOperator.partial(task_id="mapped", manifest=WORD).expand(parameters=[{"word": "a"}, {"word": [1, 2]}])
    ArgoSubmitWorkflowOperator(
        task_id="native",
        manifest=WORD,
        parameters={"word": "{{ params.number }}"},
        labels={"team": "{{ 'x' }}"},
        annotations={"note": "of {{ ds }}"},
        owner_references=[
            {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": os.environ.get("OWNER_UID", "1-2-3")}
        ],
        output_format="text",
        logs="all",
    )
    ArgoSubmitWorkflowOperator(task_id="cron", cron_workflow="nightly", parameters={"word": "now"})
    ArgoSubmitWorkflowOperator(task_id="dag_in_file", airflow_dag="decorated_plain.py:decorated_plain")
    ArgoSubmitWorkflowOperator(task_id="dag_by_id", airflow_dag="decorated_plain", on_finish_action="delete")
    ArgoSubmitWorkflowOperator(task_id="text", manifest=yaml.safe_dump(WORD), parameters={"word": "text"})
    ArgoSubmitWorkflowOperator(task_id="no_such_input", manifest=WORD, parameters={"world": "x"})
    ArgoSubmitWorkflowOperator(task_id="no_template", workflow_template="nowhere")
    ArgoSubmitWorkflowOperator(task_id="no_yaml", manifest="a: [")
    ArgoSubmitWorkflowOperator(task_id="no_dag", airflow_dag="nowhere.py")
    ArgoSubmitWorkflowOperator(task_id="twice", manifest=WORD, workflow_template="x")

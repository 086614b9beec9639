"""What `@task.argo` can't give to its pod is said where it is written, or before a workflow is submitted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.sdk import DAG
from kubernetes.client import V1EnvVar, V1ResourceRequirements

from airflow_argo.decorators.argo import ArgoDecoratedOperator
from airflow_argo.diagnostics import InputError


@dataclass
class Point:
    x: int


def function(one, other=None):
    return one, other


def made(*args, **settings):
    kwargs = settings.pop("op_kwargs", {})
    with DAG("d", schedule=None) as dag:
        dag.fileloc = __file__
        return ArgoDecoratedOperator(
            task_id="t", python_callable=function, op_args=args, op_kwargs=kwargs, image="lab/task:1", **settings
        )


CONTEXT = {
    "ti": SimpleNamespace(dag_id="d", task_id="t", run_id="r", map_index=-1, try_number=1),
    "dag_run": SimpleNamespace(logical_date=date(2024, 1, 1), run_id="r", conf={}),
    "params": {},
}


@pytest.mark.parametrize("value", [Point(1), [{"a": Point(1)}], object(), Path("/x"), b"x", float("nan"), {"__classname__": 1}])
def test_an_argument_that_its_pod_could_not_read_is_refused(value):
    for task, called in ((made(1, value), "2"), (made(1, op_kwargs={"other": value}), "'other'")):
        with pytest.raises(InputError, match=f"argument {called} of task 't' can't travel to its pod: .*; pass texts"):
            task._source(CONTEXT)
    assert made({1, 2}, (date(2024, 1, 1), None))._source(CONTEXT).documents


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"pod": ["resources"]}, r"task 't' has pod=\['resources'\], which is no dict; give fields as Kubernetes has them"),
        ({"template": "x"}, "task 't' has template='x', which is no dict"),
        ({"template": {"volumes": {1}}}, "task 't': template.volumes is of type set"),
    ],
)
def test_fields_of_the_pod_are_those_of_kubernetes(settings, said):
    with pytest.raises(InputError, match=said):
        made(1, **settings)


def test_objects_of_the_kubernetes_client_are_fields_of_the_pod():
    pod = {"env": [V1EnvVar(name="A", value="1")], "resources": V1ResourceRequirements(limits={"cpu": "1"})}
    assert made(1, pod=pod).pod == {"env": [{"name": "A", "value": "1"}], "resources": {"limits": {"cpu": "1"}}}

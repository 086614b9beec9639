"""A DAG's params are inputs of its workflow."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_argo.compiler.objects import compile_workflow
from airflow_argo.model.graph import Graph, Step
from airflow_argo.model.jobs import NoOp
from airflow_argo.model.values import Constant, Type
from airflow_argo.model.workflow import InputSpec, Workflow
from airflow_argo.translator.loading import prepare_environment
from airflow_argo.translator.params import OWN_INPUTS, own_params_of, params_of

prepare_environment()


def nothing() -> None:
    """Of a task whose params matter."""


def specs_of(params: dict[str, Any]) -> list[InputSpec]:
    from airflow.sdk import DAG

    return params_of(DAG("d", schedule=None, params=params)).inputs


def inputs_of(params: dict[str, Any]) -> dict[str, tuple[Type, Constant | None]]:
    return {spec.name: (spec.type, spec.default) for spec in specs_of(params)}


@pytest.mark.parametrize(
    ("value", "type_", "default"),
    [
        ("a", Type.TEXT, '"a"'),
        (1, Type.JSON, "1"),
        (1.5, Type.JSON, "1.5"),
        (True, Type.JSON, "true"),
        (None, Type.JSON, "null"),
        ([1, {"a": None}], Type.JSON, '[1,{"a":null}]'),
    ],
)
def test_plain_value_keeps_its_type(value: Any, type_: Type, default: str) -> None:
    assert inputs_of({"p": value}) == {"p": (type_, Constant(default))}


@pytest.mark.parametrize(
    ("schema", "type_"),
    [("string", Type.TEXT), ("integer", Type.INT), ("number", Type.FLOAT), ("boolean", Type.BOOL), ("array", Type.JSON)],
)
def test_param_without_value_must_be_given(schema: str, type_: Type) -> None:
    from airflow.sdk import Param

    assert inputs_of({"p": Param(type=schema)}) == {"p": (type_, None)}


def test_null_is_a_value_where_the_schema_allows_it() -> None:
    from airflow.sdk import Param

    assert inputs_of({"p": Param(None, type=["null", "string"])}) == {"p": (Type.JSON, Constant("null"))}


def test_names_that_argo_lacks_are_changed_without_clashes() -> None:
    own = [spec.name for spec in OWN_INPUTS]
    names = list(inputs_of({"a b": 1, "a-b": 2, "a.b": 3, own[0]: 4}))
    assert names == ["a-b", "param-a-b", "param-param-a-b", f"param-{own[0]}"]


def test_task_shares_params_of_its_dag_though_they_have_no_value() -> None:
    from copy import deepcopy

    from airflow.sdk import DAG, BaseOperator, Param

    with DAG("d", schedule=None, params={"must": Param(type="string"), "may": 1}) as dag:
        task = BaseOperator(task_id="t", params={"may": 2, "own": 3})
    for params in (task.params, deepcopy(task.params)):
        task.params = params
        assert own_params_of(task, dag) == {"may": 2, "own": 3}


def test_function_whose_own_param_is_no_json_runs_in_airflow() -> None:
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.sdk import DAG, Param

    from airflow_argo.translator.dags import translate

    with DAG("d", schedule=None) as dag:
        PythonOperator(task_id="t", python_callable=nothing, params={"own": Param(type="string")})
    dag.fileloc = __file__
    said = [finding.message for finding in translate(dag).diagnostics]
    assert any("a param of its own has no value" in message for message in said)


def test_argo_knows_the_texts_that_a_param_may_be() -> None:
    from airflow.sdk import Param

    params = {
        "size": Param("S", type="string", enum=["S", "M"]),
        "must": Param(type="string", enum=["a", "b"]),
        "number": Param(1, type="integer", enum=[1, 2]),
        "or_none": Param(None, type=["null", "string"], enum=["a", None]),
        "braces": Param("a", type="string", enum=["a", "{{b}}"]),
    }
    made = compile_workflow(Workflow(name="w", graph=Graph((Step("a", NoOp()),)), inputs=tuple(specs_of(params)))).template()
    found = {one["name"]: one.get("enum") for one in made["spec"]["arguments"]["parameters"]}
    assert found == {"size": ["S", "M"], "must": ["a", "b"], "number": None, "or_none": None, "braces": None}
